//! How much a stranger may cost: token buckets for connection requests, one per source and one for everybody.
//!
//! Opening a connect token is the only expensive thing an unknown address can ask for (about 3 µs). A spoofed flood
//! has no source worth counting, so the common bucket bounds it at the price of refusing true requests during the
//! flood: people who are in keep their tick, people who join retry. The table is fixed and sources that hash
//! together share a bucket, with a key that strangers do not know.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const BUCKETS: usize = 1024;

/// Connection requests per second whose tokens are opened; a bucket holds two seconds' worth.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From one IPv4 address or IPv6 /64.
    pub per_source: f64,
    /// From everybody together.
    pub in_all: f64,
}

impl Default for Limits {
    /// A hundred clients behind one address retry ten times a second at most: 1,000 and 2,000 let them all in, and
    /// 2,000 openings cost 6 ms of a second.
    fn default() -> Self {
        Self {
            per_source: 1000.0,
            in_all: 2000.0,
        }
    }
}

pub(super) struct Limiter {
    limits: Limits,
    hasher: RandomState,
    sources: Box<[Bucket]>,
    everybody: Bucket,
}

#[derive(Clone, Copy)]
struct Bucket {
    level: f64,
    filled_at: Duration,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            hasher: RandomState::new(),
            sources: vec![Bucket::full(limits.per_source); BUCKETS].into_boxed_slice(),
            everybody: Bucket::full(limits.in_all),
        }
    }

    /// Takes one request's worth, if there is one.
    pub(super) fn allow(&mut self, now: Duration, from: SocketAddr) -> bool {
        let index = self.hasher.hash_one(source(from)) as usize % BUCKETS;
        self.sources[index].take(now, self.limits.per_source)
            && self.everybody.take(now, self.limits.in_all)
    }
}

impl Bucket {
    fn full(rate: f64) -> Self {
        Self {
            level: 2.0 * rate,
            filled_at: Duration::ZERO,
        }
    }

    fn take(&mut self, now: Duration, rate: f64) -> bool {
        let elapsed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.level = (self.level + elapsed * rate).min(2.0 * rate);
        self.filled_at = now;
        let enough = self.level >= 1.0;
        if enough {
            self.level -= 1.0;
        }
        enough
    }
}

/// What one household or machine has: an IPv4 address, or an IPv6 /64.
fn source(from: SocketAddr) -> u64 {
    match from.ip().to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_a_source_and_refills() {
        let mut limiter = Limiter::new(Limits {
            per_source: 10.0,
            in_all: 1000.0,
        });
        let from = "10.0.0.1:1".parse().unwrap();
        let start = Duration::from_secs(1_000_000);
        assert_eq!((0..100).filter(|_| limiter.allow(start, from)).count(), 20);
        let later = start + Duration::from_millis(500);
        assert_eq!((0..100).filter(|_| limiter.allow(later, from)).count(), 5);
    }

    #[test]
    fn bounds_everybody() {
        let mut limiter = Limiter::new(Limits {
            per_source: 10.0,
            in_all: 50.0,
        });
        let now = Duration::from_secs(1_000_000);
        let allowed = (0..1000u32)
            .filter(|i| limiter.allow(now, ([10, 1, (i >> 8) as u8, *i as u8], 1).into()));
        assert_eq!(allowed.count(), 100);
    }
}
