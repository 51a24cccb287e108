//! What a client costs: `cargo bench -p otherworld-core --bench client`. A crowd's snapshots are heard, an input is
//! predicted and sent, and 99 others are shown; results are checked outside the timer.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/counting.rs"]
mod counting;
#[path = "../tests/common/stage.rs"]
mod stage;

use common::floor_with;
use counting::{Counting, allocations};
use otherworld_core::client::Client;
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::testing::Conditions;
use stage::{Still, hear_crowd};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    for (name, area) in [("spread over 50 m", 50.0), ("crowd in 8 m", 8.0)] {
        play(name, &hear_crowd(area, Conditions::bad(0.05), 1_000));
    }
}

fn play(name: &str, heard: &[(u64, Vec<u8>)]) {
    let mut client = Client::new(Arc::new(floor_with(|_| {})));
    let mut payload = [0; MAX_PAYLOAD_BYTES];
    let [mut hear, mut tick, mut places, mut points] = [const { Vec::new() }; 4];
    for samples in [&mut hear, &mut tick, &mut places, &mut points] {
        samples.reserve(heard.len());
    }
    let mut before = 0;
    for (number, (now_us, bytes)) in heard.iter().enumerate() {
        if number == heard.len() / 4 {
            before = allocations();
        }
        let now = Duration::from_micros(*now_us);
        let start = Instant::now();
        client.receive(now, bytes).unwrap();
        hear.push(start.elapsed());
        let start = Instant::now();
        client.tick(now, &mut Still, &mut payload);
        tick.push(start.elapsed());
        let start = Instant::now();
        let highest = client.others().players().map(|player| player.position.y);
        let highest = highest.fold(f32::MIN, f32::max);
        places.push(start.elapsed());
        let start = Instant::now();
        let hands = client.others().players().flat_map(|player| player.points());
        let highest_hand = hands.map(|points| points[1].position.y);
        let highest_hand = highest_hand.fold(f32::MIN, f32::max);
        points.push(start.elapsed());
        if number > heard.len() / 4 {
            assert!(highest > -0.1 && highest_hand > 0.5);
        }
    }
    let allocated = allocations() - before;
    assert_eq!(client.others().players().count(), 99);
    for (what, samples) in [
        ("snapshot, hear", &mut hear),
        ("tick (predict, input, move the view on)", &mut tick),
        ("view of 99, places", &mut places),
        ("view of 99, places, heads and hands", &mut points),
    ] {
        report(&format!("client, {name}: {what}"), samples, allocated);
    }
}

fn report(what: &str, samples: &mut [Duration], allocated: u64) {
    samples.sort_unstable();
    let us = |share: f64| {
        let at = ((samples.len() - 1) as f64 * share) as usize;
        samples[at].as_secs_f64() * 1e6
    };
    println!(
        "{what}: p50 {:.2} µs, p99 {:.2} µs, {allocated} allocations",
        us(0.5),
        us(0.99)
    );
}
