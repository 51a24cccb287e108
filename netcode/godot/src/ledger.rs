//! What ticks cost, by stage and since the start; logged when the instance closes. Filled without asking for memory.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::allocations;

/// The parts of a tick in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What Jolt made is taken in.
    Capture,
    /// The network is heard.
    Receive,
    /// Players step.
    Step,
    /// Their capsules are driven.
    Drive,
    /// Everybody is told.
    Send,
}

const STAGES: [(Stage, &str); 5] = [
    (Stage::Capture, "capture"),
    (Stage::Receive, "receive"),
    (Stage::Step, "step"),
    (Stage::Drive, "drive"),
    (Stage::Send, "send"),
];

/// Any longer time is as bad (unit: microseconds).
const LONGEST_US: u64 = 10_000_000;

/// All ticks so far.
pub struct Ledger {
    whole: Histogram<u32>,
    stages: [Histogram<u32>; STAGES.len()],
    mark: Instant,
    allocations_before: u64,
    allocations: u64,
    allocating: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        let times = || Histogram::new_with_bounds(1, LONGEST_US, 3).expect("bounds are constants");
        Self {
            whole: times(),
            stages: std::array::from_fn(|_| times()),
            mark: Instant::now(),
            allocations_before: 0,
            allocations: 0,
            allocating: 0,
        }
    }
}

impl Ledger {
    /// Work for a tick begins, be it that the network is heard before it.
    pub fn begin(&mut self) {
        self.mark = Instant::now();
        self.allocations_before = allocations::count();
    }

    /// A stage is over, and the next one begins.
    pub fn done(&mut self, stage: Stage) {
        let now = Instant::now();
        record(&mut self.stages[stage as usize], now - self.mark);
        self.mark = now;
    }

    /// The work is over; `took` is the whole tick's time where it was one.
    pub fn end(&mut self, took: Option<Duration>) {
        let allocations = allocations::count() - self.allocations_before;
        self.allocations += allocations;
        self.allocating += u64::from(allocations > 0);
        if let Some(took) = took {
            record(&mut self.whole, took);
        }
    }

    /// How often all that work asked for memory.
    pub fn allocations(&self) -> u64 {
        self.allocations
    }

    /// What the newest work asked for.
    pub fn allocations_now(&self) -> u64 {
        allocations::count() - self.allocations_before
    }

    /// A line for the whole and one for each stage.
    pub fn log(&self) {
        let ms = |share: f64| self.whole.value_at_quantile(share) as f64 / 1e3;
        log::info!(
            stage = "close",
            ticks = self.whole.len(),
            p50_ms = ms(0.5),
            p99_ms = ms(0.99),
            p999_ms = ms(0.999),
            max_ms = ms(1.0),
            allocations = self.allocations,
            allocating_ticks = self.allocating;
            "what ticks took"
        );
        for ((_, name), times) in STAGES.iter().zip(&self.stages) {
            let us = |share: f64| times.value_at_quantile(share);
            log::info!(
                stage = "close", of = *name,
                p50_us = us(0.5), p99_us = us(0.99), p999_us = us(0.999), max_us = us(1.0);
                "what a stage took"
            );
        }
    }

    /// Quantiles of a stage (unit: microseconds); for benchmarks.
    pub fn stage_us(&self, name: &str, share: f64) -> u64 {
        let found = STAGES.iter().position(|(_, known)| *known == name);
        found.map_or(0, |index| self.stages[index].value_at_quantile(share))
    }
}

fn record(times: &mut Histogram<u32>, time: Duration) {
    times.saturating_record((time.as_micros() as u64).max(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_stand_in_the_order_of_their_numbers() {
        for (index, (stage, _)) in STAGES.iter().enumerate() {
            assert_eq!(*stage as usize, index);
        }
    }

    #[test]
    fn time_and_memory_are_booked_where_they_were_spent_and_booking_is_free() {
        let mut ledger = Ledger::default();
        let before = allocations::count();
        for number in 0..100 {
            ledger.begin();
            ledger.done(Stage::Capture);
            if number == 50 {
                std::thread::sleep(Duration::from_millis(3));
            }
            ledger.done(Stage::Receive);
            ledger.end(Some(Duration::from_micros(number)));
        }
        assert_eq!(allocations::count(), before);
        assert_eq!((ledger.allocations, ledger.allocating), (0, 0));
        assert!(ledger.stage_us("receive", 1.0) >= 3_000);
        assert!(ledger.stage_us("receive", 0.5) < 1_000);
        assert_eq!(ledger.stage_us("step", 1.0), 0);
        ledger.begin();
        drop(std::hint::black_box(vec![1]));
        assert_eq!(ledger.allocations_now(), 1);
        ledger.end(None);
        assert_eq!((ledger.allocations(), ledger.allocating), (1, 1));
        assert_eq!(ledger.whole.len(), 100);
    }
}
