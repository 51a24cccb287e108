//! A bot's own random numbers: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).

use super::{Area, Spot};

#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u32) -> Random {
        Random(u64::from(seed))
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1 << 24) as f32
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
