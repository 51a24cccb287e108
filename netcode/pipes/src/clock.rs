//! Unix time that never jumps: the wall clock is read once and the monotonic clock carries it on. Netcode compares
//! token expiry with unix time and session silence with the same value, so a stepped wall clock would end every
//! session at once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock for the `now` that the pipes ask for.
#[derive(Debug, Clone, Copy)]
pub struct UnixClock {
    started: Instant,
    offset: Duration,
}

impl UnixClock {
    /// Reads the wall clock. A machine whose clock stands before 1970 counts from zero and refuses every token.
    pub fn start() -> Self {
        let offset = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: Instant::now(),
            offset,
        }
    }

    /// Time since 1970.
    pub fn now(&self) -> Duration {
        self.offset + self.started.elapsed()
    }
}
