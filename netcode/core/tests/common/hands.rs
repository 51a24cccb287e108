//! Heads and hands of people who gesture: the motion corpus of the load test (`loadtest/motion`), each person at a place
//! of their own in one of its clips.
#![allow(dead_code)]

use super::walker::random;
use otherworld_core::pose::{Point, Tracked};
use otherworld_core::vec3::vec3;

const CLIPS: [&str; 8] = [
    "talk", "wave", "point", "dance", "throw", "look", "idle", "cheer",
];

/// All clips, packed.
pub struct Motion {
    clips: Vec<Vec<Tracked>>,
}

/// One person's head and hands.
#[derive(Clone, Copy)]
pub struct Hands {
    clip: usize,
    frame: usize,
}

impl Motion {
    pub fn read() -> Motion {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../loadtest/motion/clips");
        let clip = |name: &str| {
            let text = std::fs::read_to_string(format!("{folder}/{name}.csv")).unwrap();
            text.lines().skip(1).map(frame).collect()
        };
        Motion {
            clips: CLIPS.into_iter().map(clip).collect(),
        }
    }

    /// A tick later, which is a frame.
    pub fn step(&self, hands: &mut Hands) -> Tracked {
        let clip = &self.clips[hands.clip];
        hands.frame = (hands.frame + 1) % clip.len();
        clip[hands.frame]
    }
}

impl Hands {
    pub fn new(seed: u32) -> Hands {
        let mut seed = seed.wrapping_mul(2_654_435_761) | 1;
        random(&mut seed);
        Hands {
            clip: random(&mut seed) as usize % CLIPS.len(),
            frame: random(&mut seed) as usize % 420,
        }
    }
}

fn frame(line: &str) -> Tracked {
    let number = |text: &str| text.parse::<i32>().unwrap() as f32 / 1000.0;
    let numbers: Vec<f32> = line.split(',').map(number).collect();
    Tracked::from_points(core::array::from_fn(|k| {
        let [x, y, z, qx, qy, qz] = numbers[6 * k..6 * k + 6].try_into().unwrap();
        let w = (1.0 - qx * qx - qy * qy - qz * qz).max(0.0).sqrt();
        let point = Point {
            position: vec3(x, y, z),
            rotation: [qx, qy, qz, w],
        };
        point.pack()
    }))
}
