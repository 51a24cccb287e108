//! A network in memory, for tests and for the impairment proxy: it loses, delays, reorders and duplicates from a seed.
//!
//! A failing test prints the seed (`network seed …`); `OTHERWORLD_SEED=…` plays it again, and a seed that failed becomes a
//! test with a name. Time is the caller's, so a minute of a bad network takes milliseconds.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// What a way through the network does to datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Share of datagrams that get lost, 0 to 1.
    pub loss: f64,
    /// Share that come twice, each copy with its own jitter.
    pub duplication: f64,
    /// Share that are overtaken: they wait 100 ms longer.
    pub reorder: f64,
    /// Time that each takes (unit: microseconds).
    pub delay_us: u64,
    /// Time that some take on top, evenly from none to this (unit: microseconds).
    pub jitter_us: u64,
}

impl Conditions {
    /// So long a way with such jitter (units: microseconds) and loss; all in order, and once.
    #[must_use]
    pub fn of(delay_us: u64, jitter_us: u64, loss: f64) -> Conditions {
        Conditions {
            loss,
            delay_us,
            jitter_us,
            ..Conditions::default()
        }
    }

    /// The project's bad network: 80 ms there and back, 30 ms jitter, and this loss.
    #[must_use]
    pub fn bad(loss: f64) -> Conditions {
        Conditions {
            loss,
            duplication: 0.02,
            reorder: 0.02,
            delay_us: 40_000,
            jitter_us: 30_000,
        }
    }

    /// How long each copy of a datagram takes (unit: microseconds): none when it gets lost, one as a rule, or two.
    pub fn travel_times_us(self, random: &mut Random) -> impl Iterator<Item = u64> {
        let copies = if random.chance(self.loss) {
            0
        } else {
            1 + u32::from(random.chance(self.duplication))
        };
        (0..copies).map(move |_| {
            let jitter_us = random.below(self.jitter_us + 1);
            let overtaken = random.chance(self.reorder);
            self.delay_us + jitter_us + u64::from(overtaken) * OVERTAKEN_US
        })
    }
}

const OVERTAKEN_US: u64 = 100_000;

/// One way between two peers.
#[derive(Debug)]
pub struct Way {
    /// What it does; may change at any time.
    pub conditions: Conditions,
    random: Random,
    flying: BTreeMap<(u64, u64), Vec<u8>>,
    sent: u64,
}

impl Way {
    /// A way that nothing is on.
    #[must_use]
    pub fn new(seed: u64, conditions: Conditions) -> Way {
        Way {
            conditions,
            random: Random(seed),
            flying: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Sends a datagram.
    pub fn send(&mut self, now_us: u64, datagram: &[u8]) {
        for time_us in self.conditions.travel_times_us(&mut self.random) {
            self.sent += 1;
            self.flying
                .insert((now_us + time_us, self.sent), datagram.to_vec());
        }
    }

    /// The next datagram that has arrived by now.
    pub fn receive(&mut self, now_us: u64) -> Option<Vec<u8>> {
        let first = self.flying.first_entry()?;
        (first.key().0 <= now_us).then(|| first.remove())
    }

    /// Everything on the way is lost: the address is another one now.
    pub fn cut(&mut self) {
        self.flying.clear();
    }
}

/// The seed of this run: `OTHERWORLD_SEED`, or one that nobody has seen. Printed, so that a failure shows it.
///
/// # Panics
/// When `OTHERWORLD_SEED` is no number.
#[must_use]
pub fn seed() -> u64 {
    let seed = match std::env::var("OTHERWORLD_SEED") {
        Ok(text) => text.parse().expect("OTHERWORLD_SEED is no number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    };
    println!("network seed {seed}");
    seed
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end.max(1)
    }

    /// True so often, from 0 to 1.
    pub fn chance(&mut self, share: f64) -> bool {
        ((self.bits() >> 11) as f64) < share * (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(conditions: Conditions) -> Vec<u64> {
        let mut way = Way::new(seed(), conditions);
        for k in 0..10_000u64 {
            way.send(k * 1_000, &k.to_le_bytes());
        }
        let mut arrived = Vec::new();
        while let Some(bytes) = way.receive(u64::MAX) {
            arrived.push(u64::from_le_bytes(bytes.try_into().unwrap()));
        }
        arrived
    }

    #[test]
    fn a_good_network_changes_nothing() {
        let good = Conditions {
            delay_us: 7,
            ..Conditions::default()
        };
        assert_eq!(through(good), (0..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn a_bad_network_does_what_it_says() {
        let arrived = through(Conditions {
            loss: 0.2,
            duplication: 0.1,
            ..Conditions::default()
        });
        // 10,000 × 0.8 × 1.1, give or take six standard deviations.
        assert!((8_500..9_100).contains(&arrived.len()), "{}", arrived.len());
        let reordered = through(Conditions::bad(0.0));
        assert!(!reordered.is_sorted());
    }

    #[test]
    fn the_same_seed_is_the_same_network() {
        let fates = |seed| {
            let mut way = Way::new(seed, Conditions::bad(0.3));
            (0..100u64).for_each(|k| way.send(k, &k.to_le_bytes()));
            way.flying.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(fates(5), fates(5));
        assert_ne!(fates(5), fates(6));
    }
}
