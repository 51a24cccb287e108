//! A ball that is kicked, bounces, rolls out and lies still for a while: enough of a body to measure snapshots with.
#![allow(dead_code)]

use super::walker::{random, random_unit};
use otherworld_core::snapshot::BodyPose;
use otherworld_core::vec3::vec3;
use otherworld_core::{EntityId, Vec3};

const TICK_S: f32 = 1.0 / 30.0;
const RADIUS: f32 = 0.25;
/// Of rolling (unit: metres a second squared).
const FRICTION: f32 = 0.7;

pub struct Ball {
    pub pose: BodyPose,
    seed: u32,
    velocity: Vec3,
    area: f32,
    rests: u32,
    is_kicked: bool,
}

impl Ball {
    /// One that is never kicked lies still for ever.
    pub fn new(index: u32, area: f32, is_kicked: bool) -> Ball {
        let mut seed = (index + 1).wrapping_mul(2_654_435_761) | 1;
        random(&mut seed);
        let mut place = || (random_unit(&mut seed) - 0.5) * area;
        let position = vec3(place(), RADIUS, place());
        Ball {
            pose: BodyPose {
                entity: EntityId::of_body(index),
                position,
                rotation: [0.0, 0.6, 0.0, 0.8],
                asleep: true,
            },
            rests: random(&mut seed) % 60,
            seed,
            velocity: Vec3::ZERO,
            area,
            is_kicked,
        }
    }

    pub fn step(&mut self) {
        if !self.is_kicked {
            return;
        }
        if self.pose.asleep {
            self.rests = self.rests.saturating_sub(1);
            if self.rests == 0 {
                let mut speed = || 8.0 * (random_unit(&mut self.seed) - 0.5);
                self.velocity = vec3(speed(), 3.0, speed());
                self.pose.asleep = false;
            }
            return;
        }
        self.fly();
        self.roll();
    }

    fn fly(&mut self) {
        let (place, speed) = (&mut self.pose.position, &mut self.velocity);
        speed.y -= 9.81 * TICK_S;
        *place += *speed * TICK_S;
        if place.y < RADIUS {
            place.y = RADIUS;
            speed.y = if speed.y < -1.0 { -0.5 * speed.y } else { 0.0 };
        }
        let half = self.area * 0.5;
        for (place, speed) in [(&mut place.x, &mut speed.x), (&mut place.z, &mut speed.z)] {
            if place.abs() > half {
                *place = place.clamp(-half, half);
                *speed = -*speed;
            }
        }
    }

    fn roll(&mut self) {
        let speed = (self.velocity.x * self.velocity.x + self.velocity.z * self.velocity.z).sqrt();
        if speed < 0.05 && self.velocity.y == 0.0 {
            self.pose.asleep = true;
            self.velocity = Vec3::ZERO;
            self.rests = 30 + random(&mut self.seed) % 60;
            return;
        }
        if self.velocity.y == 0.0 {
            let slower = ((speed - FRICTION * TICK_S) / speed).max(0.0);
            (self.velocity.x, self.velocity.z) =
                (self.velocity.x * slower, self.velocity.z * slower);
        }
        let half = 0.5 * TICK_S / RADIUS;
        let (wx, wz) = (self.velocity.z * half, -self.velocity.x * half);
        let [x, y, z, w] = self.pose.rotation;
        let turned = [
            x + wx * w - wz * y,
            y + wz * x - wx * z,
            z + wz * w + wx * y,
            w - wx * x - wz * z,
        ];
        let length = turned.iter().map(|part| part * part).sum::<f32>().sqrt();
        self.pose.rotation = turned.map(|part| part / length);
    }
}
