//! A bot's legs: from a wish to go somewhere to an input. When something is in the way that it cannot see, it jumps and
//! sidesteps, and after a while gives up.

use super::crowd::Sight;
use super::{Area, Spot};
use otherworld_core::Vec3;
use otherworld_core::input::{Buttons, Input};
use otherworld_core::step::{RUN_SPEED, State, WALK_SPEED, heading};
use std::f32::consts::TAU;

/// Near enough to a place (unit: metres).
const ARRIVED: f32 = 0.35;
/// Near enough when somebody stands there.
const ARRIVED_BESIDE: f32 = 1.3;
/// 65,536 to a full turn; 450 degrees a second at 30 Hz.
const TURN_PER_TICK: i16 = 2731;
/// Ticks without coming nearer after which something must be in the way; one second.
const PATIENCE: u32 = 30;
/// Ticks of a sidestep.
const SIDESTEP: u32 = 15;
/// Sidesteps to one side before the other is tried, and before all is given up.
const SAME_SIDE: u32 = 4;
const ENOUGH: u32 = 9;

/// What became of going somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Not there yet.
    On,
    /// There.
    Arrived,
    /// There is no way, or none that is known.
    GivenUp,
}

/// Where to go, and how.
#[derive(Debug, Clone, Copy)]
pub struct Course<'a> {
    /// The place.
    pub to: Spot,
    /// Unit: metres a second.
    pub speed: f32,
    /// Where to stay meanwhile.
    pub area: Option<&'a Area>,
}

/// Where a bot looks and how it gets on.
#[derive(Debug, Clone)]
pub struct Legs {
    yaw: u16,
    wish: Vec3,
    jumps: bool,
    nearest: f32,
    waited: u32,
    evading: u32,
    evasions: u32,
}

impl Default for Legs {
    fn default() -> Legs {
        Legs {
            yaw: 0,
            wish: Vec3::ZERO,
            jumps: false,
            nearest: f32::MAX,
            waited: 0,
            evading: 0,
            evasions: 0,
        }
    }
}

impl Legs {
    /// Another place to go begins with fresh patience.
    pub fn set_out(&mut self) {
        (self.nearest, self.waited, self.evading, self.evasions) = (f32::MAX, 0, 0, 0);
    }

    /// Goes on towards a place.
    pub fn go(&mut self, own: &State, sight: &Sight, course: &Course<'_>) -> Way {
        let away = flat(course.to) - own.position;
        let distance = away.horizontal_length();
        let there = Vec3 {
            y: own.position.y,
            ..flat(course.to)
        };
        if distance < ARRIVED || (distance < ARRIVED_BESIDE && sight.is_taken(there)) {
            return Way::Arrived;
        }
        let wanted = level(away) * (course.speed / distance);
        let chosen = sight.choose(
            own.position,
            own.velocity,
            wanted,
            distance / course.speed,
            course.area,
        );
        // Waiting for others to pass is no obstacle.
        let is_free = chosen.horizontal_length() > 0.4 * course.speed;
        if self.is_stuck(distance, is_free) {
            return Way::GivenUp;
        }
        self.wish = chosen;
        self.turn_towards(wanted);
        if self.evading > 0 {
            self.evading -= 1;
            self.sidestep(wanted);
        }
        Way::On
    }

    /// Goes in a direction, whatever is there.
    pub fn press(&mut self, velocity: Vec3, look: Vec3) {
        self.wish = velocity;
        self.turn_towards(look);
    }

    /// Turns to a place; whether it looks there.
    pub fn face(&mut self, own: &State, at: Spot) -> bool {
        let away = flat(at) - own.position;
        away.horizontal_length() < 0.1 || self.turn_towards(away) == 0
    }

    /// Jumps with the next input.
    pub fn jump(&mut self) {
        self.jumps = true;
    }

    /// The input for what was wished since the last one.
    pub fn input(&mut self) -> Input {
        let heading = heading(self.yaw);
        let wish = std::mem::replace(&mut self.wish, Vec3::ZERO);
        let jumps = std::mem::take(&mut self.jumps);
        let runs = wish.horizontal_length() > WALK_SPEED * 1.001;
        let full = if runs { RUN_SPEED } else { WALK_SPEED };
        let part = |value: f32| (value / full * 127.0).round().clamp(-127.0, 127.0) as i8;
        let mut buttons = Buttons::default();
        if runs {
            buttons = buttons.with(Buttons::RUN);
        }
        if jumps {
            buttons = buttons.with(Buttons::JUMP);
        }
        Input {
            right: part(wish.dot(heading.right)),
            forward: part(wish.dot(heading.forward)),
            yaw: self.yaw,
            buttons,
        }
    }

    fn sidestep(&mut self, wanted: Vec3) {
        let right = if ((self.evasions - 1) / SAME_SIDE).is_multiple_of(2) {
            1.0
        } else {
            -1.0
        };
        self.wish = wanted
            + Vec3 {
                x: -wanted.z * right,
                y: 0.0,
                z: wanted.x * right,
            };
        self.jumps = true;
    }

    fn is_stuck(&mut self, distance: f32, is_free: bool) -> bool {
        if distance < self.nearest - 0.05 {
            (self.nearest, self.waited) = (distance, 0);
            return false;
        }
        self.waited += u32::from(is_free);
        if self.waited >= PATIENCE {
            (self.nearest, self.waited, self.evading) = (distance, 0, SIDESTEP);
            self.evasions += 1;
        }
        self.evasions >= ENOUGH
    }

    /// Turns as fast as a person would; returns what is still missing.
    fn turn_towards(&mut self, away: Vec3) -> i16 {
        // Yaw 0 looks along -z and grows to the left.
        let turns = (-away.x).atan2(-away.z) / TAU;
        let wanted = ((turns * 65536.0) as i32) as u16;
        let missing = wanted.wrapping_sub(self.yaw).cast_signed();
        let turn = missing.clamp(-TURN_PER_TICK, TURN_PER_TICK);
        self.yaw = self.yaw.wrapping_add_signed(turn);
        wanted.wrapping_sub(self.yaw).cast_signed()
    }
}

/// A place on the ground as a point.
pub fn flat([x, z]: Spot) -> Vec3 {
    Vec3 { x, y: 0.0, z }
}

/// Without the height.
pub fn level(v: Vec3) -> Vec3 {
    Vec3 { y: 0.0, ..v }
}
