//! What is told of an entity, as the wire has it: whole numbers, compared and kept exactly by both ends.

use super::{BodyPose, PlayerPose};
use crate::pose::{PackedRotation, Tracked};
use crate::tick::EntityId;
use crate::vec3::{Vec3, vec3};
use crate::world::LIMIT;

/// Steps of a quantised place in a metre.
pub const STEPS_PER_METRE: f32 = 1024.0;

/// Bits of a quantised place along x and z; along y it is one less.
pub const SIDEWAYS_BITS: u32 = 20;
pub(super) const HEIGHT_BITS: u32 = 19;

/// Largest difference of a quantised place to the true one along an axis (unit: metres), rounding of `f32` included.
pub const PLACE_ERROR: f32 = 0.55e-3;

/// Largest angle between a body's quantised rotation and the true one (unit: radians).
pub const ROTATION_ERROR: f32 = 2.5e-3;

/// A drawn player's yaw is a multiple of 1/4096 of a turn.
pub(super) const YAW_BITS: u32 = 12;

/// Bits of each part of a body's rotation.
pub(super) const BODY_PART_BITS: u32 = 11;

/// A player as the wire says it. Who is nobody ([`EntityId::NONE`]) is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackedPlayer {
    /// Whose body.
    pub entity: EntityId,
    /// Steps from the world's lowest corner.
    pub place: [u32; 3],
    /// Of 4,096.
    pub yaw: u16,
    /// Whether they stand on something.
    pub grounded: bool,
    /// Head and hands, where they are known.
    pub tracked: Option<Tracked>,
}

/// A dynamic body as the wire says it. What is nothing ([`EntityId::NONE`]) is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackedBody {
    /// Which one.
    pub entity: EntityId,
    /// Steps from the world's lowest corner.
    pub place: [u32; 3],
    /// Parts of 11 bits.
    pub rotation: PackedRotation,
    /// Whether it lies still.
    pub asleep: bool,
}

impl PackedPlayer {
    /// To the nearest steps.
    #[must_use]
    pub fn pack(pose: &PlayerPose) -> PackedPlayer {
        let half = 1 << (15 - YAW_BITS);
        PackedPlayer {
            entity: pose.entity,
            place: pack_place(pose.position),
            yaw: pose.yaw.wrapping_add(half) >> (16 - YAW_BITS),
            grounded: pose.grounded,
            tracked: pose.tracked,
        }
    }

    /// What it stands for.
    #[must_use]
    pub fn unpack(&self) -> PlayerPose {
        PlayerPose {
            entity: self.entity,
            position: unpack_place(self.place),
            yaw: self.yaw << (16 - YAW_BITS),
            grounded: self.grounded,
            tracked: self.tracked,
        }
    }
}

impl PackedBody {
    /// To the nearest steps.
    #[must_use]
    pub fn pack(pose: &BodyPose) -> PackedBody {
        PackedBody {
            entity: pose.entity,
            place: pack_place(pose.position),
            rotation: PackedRotation::pack(pose.rotation, BODY_PART_BITS),
            asleep: pose.asleep,
        }
    }

    /// What it stands for.
    #[must_use]
    pub fn unpack(&self) -> BodyPose {
        BodyPose {
            entity: self.entity,
            position: unpack_place(self.place),
            rotation: self.rotation.unpack(BODY_PART_BITS),
            asleep: self.asleep,
        }
    }
}

fn pack_place(place: Vec3) -> [u32; 3] {
    [
        quantise(place.x, LIMIT.x, SIDEWAYS_BITS),
        quantise(place.y, LIMIT.y, HEIGHT_BITS),
        quantise(place.z, LIMIT.z, SIDEWAYS_BITS),
    ]
}

fn unpack_place([x, y, z]: [u32; 3]) -> Vec3 {
    let axis = |steps: u32, limit: f32| steps as f32 / STEPS_PER_METRE - limit;
    vec3(axis(x, LIMIT.x), axis(y, LIMIT.y), axis(z, LIMIT.z))
}

/// The nearest step, the last one for what lies outside; casting takes NaN to 0.
pub(super) fn quantise(value: f32, limit: f32, width: u32) -> u32 {
    let steps = ((value + limit) * STEPS_PER_METRE + 0.5) as u32;
    steps.min((1 << width) - 1)
}
