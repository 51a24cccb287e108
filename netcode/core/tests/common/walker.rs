//! A player who walks at random, the same on every machine: for the tests here, the benchmark and the WASM check.
#![allow(dead_code)]

use otherworld_core::input::{Buttons, Input};
use otherworld_core::step::State;
use otherworld_core::vec3::vec3;

/// xorshift32, the same everywhere.
pub fn random(seed: &mut u32) -> u32 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    *seed
}

pub fn random_unit(seed: &mut u32) -> f32 {
    (random(seed) & 0xffff) as f32 / 65535.0
}

/// An input that moves along the world's axes.
pub fn along(x: i8, z: i8) -> Input {
    Input {
        right: x,
        forward: -z,
        ..Input::default()
    }
}

/// Somebody who changes their mind every second or so, turns, runs and jumps, and turns back at the edge of the area.
#[derive(Clone)]
pub struct Walker {
    pub state: State,
    pub seed: u32,
    area: f32,
    input: Input,
    left: u32,
}

impl Walker {
    pub fn new(seed: u32, area: f32) -> Walker {
        let mut seed = seed.wrapping_mul(2_654_435_761) | 1;
        for _ in 0..4 {
            random(&mut seed);
        }
        let x = (random_unit(&mut seed) - 0.5) * area;
        let z = (random_unit(&mut seed) - 0.5) * area;
        Walker {
            state: State::at(vec3(x, 3.0, z)),
            seed,
            area,
            input: Input::default(),
            left: 0,
        }
    }

    pub fn input(&mut self) -> Input {
        if self.left == 0 {
            self.choose();
        }
        self.left -= 1;
        let jumps = random(&mut self.seed).is_multiple_of(60);
        let mut input = self.input;
        if jumps {
            input.buttons = input.buttons.with(Buttons::JUMP);
        }
        input
    }

    fn choose(&mut self) {
        let seed = &mut self.seed;
        self.left = 10 + random(seed) % 60;
        let mut speed = || ((random(seed) % 255) as i32 - 127) as i8;
        (self.input.right, self.input.forward) = (speed(), speed());
        self.input.yaw = random(seed) as u16;
        self.input.buttons = if random(seed).is_multiple_of(4) {
            Buttons::RUN
        } else {
            Buttons::default()
        };
        let (place, half) = (self.state.position, self.area * 0.5);
        let outside = place.x > half || place.x < -half || place.z > half || place.z < -half;
        if outside {
            let back = |place: f32| if place > 0.0 { -90 } else { 90 };
            self.input = along(back(place.x), back(place.z));
        }
    }
}
