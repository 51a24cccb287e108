//! Pushing a body somewhere: round it to the far side, against it as long as it goes the right way, round it again when it
//! does not, and a step back at the end.

use super::Spot;
use super::crowd::Sight;
use super::legs::{Course, Legs, Way, flat, level};
use otherworld_core::step::State;
use otherworld_core::{EntityId, Vec3};

/// From the middle of the body to where the push begins (unit: metres).
const RUN_UP: f32 = 1.3;
/// This far beside the line of the push it is begun anew.
const BESIDE: f32 = 0.45;
/// The body is there.
const THERE: f32 = 0.5;
/// Ticks of the step back.
const STEP_BACK: u32 = 20;

/// How far a push has come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Behind,
    Against,
    Back { ticks: u32 },
}

/// A push.
#[derive(Debug, Clone)]
pub struct Push {
    entity: EntityId,
    /// Where the scene has it at first; it may be too far away to be seen.
    home: Vec3,
    to: Spot,
    speed: f32,
    stage: Stage,
}

impl Push {
    /// Begins.
    pub fn new(entity: EntityId, home: Vec3, to: Spot, speed: f32) -> Push {
        Push {
            entity,
            home,
            to,
            speed,
            stage: Stage::Behind,
        }
    }

    /// Which body.
    pub fn entity(&self) -> EntityId {
        self.entity
    }

    /// Enough of it: only the step back is left.
    pub fn stop(&mut self) {
        if !matches!(self.stage, Stage::Back { .. }) {
            self.stage = Stage::Back { ticks: STEP_BACK };
        }
    }

    /// Goes on; `body` is where it is now, when it is seen. Returns whether it is over.
    pub fn go(&mut self, own: &State, sight: &Sight, body: Option<Vec3>, legs: &mut Legs) -> bool {
        let at = level(body.unwrap_or(self.home));
        let rest = flat(self.to) - at;
        if rest.horizontal_length() < THERE {
            self.stop();
        }
        let line = rest * (1.0 / rest.horizontal_length().max(1e-3));
        let from_body = level(own.position) - at;
        match &mut self.stage {
            Stage::Behind => {
                if self.line_up(own, sight, at, line, legs) == Way::Arrived && body.is_some() {
                    self.stage = Stage::Against;
                    legs.set_out();
                }
            }
            Stage::Against => {
                let side = from_body - line * from_body.dot(line);
                if from_body.dot(line) > 0.0 || side.horizontal_length() > BESIDE {
                    self.stage = Stage::Behind;
                    legs.set_out();
                }
                // Back onto the line while going along it.
                let way = line - side * 2.0;
                let pace = self.speed / way.horizontal_length();
                legs.press(way * pace, line);
            }
            Stage::Back { ticks: 0 } => return true,
            Stage::Back { ticks } => {
                *ticks -= 1;
                let away = from_body * (1.0 / from_body.horizontal_length().max(0.1));
                legs.press(away * 1.2, away * -1.0);
            }
        }
        false
    }

    /// To the far side of the body, and round it where it is in the way.
    fn line_up(&self, own: &State, sight: &Sight, at: Vec3, line: Vec3, legs: &mut Legs) -> Way {
        let from_body = level(own.position) - at;
        let behind = at - line * RUN_UP;
        let is_before = from_body.dot(line) > -0.2 * from_body.horizontal_length();
        let across = Vec3 {
            x: -line.z,
            y: 0.0,
            z: line.x,
        };
        let side = if from_body.dot(across) < 0.0 {
            -1.0
        } else {
            1.0
        };
        let to = if is_before && from_body.horizontal_length() < 3.0 {
            at + across * (side * RUN_UP) - line * (0.6 * RUN_UP)
        } else {
            behind
        };
        let to_place = [to.x, to.z];
        let way = legs.go(
            own,
            sight,
            &Course {
                to: to_place,
                speed: self.speed.max(2.0),
                area: None,
            },
        );
        match way {
            Way::Arrived if to == behind => Way::Arrived,
            Way::On => Way::On,
            Way::Arrived | Way::GivenUp => {
                legs.set_out();
                Way::On
            }
        }
    }
}
