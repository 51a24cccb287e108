//! A world with everything that is hard for a character, and players who walk in it at random.
//!
//! Sixty metres of ground with walls, two stairs, ramps of 20 to 60 degrees, fifty tilted boxes, a roof, a height field
//! and a bumpy mesh: 13,922 triangles. All numbers are literals or come from a seed, without a sine.
#![allow(dead_code)]

pub mod ball;
pub mod crowd;
pub mod hands;
pub mod vectors;
pub mod walker;

use otherworld_core::Vec3;
use otherworld_core::vec3::vec3;
use otherworld_core::world::{Triangle, World};
use walker::random_unit;
#[allow(unused_imports)]
pub use walker::{Walker, along, random};

/// Sine and cosine of half of each ramp's angle.
pub const RAMPS: [(u32, f32, f32); 7] = [
    (20, 0.173_648_18, 0.984_807_7),
    (35, 0.300_705_8, 0.953_716_95),
    (45, 0.382_683_43, 0.923_879_5),
    (48, 0.406_736_64, 0.913_545_5),
    (50, 0.422_618_26, 0.906_307_8),
    (52, 0.438_371_15, 0.898_794),
    (60, 0.5, 0.866_025_4),
];

/// Length of each ramp's top face (unit: metres).
pub const RAMP_LENGTH: f32 = 4.0;

#[derive(Default)]
pub struct Soup(pub Vec<Triangle>);

impl Soup {
    pub fn cuboid(&mut self, centre: Vec3, half: Vec3) {
        self.turned_cuboid(centre, [0.0, 0.0, 0.0, 1.0], half);
    }

    pub fn turned_cuboid(&mut self, centre: Vec3, rotation: [f32; 4], half: Vec3) {
        let corner = |bits: usize| {
            let side = |bit: usize, half: f32| if bits & bit == 0 { -half } else { half };
            let local = vec3(side(1, half.x), side(2, half.y), side(4, half.z));
            centre + rotate(rotation, local)
        };
        for [a, b, c, d] in [
            [0, 4, 6, 2],
            [1, 3, 7, 5],
            [0, 1, 5, 4],
            [2, 6, 7, 3],
            [0, 2, 3, 1],
            [4, 5, 7, 6],
        ] {
            self.0.push([corner(a), corner(b), corner(c)]);
            self.0.push([corner(a), corner(c), corner(d)]);
        }
    }

    /// Rises towards +x from `foot`.
    fn ramp(&mut self, (_, sine, cosine): (u32, f32, f32), foot: Vec3) {
        let rotation = [0.0, 0.0, sine, cosine];
        let half = vec3(RAMP_LENGTH * 0.5, 0.2, 1.5);
        let centre = foot + rotate(rotation, vec3(half.x, -half.y, 0.0));
        self.turned_cuboid(centre, rotation, half);
    }

    /// Rises towards +x from (x, z), 0.25 m a stair, with a platform of two metres.
    fn stairs(&mut self, x: f32, z: f32, count: i32) {
        let end = x + 0.35 * count as f32 + 2.0;
        for k in 0..count {
            let (top, start) = (0.25 * (k + 1) as f32, x + 0.35 * k as f32);
            let centre = vec3((start + end) * 0.5, top - 0.125, z);
            self.cuboid(centre, vec3((end - start) * 0.5, 0.125, 1.5));
        }
    }

    /// A surface over a grid of `cells`² cells.
    fn sheet(&mut self, cells: i32, place: impl Fn(i32, i32) -> Vec3) {
        for i in 0..cells {
            for j in 0..cells {
                let (a, b) = (place(i, j), place(i + 1, j));
                let (c, d) = (place(i, j + 1), place(i + 1, j + 1));
                self.0.push([a, c, b]);
                self.0.push([b, c, d]);
            }
        }
    }

    fn boxes(&mut self, seed: u32) {
        let mut seed = seed;
        for k in 0..50 {
            let mut next = || random_unit(&mut seed);
            let (x, z) = (-14.0 + 28.0 * next(), -18.0 + 16.0 * next());
            let half = vec3(0.2 + next(), 0.1 + 0.9 * next(), 0.2 + next());
            let turn = normalise([0.0, next() - 0.5, 0.0, 1.0]);
            let rotation = if k % 7 == 0 {
                normalise([0.2 * (next() - 0.5), turn[1], 0.2 * (next() - 0.5), 1.0])
            } else {
                turn
            };
            self.turned_cuboid(vec3(x, half.y, z), rotation, half);
        }
    }
}

pub fn plaza() -> Vec<Triangle> {
    let mut soup = Soup::default();
    soup.cuboid(vec3(0.0, -0.5, 0.0), vec3(32.0, 0.5, 32.0));
    for side in [-30.5, 30.5] {
        soup.cuboid(vec3(side, 2.0, 0.0), vec3(0.5, 2.0, 31.0));
        soup.cuboid(vec3(0.0, 2.0, side), vec3(31.0, 2.0, 0.5));
    }
    for (k, ramp) in RAMPS.into_iter().enumerate() {
        soup.ramp(ramp, ramp_foot(k));
    }
    soup.stairs(-4.0, -26.0, 8);
    soup.stairs(4.0, -22.0, 10);
    soup.boxes(77);
    // A roof with 2.5 m of air under it, and the wall that holds it.
    soup.cuboid(vec3(20.0, 2.6, -10.0), vec3(3.0, 0.1, 3.0));
    soup.cuboid(vec3(20.0, 1.2, -13.0), vec3(3.0, 1.3, 0.1));
    let fade = |u: f32, v: f32| {
        let e = u * (1.0 - u) * v * (1.0 - v) * 16.0;
        if e < 1.0 { e } else { 1.0 }
    };
    soup.sheet(63, |i, j| {
        let (u, v) = (i as f32 / 63.0, j as f32 / 63.0);
        let bumps = 2.2 * noise(u * 6.0, v * 6.0) + 0.5 * noise(u * 21.0, v * 21.0);
        vec3(4.0 + 20.0 * u, 0.02 + fade(u, v) * bumps, 4.0 + 20.0 * v)
    });
    soup.sheet(50, |i, j| {
        let (u, v) = (i as f32 / 50.0, j as f32 / 50.0);
        let bumps = 3.0 * noise(u * 5.0 + 9.0, v * 5.0) + 0.7 * noise(u * 17.0, v * 17.0 + 3.0);
        vec3(-21.0 + 14.0 * u, -0.05 + fade(u, v) * bumps, 7.0 + 14.0 * v)
    });
    soup.0
}

/// Where a ramp meets the ground.
pub fn ramp_foot(ramp: usize) -> Vec3 {
    vec3(-26.0, 0.0, -24.0 + 4.0 * ramp as f32)
}

/// A floor of 64 m and whatever else is wanted on it.
pub fn floor_with(build: impl FnOnce(&mut Soup)) -> World {
    let mut soup = Soup::default();
    soup.cuboid(vec3(0.0, -0.5, 0.0), vec3(32.0, 0.5, 32.0));
    build(&mut soup);
    World::build(&soup.0).unwrap()
}

fn normalise(q: [f32; 4]) -> [f32; 4] {
    let length = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]).sqrt();
    q.map(|part| part / length)
}

pub fn rotate(q: [f32; 4], v: Vec3) -> Vec3 {
    let axis = vec3(q[0], q[1], q[2]);
    let twice = axis.cross(v) * 2.0;
    v + twice * q[3] + axis.cross(twice)
}

/// Smooth noise between 0 and 1.
fn noise(x: f32, z: f32) -> f32 {
    let (i, j) = (x.floor(), z.floor());
    let (u, v) = (x - i, z - j);
    let (u, v) = (u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v));
    let (i, j) = (i as i32, j as i32);
    let near = lattice(i, j) + (lattice(i + 1, j) - lattice(i, j)) * u;
    let far = lattice(i, j + 1) + (lattice(i + 1, j + 1) - lattice(i, j + 1)) * u;
    near + (far - near) * v
}

fn lattice(i: i32, j: i32) -> f32 {
    let mut h = (i as u32).wrapping_mul(0x9E37_79B1) ^ (j as u32).wrapping_mul(0x85EB_CA6B);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297A_2D39);
    h ^= h >> 15;
    (h & 0xffff) as f32 / 65535.0
}
