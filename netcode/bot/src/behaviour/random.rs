//! A bot's own random numbers.

use super::{Area, Spot};
use otherworld_core::testing;

#[derive(Debug, Clone)]
pub struct Random(testing::Random);

impl Random {
    pub fn new(seed: u32) -> Random {
        Random(testing::Random(seed.into()))
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f32 {
        (self.0.bits() >> 40) as f32 / (1 << 24) as f32
    }

    pub fn between(&mut self, [least, most]: [f32; 2]) -> f32 {
        least + (most - least) * self.unit()
    }

    /// A place of an area, each as likely as any other.
    pub fn place(&mut self, area: &Area) -> Spot {
        match *area {
            Area::Disc { center, radius } => {
                let angle = self.unit() * std::f32::consts::TAU;
                let away = radius * self.unit().sqrt();
                [
                    center[0] + away * angle.cos(),
                    center[1] + away * angle.sin(),
                ]
            }
            Area::Rectangle { from, to } => [
                self.between([from[0], to[0]]),
                self.between([from[1], to[1]]),
            ],
        }
    }
}
