//! Taking over a position that was found elsewhere, without ever teleporting into a wall.

use super::capsule::{contact, push_out};
use super::{HEIGHT, Mover, RADIUS, RESET_DISTANCE};
use crate::vec3::{Vec3, vec3};
use crate::world::World;

/// Longest way between two looks at the world (unit: metres).
const SUB_STEP: f32 = 0.1;

/// The valid position that is reached on the way from `from` towards `to`, in small steps against the static world.
///
/// `from` itself is the answer when `to` is [`RESET_DISTANCE`] away or more (or no place at all).
#[must_use]
pub fn adopt(from: Vec3, to: Vec3, world: &World) -> Vec3 {
    let way = to - from;
    let length = way.length();
    // Written so that NaN is too far.
    let in_reach = length < RESET_DISTANCE;
    if !in_reach {
        return from;
    }
    let side = RADIUS + 0.3;
    let candidates = world.near(
        from.min(to) - vec3(side, side, side),
        from.max(to) + vec3(side, HEIGHT + side, side),
    );
    let Some(near) = candidates.ids() else {
        return from;
    };
    let mut count = 1;
    while length > SUB_STEP * count as f32 {
        count += 1;
    }
    let part = way * (1.0 / count as f32);
    let mut mover = Mover {
        world,
        near,
        position: from,
        velocity: Vec3::ZERO,
        grounded: false,
    };
    let depth_at = |position| contact(world, near, position, false).map_or(0.0, |c| c.depth);
    for _ in 0..count {
        let before = mover.position;
        mover.position += part;
        push_out(&mut mover);
        let depth = depth_at(mover.position);
        if depth > 5e-3 && depth > depth_at(before) {
            return before;
        }
    }
    mover.position
}
