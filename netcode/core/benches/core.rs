//! What the core costs: `cargo bench -p otherworld-core`. One line per cost, best and median of some runs; results are
//! checked outside the timer. Not criterion: the figures wanted are per step and per snapshot of a moving crowd.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/counting.rs"]
mod counting;

use common::crowd::{BODIES, Crowd, PLAYERS, Sent, slot_of_player};
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
    for (name, area) in [
        ("spread over 56 m", 56.0),
        ("bunched in 17.7 m", 17.7),
        ("pressed into 8 m", 8.0),
    ] {
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
    let mut ticks = Vec::with_capacity(60 + TICKS);
    let mut decode = Vec::with_capacity((60 + TICKS) * PLAYERS);
    let mut total = Sent::default();
    let (mut rates, mut before) = (Rates::new(), 0);
    for number in 0..60 + TICKS {
        if number == 60 {
            ticks.clear();
            decode.clear();
            (total, before) = (Sent::default(), allocations());
            rates.forget();
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
            rates.take(&crowd, client);
            total.bytes += sent.bytes;
            total.full += sent.full;
            total.roots += sent.roots;
            total.bodies += sent.bodies;
        }
        ticks.push(encode);
    }
    let allocated = allocations() - before;
    assert_eq!(crowd.missed_inputs(), 0);
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
    rates.print();
}

/// What is counted by distance: (name, whether players, from, to; unit: metres).
const BANDS: [(&str, bool, f32, f32); 6] = [
    ("players to 5 m", true, 0.0, 5.0),
    ("5 to 8 m", true, 5.0, 8.0),
    ("8 to 15 m", true, 8.0, 15.0),
    ("beyond", true, 15.0, 1e9),
    ("bodies awake to 8 m", false, 0.0, 8.0),
    ("beyond", false, 8.0, 1e9),
];

/// How often clients are told of things, and how old the oldest is that they know.
struct Rates {
    /// Ticks in the band, updates there.
    bands: [(u64, u64); BANDS.len()],
    ages: Vec<u32>,
    oldest: u32,
}

impl Rates {
    fn new() -> Rates {
        Rates {
            bands: [(0, 0); BANDS.len()],
            ages: vec![0; PLAYERS * (PLAYERS + BODIES)],
            oldest: 0,
        }
    }

    fn forget(&mut self) {
        (self.bands, self.oldest) = ([(0, 0); BANDS.len()], 0);
    }

    /// Takes in what this client has just been told.
    fn take(&mut self, crowd: &Crowd, client: usize) {
        let ages = &mut self.ages[client * (PLAYERS + BODIES)..][..PLAYERS + BODIES];
        ages.iter_mut().for_each(|age| *age += 1);
        ages[client] = 0;
        for player in &crowd.snapshot.players {
            ages[slot_of_player(player.entity)] = 0;
        }
        for body in &crowd.snapshot.bodies {
            ages[PLAYERS + body.entity.0 as usize - 1] = 0;
        }
        self.oldest = self.oldest.max(ages.iter().copied().max().unwrap_or(0));
        let here = crowd.poses[client].position;
        for (slot, age) in ages.iter().enumerate().filter(|(slot, _)| *slot != client) {
            let (is_player, position) = match slot.checked_sub(PLAYERS) {
                None => (true, crowd.poses[slot].position),
                Some(body) if crowd.bodies[body].pose.asleep => continue,
                Some(body) => (false, crowd.bodies[body].pose.position),
            };
            let distance = (position - here).length();
            let band = BANDS.iter().position(|(_, players, from, to)| {
                *players == is_player && (*from..*to).contains(&distance)
            });
            let (ticks, updates) = &mut self.bands[band.unwrap()];
            *ticks += 1;
            *updates += u64::from(*age == 0);
        }
    }

    fn print(&self) {
        let rates: Vec<_> = BANDS
            .iter()
            .zip(self.bands)
            .map(|((name, ..), (ticks, updates))| {
                let hz = updates as f64 / ticks as f64 * 30.0;
                let count = ticks as f64 / (TICKS * PLAYERS) as f64;
                format!("{name} ({count:.1}): {hz:.1} Hz")
            })
            .collect();
        println!("    {}; oldest {} ticks", rates.join(", "), self.oldest);
    }
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
