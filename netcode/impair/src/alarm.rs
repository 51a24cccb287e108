//! Wakes the loop at a time that is exact to tens of microseconds: epoll's own timeout counts whole milliseconds.

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

const OFF: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// A timer that mio listens to. Setting it again also forgets that it has rung.
pub struct Alarm {
    timer: OwnedFd,
    set_to_us: Option<u64>,
}

impl Alarm {
    /// An alarm that rings with this token.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self {
            timer,
            set_to_us: None,
        })
    }

    /// Rings at a time, or not at all.
    ///
    /// # Errors
    /// Those of the system.
    pub fn set(&mut self, now_us: u64, at_us: Option<u64>) -> io::Result<()> {
        if self.set_to_us == at_us {
            return Ok(());
        }
        self.set_to_us = at_us;
        let it_value = at_us.map_or(OFF, |at_us| {
            // Zero would switch it off.
            let wait = Duration::from_micros(at_us.saturating_sub(now_us).max(1));
            Timespec {
                tv_sec: wait.as_secs() as i64,
                tv_nsec: wait.subsec_nanos().into(),
            }
        });
        let spec = Itimerspec {
            it_interval: OFF,
            it_value,
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec)?;
        Ok(())
    }
}
