//! The clock of a client's inputs: it runs just early enough that each input is there when the server takes its tick.
//!
//! The server says in each snapshot how early the newest input came ([`otherworld_core::snapshot::Header`]). Earlier than
//! needed is lag that the player feels, later is an input that counts for nothing. So the least margin of a second is
//! steered to a small target; a margin close to zero is acted upon at once. Pure: time and measurements are given.

use otherworld_core::Tick;
use otherworld_core::tick::TICK_US;
use std::time::Duration;

const PERIOD: Duration = Duration::from_micros(TICK_US as u64);
/// What is aimed at (unit: milliseconds): room for the jitter of a thread's wake-up.
const TARGET_MS: i32 = 8;
/// Below this the next input may be late.
const DANGER_MS: i32 = 2;
/// The least of so many measurements counts; one second.
const WINDOW: u32 = 30;
/// Differences that are not worth a change.
const TOLERANCE_MS: i32 = 4;

/// When the next input is due, and for which tick.
#[derive(Debug, Clone)]
pub struct InputClock {
    next_tick: Tick,
    next_at: Duration,
    /// Inputs sent before a change say nothing about it.
    measure_after: Tick,
    least_ms: i32,
    measurements: u32,
}

impl InputClock {
    /// A clock for a server that was at `server_tick` when it sent what arrived `now`.
    pub fn start(now: Duration, server_tick: Tick, round_trip: Duration) -> Self {
        let lead = round_trip + Duration::from_millis(TARGET_MS as u64);
        let ticks = lead.as_micros().div_ceil(u128::from(TICK_US)).min(16) as i32;
        // One for the tick that is being made, one because the server's own next tick may be due any moment.
        let next_tick = server_tick.plus(ticks + 2);
        Self {
            next_tick,
            next_at: now,
            measure_after: next_tick,
            least_ms: i32::MAX,
            measurements: 0,
        }
    }

    /// When the next input is due.
    pub fn due(&self) -> Duration {
        self.next_at
    }

    /// The tick of the next input.
    pub fn next_tick(&self) -> Tick {
        self.next_tick
    }

    /// Takes the next tick.
    pub fn take(&mut self) -> Tick {
        let tick = self.next_tick;
        self.next_tick = tick.plus(1);
        self.next_at += PERIOD;
        tick
    }

    /// Drops ticks that a sleeping process could not make up for, since only eight ride along; returns how many.
    pub fn skip_to(&mut self, now: Duration) -> u32 {
        let mut skipped = 0;
        while self.next_at + 7 * PERIOD < now {
            self.take();
            skipped += 1;
        }
        skipped
    }

    /// Takes in a snapshot's measurement of the input for `input_tick`.
    pub fn measure(&mut self, input_tick: Tick, margin_ms: i16) {
        if !input_tick.is_after(self.measure_after) {
            return;
        }
        let margin_ms = i32::from(margin_ms);
        self.least_ms = self.least_ms.min(margin_ms);
        self.measurements += 1;
        if margin_ms < DANGER_MS {
            self.shift(margin_ms - TARGET_MS);
        } else if self.measurements >= WINDOW {
            let excess_ms = self.least_ms - TARGET_MS;
            // A large excess at once, a small one half way: the network's jitter is in the measurement.
            let step_ms = if excess_ms > TICK_US as i32 / 1000 {
                excess_ms
            } else {
                excess_ms / 2
            };
            self.shift(if excess_ms.abs() > TOLERANCE_MS {
                step_ms
            } else {
                0
            });
        }
    }

    /// Later by so much; earlier, when negative.
    fn shift(&mut self, by_ms: i32) {
        let by = Duration::from_millis(u64::from(by_ms.unsigned_abs()));
        self.next_at = if by_ms < 0 {
            self.next_at.saturating_sub(by)
        } else {
            self.next_at + by
        };
        self.measure_after = self.next_tick;
        self.least_ms = i32::MAX;
        self.measurements = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server and a network with a fixed one-way time: returns the margins of the last second.
    fn margins(one_way_ms: u64, first_guess_ms: u64, seconds: u64) -> Vec<i32> {
        let period_ms = f64::from(TICK_US) / 1000.0;
        let taken_at_ms = |tick: Tick| 10_000.0 + f64::from(tick.0) * period_ms;
        let welcome_ms = taken_at_ms(Tick(300)) + one_way_ms as f64;
        let at = |ms: f64| Duration::from_secs_f64(ms / 1000.0);
        let mut clock = InputClock::start(
            at(welcome_ms),
            Tick(300),
            Duration::from_millis(first_guess_ms),
        );
        // Measurements come back one way later.
        let mut under_way: Vec<(Duration, Tick, i32)> = Vec::new();
        let mut seen = Vec::new();
        while clock.due() < at(welcome_ms) + Duration::from_secs(seconds) {
            let now = clock.due();
            under_way.retain(|&(arrives, tick, margin)| {
                if arrives <= now {
                    clock.measure(tick, margin as i16);
                }
                arrives > now
            });
            let tick = clock.take();
            let arrives_ms = now.as_secs_f64() * 1000.0 + one_way_ms as f64;
            let margin = (taken_at_ms(tick) - arrives_ms).floor() as i32;
            under_way.push((at(arrives_ms + one_way_ms as f64), tick, margin));
            seen.push(margin);
        }
        seen.split_off(seen.len() - 30)
    }

    #[test]
    fn settles_just_early_enough_whatever_the_first_guess_was() {
        for (one_way_ms, first_guess_ms) in
            [(0, 0), (1, 300), (40, 80), (40, 0), (100, 20), (150, 500)]
        {
            let margins = margins(one_way_ms, first_guess_ms, 20);
            let (least, most) = (margins.iter().min().unwrap(), margins.iter().max().unwrap());
            assert!(
                *least >= DANGER_MS && *most <= TARGET_MS + 2 * TOLERANCE_MS,
                "{one_way_ms} {margins:?}"
            );
        }
    }

    #[test]
    fn gives_up_ticks_after_a_long_sleep() {
        let mut clock = InputClock::start(Duration::from_secs(1), Tick(5), Duration::ZERO);
        let skipped = clock.skip_to(Duration::from_secs(2));
        assert!(skipped >= 20);
        assert!(
            clock.due() <= Duration::from_secs(2)
                && clock.due() + 9 * PERIOD > Duration::from_secs(2)
        );
    }
}
