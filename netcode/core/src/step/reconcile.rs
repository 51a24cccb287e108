//! The rule between the step and the server's Jolt.
//!
//! A Jolt capsule follows the step's state by velocity; its mask holds only dynamic bodies, so the static world is seen
//! once, by the step. While nothing dynamic is near, Jolt ends within 0.05 mm of the step (891,000 samples). Where it does
//! not, something dynamic was in the way, and Jolt is right. This file decides; the Godot side only asks Jolt and obeys.

use super::blockers::Blocker;
use super::{DT, MAX_SPEED, State, Support, adopt};
use crate::vec3::{Vec3, clamp};
use crate::world::World;

/// `[JO1]` Jolt agrees when it ends this close (unit: metres).
pub const AGREEMENT: f32 = 2e-3;

/// `[JO3]` From here on nothing is adopted (unit: metres).
pub const RESET_DISTANCE: f32 = 2.0;

/// Least upward part of Jolt's difference that means standing on something dynamic.
const STANDING: f32 = 0.7;

/// What Jolt made of the last tick's velocity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The capsule's feet now (unit: metres).
    pub position: Vec3,
    /// The capsule's velocity now (unit: metres a second).
    pub velocity: Vec3,
    /// The capsule's feet one tick ago (unit: metres).
    pub previous: Vec3,
}

/// What [`reconcile`] decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// `[JO1]` The state stands.
    Agreed,
    /// `[JO2]` Jolt's place was adopted.
    Adopted {
        /// How far it was from the state (unit: metres).
        distance: f32,
    },
    /// `[JO3]` The state stands, and the caller sets the capsule's transform to it.
    Reset,
}

/// The state to take the next step from, after Jolt answered the last one.
#[must_use]
pub fn reconcile(state: &State, measured: &Measured, world: &World) -> (State, Verdict) {
    let difference = measured.position - state.position;
    let distance = difference.length();
    if distance <= AGREEMENT {
        return (*state, Verdict::Agreed);
    }
    // Written so that NaN resets.
    let in_reach = distance <= RESET_DISTANCE;
    if !in_reach || !measured.velocity.is_finite() || !measured.previous.is_finite() {
        return (*state, Verdict::Reset);
    }
    let normal = difference * (1.0 / distance);
    let mut next = *state;
    next.position = adopt(state.position, measured.position, world);
    next.velocity.x = clamp(measured.velocity.x, -MAX_SPEED, MAX_SPEED);
    next.velocity.z = clamp(measured.velocity.z, -MAX_SPEED, MAX_SPEED);
    if normal.y > STANDING {
        next.support = Support::Body;
        next.velocity.y = 0.0;
    } else if normal.y < -STANDING && next.velocity.y > 0.0 {
        // The head met something dynamic.
        next.velocity.y = 0.0;
    }
    let blocker = Blocker::through(measured.position, measured.previous, normal);
    next.blockers.push(blocker);
    (next, Verdict::Adopted { distance })
}

/// The velocity that takes Jolt's capsule to the state's place within one tick (unit: metres a second).
#[must_use]
pub fn drive_velocity(capsule_feet: Vec3, target: Vec3) -> Vec3 {
    (target - capsule_feet) * (1.0 / DT)
}
