//! The server's time as a client can know it: from which tick on snapshots have arrived.
//!
//! A snapshot's transit is the time of its arrival less the time of its tick; the origin is unknown and drops out. Most of
//! the last two seconds' transits are below their 95th percentile: a sample of the tick that lies so far back has
//! arrived, 95 times in 100. The adaptive part of the view's delay is exactly this percentile.

use crate::tick::{TICK_US, Tick};
use std::time::Duration;

/// `[VW1]` Transits that count; two seconds.
const WINDOW: usize = 64;

/// `[VW1]` Of these so many are allowed to be later.
const LATE: usize = 3;

/// `[VW1]` No more than this above the shortest (unit: microseconds).
const MOST_JITTER_US: i64 = 250_000;

const PERIOD_US: i64 = TICK_US as i64;

/// When which tick's snapshots arrive.
#[derive(Clone, Debug)]
pub struct Timeline {
    newest: Option<i64>,
    transits_us: [i64; WINDOW],
    count: usize,
    shortest_us: i64,
    usual_us: i64,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline {
            newest: None,
            transits_us: [0; WINDOW],
            count: 0,
            shortest_us: 0,
            usual_us: 0,
        }
    }
}

impl Timeline {
    /// Takes note of a snapshot's arrival and returns its tick, counted on over the wrap.
    pub fn arrived(&mut self, now: Duration, tick: Tick) -> i64 {
        let unwrapped = self.unwrapped(tick).unwrap_or(i64::from(tick.0));
        self.newest = self.newest.max(Some(unwrapped));
        // Ticks that jump for an hour are a hostile server's; they may be shown anywhere.
        let tick_us = unwrapped.wrapping_mul(PERIOD_US);
        let transit_us = (now.as_micros() as i64).wrapping_sub(tick_us);
        self.transits_us[self.count % WINDOW] = transit_us;
        self.count += 1;
        self.measure();
        unwrapped
    }

    /// A tick counted on over the wrap, once any is known.
    #[must_use]
    pub fn unwrapped(&self, tick: Tick) -> Option<i64> {
        let known = self.newest?;
        Some(known + i64::from(tick.since(Tick(known as u32))))
    }

    fn measure(&mut self) {
        let held = self.count.min(WINDOW);
        let mut sorted = self.transits_us;
        let sorted = &mut sorted[..held];
        let late = LATE.min(held - 1);
        let (_, usual, _) = sorted.select_nth_unstable(held - 1 - late);
        self.usual_us = *usual;
        self.shortest_us = self.transits_us[..held].iter().copied().min().unwrap_or(0);
        self.usual_us = self
            .usual_us
            .min(self.shortest_us.saturating_add(MOST_JITTER_US));
    }

    /// Whether any snapshot has arrived.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.newest.is_some()
    }

    /// `[VW1]` The tick up to which everything should have arrived by now (unit: ticks, counted on over the wrap).
    #[must_use]
    pub fn tick_at(&self, now: Duration) -> f64 {
        (now.as_micros() as f64 - self.usual_us as f64) / PERIOD_US as f64
    }

    /// The tick whose snapshot would arrive just now on the shortest way.
    #[must_use]
    pub fn newest_at(&self, now: Duration) -> f64 {
        (now.as_micros() as f64 - self.shortest_us as f64) / PERIOD_US as f64
    }

    /// How much later than the shortest the usual way is (unit: seconds).
    #[must_use]
    pub fn jitter_s(&self) -> f32 {
        self.usual_us.saturating_sub(self.shortest_us) as f32 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, seed};

    #[test]
    fn vw1_the_delay_is_the_jitter_of_most_arrivals() {
        let (mut random, mut timeline) = (Random(seed()), Timeline::default());
        let start = u32::MAX - 100;
        for k in 0..300u64 {
            let sent_us = 5_000_000 + k * u64::from(TICK_US);
            let now = Duration::from_micros(sent_us + 40_000 + random.below(30_001));
            let tick = timeline.arrived(now, Tick(start.wrapping_add(k as u32)));
            assert_eq!(
                tick,
                i64::from(start) + k as i64,
                "counted on over the wrap"
            );
        }
        assert!(
            (0.020..0.030).contains(&timeline.jitter_s()),
            "{timeline:?}"
        );
        let now = Duration::from_micros(5_000_000 + 300 * u64::from(TICK_US) + 40_000);
        let ideal = f64::from(start) + 300.0;
        let (usual, newest) = (timeline.tick_at(now), timeline.newest_at(now));
        assert!(
            (ideal - 0.91..ideal - 0.6).contains(&usual),
            "{}",
            ideal - usual
        );
        assert!(
            (ideal - 0.1..=ideal).contains(&newest),
            "{}",
            ideal - newest
        );
    }

    #[test]
    fn vw1_a_way_that_becomes_longer_or_shorter_is_followed_within_the_window() {
        let mut timeline = Timeline::default();
        for k in 0..400u64 {
            let way_us = if (100..250).contains(&k) {
                150_000
            } else {
                20_000
            };
            let now = Duration::from_micros(1_000_000 + k * u64::from(TICK_US) + way_us);
            timeline.arrived(now, Tick(k as u32));
            let jitter_s = timeline.jitter_s();
            match k {
                // Three late ones are chance, the fourth is not; the old way is forgotten when the window has passed.
                103..163 => assert!((0.129..0.131).contains(&jitter_s), "{k}"),
                250..310 => assert!((0.129..0.131).contains(&jitter_s), "{k}"),
                _ => assert_eq!(jitter_s, 0.0, "{k}"),
            }
        }
    }
}
