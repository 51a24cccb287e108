//! How long to wait before the next try: doubling, capped, with jitter, so that a hundred instances do not dial a
//! control plane that has just come back in the same millisecond. Pure: the caller brings the randomness.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
// What a control plane's restart may cost at most in joins that find no instance.
const CAP: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait: between a half and the whole of the doubled time. `random` lies in 0..1.
    pub fn next(&mut self, random: f64) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(10)).min(CAP);
        self.failures = self.failures.saturating_add(1);
        whole.mul_f64(0.5 + random * 0.5)
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether this failure deserves a warning: the first, the second, the fourth … The rest is for debugging.
    pub fn is_worth_a_warning(&self) -> bool {
        self.failures.max(1).is_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_stay_there() {
        let mut backoff = Backoff::default();
        let longest: Vec<u128> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(longest, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        for _ in 0..10_000 {
            assert!(backoff.next(1.0) <= CAP);
        }
        backoff.reset();
        assert_eq!(backoff.next(1.0).as_millis(), 200);
    }

    #[test]
    fn jitter_spreads_over_half_of_the_wait_and_never_reaches_zero() {
        assert_eq!(Backoff::default().next(0.0).as_millis(), 100);
        assert_eq!(Backoff::default().next(0.5).as_millis(), 150);
    }
}
