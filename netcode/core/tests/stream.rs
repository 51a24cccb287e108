//! A large thing at its own pace: it comes whole over a bad network and never costs more bytes a second than it may. The
//! bodies of a region, which are paced where they are told, are in `late_join.rs`.

#[path = "common/pair.rs"]
mod pair;

use otherworld_core::channel::Pace;
use otherworld_core::message::MessageId;
use otherworld_core::testing::{Conditions, Random, seed};
use pair::Pair;

const SIZE: usize = 200_000;
const BYTES_PER_S: u32 = 24_000;
const BURST: u32 = 2_000;
const CHUNK: usize = 1_000;

#[test]
fn rc8_a_large_thing_comes_whole_within_its_budget() {
    let seed = seed();
    let mut pair = Pair::new(seed, Conditions::bad(0.05));
    let mut random = Random(seed);
    let large: Vec<u8> = (0..SIZE).map(|_| random.bits() as u8).collect();
    let mut chunks = large.chunks(CHUNK).enumerate().peekable();
    let began_us = pair.now_us;
    let mut pace = Pace::new(began_us, BYTES_PER_S, BURST);
    let mut sent = 0;
    while pair.client.bytes.len() < SIZE {
        let channel = &mut pair.server.channel;
        while let Some((number, chunk)) =
            chunks.next_if(|(_, chunk)| channel.room() >= 4 + chunk.len())
        {
            let message = [&(number as u32).to_le_bytes(), chunk].concat();
            channel.push_bytes(MessageId::Snapshot, &message).unwrap();
        }
        let passed_us = pair.now_us - began_us;
        pair.server.limit = pace.allowance(pair.now_us);
        pair.step();
        pace.spend(pair.server.used);
        sent += pair.server.used;
        let budget = u64::from(BURST) + passed_us * u64::from(BYTES_PER_S) / 1_000_000;
        assert!(sent as u64 <= budget, "{sent} of {budget}");
        assert!(passed_us < 15_000_000, "{} came", pair.client.bytes.len());
    }
    assert_eq!(pair.client.bytes, large);
}
