//! What the core costs: `cargo bench -p otherworld-core`. One line per cost, best and median of some runs; results are
//! checked outside the timer. Not criterion: the figures wanted are per step and per snapshot of a moving crowd.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/counting.rs"]
mod counting;

use common::crowd::{Crowd, PLAYERS, Sent};
use common::plaza;
use counting::{Counting, allocations};
use otherworld_core::step::candidate_count;
use otherworld_core::world::World;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const TICKS: usize = 300;

fn main() {
    build();
    for (name, area) in [("spread over 56 m", 56.0), ("crowd in 8 m", 8.0)] {
        steps(name, area);
        snapshots(name, area);
    }
    candidates();
}

/// Prints the median and the best of the samples, each of which was `count` things.
fn report(what: &str, samples: &mut [Duration], count: usize, note: &str) {
    samples.sort_unstable();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    println!(
        "{what}: median {:.3} µs, best {:.3} µs{note}",
        each(samples[samples.len() / 2]),
        each(samples[0])
    );
}

fn build() {
    let triangles = plaza();
    let mut samples: Vec<_> = (0..20)
        .map(|_| {
            let start = Instant::now();
            let world = World::build(&triangles).unwrap();
            let time = start.elapsed();
            assert!(world.triangle_count() > 13_000);
            time
        })
        .collect();
    let note = format!(" ({} triangles)", triangles.len());
    report("world, build", &mut samples, 1, &note);
}

fn steps(name: &str, area: f32) {
    let mut crowd = Crowd::new(area);
    (0..60).for_each(|_| crowd.step_all());
    let mut samples = Vec::with_capacity(TICKS);
    let before = allocations();
    for _ in 0..TICKS {
        let start = Instant::now();
        crowd.step_all();
        samples.push(start.elapsed());
    }
    let allocated = allocations() - before;
    let note = format!(", {allocated} allocations");
    assert!(crowd.walkers.iter().all(|w| w.state.position.y > -1.0));
    report(&format!("step, {name}"), &mut samples, PLAYERS, &note);
}

fn snapshots(name: &str, area: f32) {
    let mut crowd = Crowd::new(area);
    let (mut ticks, mut decode) = (Vec::new(), Vec::new());
    let mut total = Sent::default();
    let mut before = 0;
    for number in 0..60 + TICKS {
        if number == 60 {
            ticks.clear();
            decode.clear();
            (total, before) = (Sent::default(), allocations());
        }
        crowd.play();
        let mut encode = Duration::ZERO;
        let start = Instant::now();
        crowd.begin();
        encode += start.elapsed();
        for client in 0..PLAYERS {
            let start = Instant::now();
            let sent = crowd.encode(client);
            encode += start.elapsed();
            let start = Instant::now();
            crowd.decode(client);
            decode.push(start.elapsed());
            assert_eq!(crowd.snapshot.players.len(), sent.full + sent.roots);
            assert_eq!(crowd.snapshot.unknown_baselines, 0);
            total.bytes += sent.bytes;
            total.full += sent.full;
            total.roots += sent.roots;
            total.bodies += sent.bodies;
        }
        ticks.push(encode);
    }
    let allocated = allocations() - before;
    let each = |sum: usize| sum as f64 / (TICKS * PLAYERS) as f64;
    let note = format!(
        " ({:.0} bytes: {:.1} players with hands, {:.1} without, {:.1} bodies)",
        each(total.bytes),
        each(total.full),
        each(total.roots),
        each(total.bodies)
    );
    let what = format!("snapshots, choose and code, a tick of a hundred, {name}");
    report(&what, &mut ticks, 1, &note);
    let note = format!(", {allocated} allocations");
    report(&format!("snapshot, read, {name}"), &mut decode, 1, &note);
}

/// How many triangles a step looks at.
fn candidates() {
    let mut crowd = Crowd::new(56.0);
    let mut counts = Vec::new();
    for _ in 0..2_000 {
        for walker in &mut crowd.walkers {
            let input = walker.input();
            counts.push(candidate_count(&walker.state, input, &crowd.world).unwrap());
        }
        crowd.step_all();
    }
    counts.sort_unstable();
    let at = |share: f64| counts[((counts.len() - 1) as f64 * share) as usize];
    println!(
        "triangles looked at: p50 {}, p90 {}, p99 {}, max {}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}
