//! What a heartbeat says: tick times over the interval and since the start from fixed histograms, totals, and what the
//! process uses.

use std::sync::atomic::Ordering::Relaxed;

use hdrhistogram::Histogram;
use otherworld_core::Tick;

use crate::exchange::{Exchange, TickTime};
use crate::proto;

// A tick of ten seconds is as bad as any longer one.
const LONGEST_US: u64 = 10_000_000;

/// What the ticks of some span of time took.
#[derive(Debug)]
struct Times {
    late: u32,
    dropped: u32,
    times_us: Histogram<u32>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            late: 0,
            dropped: 0,
            times_us: Histogram::new_with_bounds(1, LONGEST_US, 3).expect("bounds are constants"),
        }
    }
}

impl Times {
    fn record(&mut self, time: &TickTime) {
        self.late += u32::from(time.late);
        self.dropped = self.dropped.saturating_add(time.dropped);
        let us = u64::try_from(time.duration.as_micros()).unwrap_or(LONGEST_US);
        self.times_us.saturating_record(us.max(1));
    }

    fn tell(&self) -> proto::TickTimes {
        let ms = |us: u64| us as f64 / 1000.0;
        let quantile = |share: f64| ms(self.times_us.value_at_quantile(share));
        proto::TickTimes {
            ticks: u32::try_from(self.times_us.len()).unwrap_or(u32::MAX),
            late: self.late,
            dropped: self.dropped,
            p50_ms: quantile(0.50),
            p99_ms: quantile(0.99),
            p999_ms: quantile(0.999),
            max_ms: ms(self.times_us.max()),
        }
    }

    fn reset(&mut self) {
        (self.late, self.dropped) = (0, 0);
        self.times_us.reset();
    }
}

/// Tick times since the last heartbeat and since the start.
#[derive(Debug, Default)]
pub(crate) struct Window {
    last_tick: Tick,
    since_heartbeat: Times,
    since_start: Times,
}

impl Window {
    /// Takes in the samples that wait; often enough, so that the queue never overflows.
    pub fn collect(&mut self, exchange: &Exchange) {
        while let Some(time) = exchange.samples.pop() {
            self.record(time);
        }
    }

    fn record(&mut self, time: TickTime) {
        self.last_tick = time.tick;
        self.since_heartbeat.record(&time);
        self.since_start.record(&time);
    }

    /// Writes the heartbeat and begins the next interval.
    pub fn heartbeat(&mut self, exchange: &Exchange, players: u32) -> proto::Heartbeat {
        self.collect(exchange);
        let counter = |(cause, count): &(&str, std::sync::atomic::AtomicU64)| proto::Counter {
            cause: (*cause).to_owned(),
            count: count.load(Relaxed),
        };
        let (cpu_seconds, resident_bytes) = usage().unwrap_or_else(|error| {
            log::debug!(stage = "control"; "/proc/self/stat cannot be read: {error}");
            (0.0, 0)
        });
        let tick_times = self.since_heartbeat.tell();
        self.since_heartbeat.reset();
        proto::Heartbeat {
            tick: self.last_tick.0,
            players,
            tick_times: Some(tick_times),
            tick_times_since_start: Some(self.since_start.tell()),
            tick_allocations: exchange.allocations.load(Relaxed),
            refusals: exchange.refusals.iter().map(counter).collect(),
            bytes_in: exchange.bytes_in.load(Relaxed),
            bytes_out: exchange.bytes_out.load(Relaxed),
            cpu_seconds,
            resident_bytes,
        }
    }
}

/// CPU seconds of the whole process since start, and its resident bytes.
fn usage() -> procfs::ProcResult<(f64, u64)> {
    use procfs::WithCurrentSystemInfo;
    let stat = procfs::process::Process::myself()?.stat()?;
    let cpu_seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
    Ok((cpu_seconds, stat.rss_bytes().get()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn quantiles_are_those_of_the_interval_and_the_next_one_begins_empty() {
        let exchange = Exchange::new(&["token_expired"]);
        exchange.refusals[0].1.store(7, Relaxed);
        let mut window = Window::default();
        for tick in 0..100u32 {
            let duration = Duration::from_micros(if tick == 99 {
                41_000
            } else {
                1_000 + u64::from(tick)
            });
            window.record(TickTime {
                tick: Tick(tick),
                duration,
                late: tick == 99,
                dropped: u32::from(tick == 99) * 2,
            });
        }
        let beat = window.heartbeat(&exchange, 3);
        let times = beat.tick_times.unwrap();
        assert_eq!(
            (
                beat.tick,
                beat.players,
                times.ticks,
                times.late,
                times.dropped
            ),
            (99, 3, 100, 1, 2)
        );
        assert!((times.p50_ms - 1.049).abs() < 0.005, "{}", times.p50_ms);
        assert!((times.p99_ms - 1.098).abs() < 0.005, "{}", times.p99_ms);
        assert_eq!(times.p999_ms, times.max_ms);
        assert!((times.max_ms - 41.0).abs() < 0.05, "{}", times.max_ms);
        assert_eq!(
            beat.refusals[0],
            proto::Counter {
                cause: "token_expired".into(),
                count: 7
            }
        );
        let next = window.heartbeat(&exchange, 0);
        let all = next.tick_times_since_start.unwrap();
        let next = next.tick_times.unwrap();
        assert_eq!((next.ticks, next.late, next.max_ms), (0, 0, 0.0));
        assert_eq!((all.ticks, all.late, all.dropped), (100, 1, 2));
        assert_eq!((all.p50_ms, all.max_ms), (times.p50_ms, times.max_ms));
    }

    #[test]
    fn the_process_is_measured_as_the_kernel_does() {
        let ballast = vec![1u8; 32 << 20];
        let before = usage().unwrap();
        let begun = Instant::now();
        let mut sum = 0u64;
        while begun.elapsed() < Duration::from_millis(200) {
            sum = sum.wrapping_add(ballast.iter().map(|&byte| u64::from(byte)).sum::<u64>());
        }
        std::hint::black_box(sum);
        let after = usage().unwrap();
        assert!(after.0 > before.0, "{before:?} {after:?}");
        assert!(after.1 > 32 << 20, "{after:?}");
    }
}
