//! What the fields of a snapshot cost as they are and as differences: `cargo bench -p otherworld-core --bench deltas`.
//!
//! A hundred people walk about and gesture, fifty of two hundred balls are kicked; for each age of the baseline the mean
//! bits of each field are printed, and for each field the classes that would have been best over the ages that baselines
//! really have (4 to 12 ticks weigh most). The table is in `docs/decisions/0007-deltas-on-a-shared-keyframe-grid.md`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::crowd::Crowd;
use otherworld_core::pose::PackedRotation;
use otherworld_core::snapshot::delta::{
    BODY_PLACE, BODY_ROTATION, Field, PLAYER_PLACE, POINT_PLACE, POINT_ROTATION, RotationField, YAW,
};
use otherworld_core::snapshot::packed::{PackedBody, PackedPlayer};

/// Ages of a baseline that are measured (unit: ticks).
const AGES: [usize; 8] = [2, 4, 8, 12, 16, 20, 24, 28];

/// How often a baseline is so old, about, over a round trip of 80 ms that loses 5 %.
const WEIGHTS: [u64; 8] = [0, 4, 8, 3, 1, 1, 1, 1];

const TICKS: usize = 900;

/// All pairs of a value and its baseline at one age.
struct Pairs<T> {
    name: &'static str,
    by_age: [Vec<(T, T)>; AGES.len()],
}

impl<T> Pairs<T> {
    fn new(name: &'static str) -> Pairs<T> {
        Pairs {
            name,
            by_age: Default::default(),
        }
    }
}

fn main() {
    let mut crowd = Crowd::new(20.0);
    let (mut players, mut bodies) = (Vec::new(), Vec::new());
    for tick in 0..TICKS + 90 {
        crowd.play();
        crowd.begin();
        for client in 0..common::crowd::PLAYERS {
            // Links stay alive: nobody is told anything else.
            if tick == 0 {
                crowd.encode(client);
            }
        }
        if tick >= 90 {
            players.push(
                crowd
                    .poses
                    .iter()
                    .map(PackedPlayer::pack)
                    .collect::<Vec<_>>(),
            );
            let pack = |ball: &common::ball::Ball| PackedBody::pack(&ball.pose);
            bodies.push(crowd.bodies.iter().map(pack).collect::<Vec<_>>());
        }
    }
    assert_eq!(crowd.missed_inputs(), 0);
    hand_speed(&players);
    roots(&players);
    points(&players);
    balls(&bodies);
}

/// The crowd must move its hands, or the table says nothing.
fn hand_speed(players: &[Vec<PackedPlayer>]) {
    let mut speeds = Vec::new();
    for (now, then) in players.iter().skip(1).zip(players) {
        for (now, then) in now.iter().zip(then) {
            let (now, then) = (now.tracked.unwrap().right, then.tracked.unwrap().right);
            let off = now.unpack().position - then.unpack().position;
            speeds.push(off.length() * 30.0);
        }
    }
    speeds.sort_unstable_by(f32::total_cmp);
    let at = |share: f32| speeds[(speeds.len() as f32 * share) as usize];
    println!(
        "hand speed: p50 {:.2} m/s, p95 {:.2} m/s",
        at(0.5),
        at(0.95)
    );
    assert!(at(0.95) >= 1.0);
}

fn gather<E: Copy, T>(
    name: &'static str,
    history: &[Vec<E>],
    moves: impl Fn(&E, &E) -> bool,
    value: impl Fn(&E) -> T,
) -> Pairs<T> {
    let mut pairs = Pairs::new(name);
    for (pairs, age) in pairs.by_age.iter_mut().zip(AGES) {
        for (now, then) in history.iter().skip(age).zip(history) {
            for (now, then) in now.iter().zip(then).filter(|(now, then)| moves(now, then)) {
                pairs.push((value(now), value(then)));
            }
        }
    }
    pairs
}

fn roots(history: &[Vec<PackedPlayer>]) {
    println!("\na player's root (age in ticks: {AGES:?})");
    let root = |player: &PackedPlayer| (player.place, player.yaw, player.grounded);
    let moves = |now: &PackedPlayer, then: &PackedPlayer| root(now) != root(then);
    let mut total = Total::new(1);
    for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
        let pairs = gather(name, history, moves, |player| player.place[axis]);
        total.add(&pairs, &PLAYER_PLACE[axis]);
    }
    let pairs = gather("yaw", history, moves, |player| player.yaw.into());
    total.add(&pairs, &YAW);
    total.print("root of who moves, with 'same' and 'grounded'", 1);
}

fn points(history: &[Vec<PackedPlayer>]) {
    let point = |player: &PackedPlayer, k: usize| player.tracked.unwrap().points()[k];
    let mut all = Total::new(0);
    for (k, name) in ["head", "left hand", "right hand"].into_iter().enumerate() {
        println!("\n{name}");
        let mut total = Total::new(0);
        for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
            let value = |player: &PackedPlayer| u32::from(point(player, k).place[axis]);
            total.add(&gather(name, history, |_, _| true, value), &POINT_PLACE[k]);
        }
        let value = |player: &PackedPlayer| point(player, k).rotation;
        let pairs = gather("rotation", history, |_, _| true, value);
        total.add_rotation(&pairs, &POINT_ROTATION[k]);
        total.print(name, 0);
        all.join(&total);
    }
    println!();
    all.print("head and hands, with 'there are some'", 1);
}

fn balls(history: &[Vec<PackedBody>]) {
    println!("\na body that moves");
    let moves = |now: &PackedBody, then: &PackedBody| now != then;
    let mut total = Total::new(1);
    for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
        let pairs = gather(name, history, moves, |body| body.place[axis]);
        total.add(&pairs, &BODY_PLACE[axis]);
    }
    let pairs = gather("rotation", history, moves, |body| body.rotation);
    total.add_rotation(&pairs, &BODY_ROTATION);
    total.print("body, with 'same' and 'asleep'", 1);
}

/// Sums of mean bits: as it is, and by age.
struct Total {
    absolute: u32,
    by_age: [f64; AGES.len()],
}

impl Total {
    fn new(around: u32) -> Total {
        Total {
            absolute: 0,
            by_age: [f64::from(around); AGES.len()],
        }
    }

    fn add(&mut self, pairs: &Pairs<u32>, field: &Field) {
        self.line(pairs, field.bits, |(value, base)| {
            field.cost(*value, Some(*base))
        });
        let need = |(value, base): &(u32, u32)| needed(*value, *base, field.bits);
        best(pairs, need, field.bits, 1, field.classes);
    }

    fn add_rotation(&mut self, pairs: &Pairs<PackedRotation>, field: &RotationField) {
        let absolute = 2 + 3 * field.bits;
        self.line(pairs, absolute, |(value, base)| {
            field.cost(value, Some(base))
        });
        let need = |(value, base): &(PackedRotation, PackedRotation)| {
            if value.largest != base.largest {
                return u32::MAX;
            }
            let parts = value.parts.into_iter().zip(base.parts);
            let need = parts.map(|(value, base)| needed(value.into(), base.into(), field.bits));
            need.max().unwrap()
        };
        best(pairs, need, absolute, 3, field.classes);
    }

    fn line<T>(&mut self, pairs: &Pairs<T>, absolute: u32, cost: impl Fn(&(T, T)) -> u32) {
        let mean = |pairs: &Vec<(T, T)>| {
            pairs.iter().map(|pair| f64::from(cost(pair))).sum::<f64>() / pairs.len() as f64
        };
        let means = pairs.by_age.each_ref().map(mean);
        println!("{:>10} {absolute:>4} | {}", pairs.name, row(&means));
        self.absolute += absolute;
        for (sum, mean) in self.by_age.iter_mut().zip(means) {
            *sum += mean;
        }
    }

    fn join(&mut self, other: &Total) {
        self.absolute += other.absolute;
        for (sum, mean) in self.by_age.iter_mut().zip(other.by_age) {
            *sum += mean;
        }
    }

    fn print(&mut self, what: &str, flags: u32) {
        self.absolute += flags;
        self.by_age
            .iter_mut()
            .for_each(|bits| *bits += f64::from(flags));
        println!(
            "{:>10} {:>4} | {}  {what}",
            "sum",
            self.absolute,
            row(&self.by_age)
        );
    }
}

fn row(means: &[f64]) -> String {
    means.iter().map(|mean| format!("{mean:6.1}")).collect()
}

/// Bits of the narrowest difference that this one fits.
fn needed(value: u32, base: u32, bits: u32) -> u32 {
    let mask = (1 << bits) - 1;
    let fits = |width: &u32| {
        let half = (1 << width) >> 1;
        (value.wrapping_sub(base).wrapping_add(half) & mask) >> width == 0
    };
    (0..=bits).find(fits).unwrap()
}

/// Prints the three classes that cost least, by trying all of them.
fn best<T>(
    pairs: &Pairs<T>,
    need: impl Fn(&(T, T)) -> u32,
    absolute: u32,
    parts: u32,
    ours: [u32; 3],
) {
    const WIDEST: usize = 21;
    // Share of the pairs that need this width; the last: that are absolute anyhow.
    let mut share = [0.0; WIDEST + 1];
    let weights: u64 = WEIGHTS.iter().sum();
    for (pairs, weight) in pairs.by_age.iter().zip(WEIGHTS) {
        for pair in pairs {
            let width = (need(pair) as usize).min(WIDEST);
            share[width] += weight as f64 / weights as f64 / pairs.len() as f64;
        }
    }
    let cost = |classes: [u32; 3]| -> f64 {
        let bits = |width: usize| {
            let class = classes
                .iter()
                .find(|class| **class as usize >= width && width < WIDEST);
            2 + class.map_or(absolute, |class| class * parts)
        };
        (0..=WIDEST)
            .map(|width| share[width] * f64::from(bits(width)))
            .sum()
    };
    let most = absolute / parts;
    let mut found = ([0; 3], f64::MAX);
    for a in 0..most {
        for b in a + 1..most {
            for c in b + 1..most {
                let bits = cost([a, b, c]);
                if bits < found.1 {
                    found = ([a, b, c], bits);
                }
            }
        }
    }
    println!(
        "{:>15} | ours {ours:?} {:.2}, best {:?} {:.2}",
        "",
        cost(ours),
        found.0,
        found.1
    );
}
