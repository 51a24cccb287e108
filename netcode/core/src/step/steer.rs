//! From an input to the velocity a character wants, before the world has a say.

use super::{DT, MAX_SPEED, State};
use crate::input::{Buttons, Input};
use crate::vec3::{Vec3, clamp, vec3};

/// Full speed (unit: metres a second).
pub const WALK_SPEED: f32 = 4.5;

/// Full speed with [`Buttons::RUN`] (unit: metres a second).
pub const RUN_SPEED: f32 = 6.75;

const GRAVITY: f32 = 9.81;
const JUMP_SPEED: f32 = 4.4;
const GROUND_ACCELERATION: f32 = 40.0;
const AIR_ACCELERATION: f32 = 10.0;

/// The directions that a yaw turns the player's frame to, both in the ground plane and of length one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heading {
    /// Where the player looks.
    pub forward: Vec3,
    /// To the right of it.
    pub right: Vec3,
}

/// The heading of a yaw as it lies in an [`Input`].
#[must_use]
pub fn heading(yaw: u16) -> Heading {
    let (sine, cosine) = sine_cosine(yaw);
    Heading {
        forward: vec3(-sine, 0.0, -cosine),
        right: vec3(cosine, 0.0, -sine),
    }
}

/// The standard library's sine differs between native and WASM, so a quarter turn is a polynomial and the rest is signs.
fn sine_cosine(yaw: u16) -> (f32, f32) {
    let part = f32::from(yaw & 0x3fff) / 16384.0;
    let (up, down) = (quarter_sine(part), quarter_sine(1.0 - part));
    match yaw >> 14 {
        0 => (up, down),
        1 => (down, -up),
        2 => (-up, -down),
        _ => (-down, up),
    }
}

/// sin(part · π/2) for 0 ≤ part ≤ 1: Taylor's series to the 11th power, off by less than 2e-7.
fn quarter_sine(part: f32) -> f32 {
    let square = part * part;
    let tail = 1.604_411_8e-4 - 3.598_843_3e-6 * square;
    let tail = -4.681_754e-3 + tail * square;
    let tail = 7.969_262e-2 + tail * square;
    let tail = -6.459_641e-1 + tail * square;
    part * (core::f32::consts::FRAC_PI_2 + tail * square)
}

/// The velocity of this tick, and whether it is that of a jump.
pub(super) fn steer(state: &State, input: Input) -> (Vec3, bool) {
    let wish = wish(input);
    let grounded = state.grounded();
    let gain = if grounded {
        GROUND_ACCELERATION * DT
    } else {
        AIR_ACCELERATION * DT
    };
    let missing = vec3(wish.x - state.velocity.x, 0.0, wish.z - state.velocity.z);
    let distance = missing.horizontal_length();
    let share = if distance <= gain {
        1.0
    } else {
        gain / distance
    };
    let mut velocity = state.velocity + missing * share;
    let jumped = grounded && input.buttons.has(Buttons::JUMP);
    if grounded {
        velocity.y = if jumped { JUMP_SPEED } else { 0.0 };
    }
    if !grounded || jumped {
        velocity.y -= GRAVITY * DT;
    }
    let limit = |speed| clamp(speed, -MAX_SPEED, MAX_SPEED);
    let velocity = vec3(limit(velocity.x), limit(velocity.y), limit(velocity.z));
    (velocity, jumped)
}

/// The velocity that the player would like to have over the ground.
fn wish(input: Input) -> Vec3 {
    let (mut right, mut forward) = (
        f32::from(input.right) / 127.0,
        f32::from(input.forward) / 127.0,
    );
    let square = right * right + forward * forward;
    if square > 1.0 {
        let length = square.sqrt();
        right /= length;
        forward /= length;
    }
    let speed = if input.buttons.has(Buttons::RUN) {
        RUN_SPEED
    } else {
        WALK_SPEED
    };
    let heading = heading(input.yaw);
    (heading.right * right + heading.forward * forward) * speed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn st2_headings_are_those_of_godots_rotation_y() {
        for yaw in 0..=u16::MAX {
            let angle = f64::from(yaw) / 65536.0 * std::f64::consts::TAU;
            let heading = heading(yaw);
            let expected = [-angle.sin(), -angle.cos(), angle.cos(), -angle.sin()];
            let got = [
                heading.forward.x,
                heading.forward.z,
                heading.right.x,
                heading.right.z,
            ];
            for (got, expected) in got.into_iter().zip(expected) {
                assert!((f64::from(got) - expected).abs() < 3e-7, "yaw {yaw}");
            }
        }
    }

    #[test]
    fn st2_no_direction_is_faster_than_straight_ahead() {
        for (right, forward) in [(127, 127), (-128, -128), (90, -90), (0, -128)] {
            for buttons in [Buttons::default(), Buttons::RUN] {
                let wish = wish(Input {
                    right,
                    forward,
                    yaw: 12_345,
                    buttons,
                });
                let full = if buttons == Buttons::RUN {
                    RUN_SPEED
                } else {
                    WALK_SPEED
                };
                assert!(wish.length() <= full * 1.000_001);
            }
        }
    }
}
