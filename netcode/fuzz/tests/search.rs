//! Each target for a moment: its seeds as they are, then seeds that were changed, from a seed of random numbers that a failure
//! names. `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=7 cargo test -p otherworld-fuzz` looks longer and elsewhere.

use otherworld_fuzz::{MOST_INPUT, TARGETS, Target, seeds::dictionary, target};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

/// Where the search begins when nobody says otherwise.
const SEED: u64 = 20_261_121;

#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Add(Index, u8),
    Insert(Index, Vec<u8>),
    Overwrite(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            bytes.push(0);
        }
        let length = bytes.len();
        match self {
            Change::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Change::Set(at, value) => bytes[at.index(length)] = *value,
            Change::Add(at, value) => {
                let byte = &mut bytes[at.index(length)];
                *byte = byte.wrapping_add(*value);
            }
            Change::Insert(at, word) => {
                let at = at.index(length + 1);
                bytes.splice(at..at, word.iter().copied());
            }
            Change::Overwrite(at, word) => {
                let at = at.index(length);
                let end = (at + word.len()).min(length);
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            Change::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..(at + count).min(length));
            }
            Change::Repeat(at, count) => {
                let at = at.index(length);
                let part = bytes[at..(at + count).min(length)].to_vec();
                bytes.splice(at..at, part);
            }
            Change::Cut(at) => bytes.truncate(at.index(length)),
        }
        bytes.truncate(MOST_INPUT);
    }
}

fn any_change() -> impl Strategy<Value = Change> {
    let word = prop::sample::select(dictionary());
    let count = 1usize..64;
    prop_oneof![
        3 => (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        2 => (any::<Index>(), prop_oneof![Just(1u8), Just(255)]).prop_map(|(at, value)| Change::Add(at, value)),
        2 => (any::<Index>(), word.clone()).prop_map(|(at, word)| Change::Insert(at, word)),
        2 => (any::<Index>(), word).prop_map(|(at, word)| Change::Overwrite(at, word)),
        1 => (any::<Index>(), count.clone()).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (any::<Index>(), count).prop_map(|(at, count)| Change::Repeat(at, count)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

/// Seeds with some changes, and now and then any bytes at all.
fn any_input(target: &Target) -> impl Strategy<Value = Vec<u8>> + use<> {
    let mut seeds: Vec<_> = target.seeds().into_iter().map(|seed| seed.bytes).collect();
    seeds.push(Vec::new());
    let changed = (
        prop::sample::select(seeds),
        prop::collection::vec(any_change(), 1..8),
    )
        .prop_map(|(mut bytes, changes)| {
            changes.iter().for_each(|change| change.apply(&mut bytes));
            bytes
        });
    let any = prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![9 => changed, 1 => any]
}

fn search(name: &str, cases: u32) {
    let target = target(name).expect("a target");
    for seed in target.seeds() {
        println!("{name}: {}", seed.what);
        let understood = target.run(&seed.bytes);
        assert!(
            understood || !seed.is_true,
            "{} is not understood",
            seed.what
        );
    }
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let seed = config.rng_seed;
    println!("{name}: {} cases from seed {seed}", config.cases);
    let found = TestRunner::new(config).run(&any_input(target), |bytes| {
        target.run(&bytes);
        Ok(())
    });
    if let Err(TestError::Fail(reason, bytes)) = found {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!(
            "{reason}\nfrom seed {seed}. Mend it, and add to netcode/fuzz/corpus/{name}.txt:\nNAME OF WHAT WAS WRONG: {hex}"
        );
    }
}

macro_rules! targets {
    ($($test:ident = $name:literal, $cases:literal;)+) => {
        $(#[test] fn $test() { search($name, $cases); })+

        #[test]
        fn every_target_is_searched() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$($name),+]);
        }
    };
}

targets! {
    packet = "packet", 12_000;
    connect_token = "connect-token", 12_000;
    private_token = "private-token", 12_000;
    user_data = "user-data", 20_000;
    server_pipe = "server-pipe", 4_000;
    client_pipe = "client-pipe", 2_000;
    link = "link", 12_000;
    channel = "channel", 8_000;
    input = "input", 12_000;
    message = "message", 20_000;
    snapshot = "snapshot", 8_000;
    session = "session", 2_000;
    client = "client", 4_000;
    scene = "scene", 8_000;
    glb = "glb", 8_000;
}
