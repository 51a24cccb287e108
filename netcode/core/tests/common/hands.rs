//! Heads and hands of people who gesture: each point reaches for one place after the other as people do, with the least
//! jerk (Flash and Hogan 1985), rests a moment, and trembles a little as tracked points do. Nothing swings as a sine.
#![allow(dead_code)]

use super::walker::{random, random_unit};
use otherworld_core::Vec3;
use otherworld_core::pose::{Point, Tracked};
use otherworld_core::vec3::vec3;

const TICK_S: f32 = 1.0 / 30.0;

/// Where a point can be, and how fast it goes there.
struct Habit {
    lowest: Vec3,
    highest: Vec3,
    /// Mean speed of a reach (unit: metres a second); its peak is 15/8 of it.
    speed: [f32; 2],
    /// Longest rest between two reaches (unit: seconds).
    rest: f32,
    /// How far it turns (parts of a quaternion).
    turn: f32,
}

const HEAD: Habit = Habit {
    lowest: vec3(-0.12, 1.55, -0.12),
    highest: vec3(0.12, 1.72, 0.08),
    speed: [0.05, 0.4],
    rest: 1.5,
    turn: 0.3,
};
const LEFT: Habit = Habit {
    lowest: vec3(-0.65, 0.75, -0.65),
    highest: vec3(0.15, 1.75, 0.05),
    speed: [0.3, 1.6],
    rest: 0.8,
    turn: 0.6,
};
const RIGHT: Habit = Habit {
    lowest: vec3(-0.15, 0.75, -0.65),
    highest: vec3(0.65, 1.75, 0.05),
    ..LEFT
};

#[derive(Clone)]
struct Reach {
    from: Point,
    to: Point,
    passed_s: f32,
    takes_s: f32,
    rests_s: f32,
}

/// One person's head and hands.
#[derive(Clone)]
pub struct Hands {
    seed: u32,
    reaches: [Reach; 3],
}

impl Hands {
    pub fn new(seed: u32) -> Hands {
        let mut seed = seed.wrapping_mul(2_654_435_761) | 1;
        random(&mut seed);
        let reaches = [&HEAD, &LEFT, &RIGHT].map(|habit| {
            let at = somewhere(habit, &mut seed);
            Reach {
                from: at,
                to: at,
                passed_s: 0.0,
                takes_s: 0.0,
                rests_s: random_unit(&mut seed),
            }
        });
        Hands { seed, reaches }
    }

    /// A tick later.
    pub fn step(&mut self) -> [Point; 3] {
        let seed = &mut self.seed;
        let mut habits = [&HEAD, &LEFT, &RIGHT].into_iter();
        self.reaches.each_mut().map(|reach| {
            reach.passed_s += TICK_S;
            let habit = habits.next().unwrap();
            if reach.passed_s > reach.takes_s + reach.rests_s {
                *reach = next(reach.to, habit, seed);
            }
            tremble(reach.now(), seed)
        })
    }

    pub fn step_packed(&mut self) -> Tracked {
        Tracked::from_points(self.step().map(|point| point.pack()))
    }
}

impl Reach {
    fn now(&self) -> Point {
        let t = if self.passed_s < self.takes_s {
            self.passed_s / self.takes_s
        } else {
            1.0
        };
        let share = t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
        let part = |k: usize| {
            let (from, to) = (self.from.rotation[k], self.to.rotation[k]);
            from + (to - from) * share
        };
        Point {
            position: self.from.position + (self.to.position - self.from.position) * share,
            rotation: normalise([part(0), part(1), part(2), part(3)]),
        }
    }
}

fn next(from: Point, habit: &Habit, seed: &mut u32) -> Reach {
    let to = somewhere(habit, seed);
    let [slow, fast] = habit.speed;
    let speed = slow + (fast - slow) * random_unit(seed);
    let takes_s = (to.position - from.position).length() / speed;
    Reach {
        from,
        to,
        passed_s: 0.0,
        takes_s: takes_s.max(0.15),
        rests_s: habit.rest * random_unit(seed),
    }
}

fn somewhere(habit: &Habit, seed: &mut u32) -> Point {
    let mut between = |low: f32, high: f32| low + (high - low) * random_unit(seed);
    let (low, high) = (habit.lowest, habit.highest);
    Point {
        position: vec3(
            between(low.x, high.x),
            between(low.y, high.y),
            between(low.z, high.z),
        ),
        rotation: normalise([0, 1, 2, 3].map(|k| match k {
            3 => 1.0,
            _ => between(-habit.turn, habit.turn),
        })),
    }
}

fn tremble(point: Point, seed: &mut u32) -> Point {
    let mut noise = |size: f32| size * (2.0 * random_unit(seed) - 1.0);
    Point {
        position: point.position + vec3(noise(0.7e-3), noise(0.7e-3), noise(0.7e-3)),
        rotation: normalise(point.rotation.map(|part| part + noise(2e-3))),
    }
}

fn normalise(q: [f32; 4]) -> [f32; 4] {
    let length = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]).sqrt();
    q.map(|part| part / length)
}
