//! The ground underfoot: a sphere, a little thinner than the capsule, sinks from a stair's height above the feet, and where
//! it comes to rest the feet are. It climbs a stair, keeps to a slope downhill and slides off what is too steep.

use super::capsule::push_out;
use super::geometry::{closest_on_face, sink_to_face};
use super::{Mover, SNAP, STAIR, WALKABLE};
use crate::vec3::{Vec3, max, min, vec3};
use crate::world::Face;

/// Thinner than the capsule, so that a wall that is touched is never ground (unit: metres).
const FOOT_RADIUS: f32 = 0.28;

/// How far below its feet a character in the air finds ground (unit: metres).
const LANDING: f32 = 0.03;

/// How far from a face that it slid off the foot ends, so that rounding does not put it back (unit: metres).
const CLEARANCE: f32 = 1e-4;

const PASSES: u32 = 3;

/// Where the foot came to rest.
struct Foothold {
    sink: f32,
    face: u32,
    walkable: bool,
}

/// Puts the mover on the ground, off a steep slope, or in the air; false when it is wedged.
pub(super) fn settle(mover: &mut Mover<'_>) -> bool {
    let mut free = true;
    for pass in 0..PASSES {
        let rising = mover.velocity.y > 0.0 && !mover.grounded;
        let Some(foothold) = (if rising { None } else { find(mover) }) else {
            mover.grounded = false;
            break;
        };
        let lift = STAIR - foothold.sink;
        let last_resort = pass == PASSES - 1 && lift > 1e-3;
        if foothold.walkable || last_resort {
            stand(mover, lift);
            break;
        }
        if lift <= 1e-4 {
            // Only a steep face below the feet: fall.
            mover.grounded = false;
            break;
        }
        match slide_off(mover, foothold.face) {
            Slide::Clear => {
                mover.grounded = false;
                break;
            }
            Slide::Above => {}
            Slide::Moved => free &= push_out(mover),
        }
    }
    free
}

fn stand(mover: &mut Mover<'_>, lift: f32) {
    if lift > -LANDING || mover.grounded {
        mover.position.y += lift;
        mover.velocity.y = 0.0;
        mover.grounded = true;
    }
}

enum Slide {
    /// The foot does not touch the face at all.
    Clear,
    /// The foot is right above it: there is no side to slide to.
    Above,
    /// It was pushed off sideways.
    Moved,
}

fn slide_off(mover: &mut Mover<'_>, face: u32) -> Slide {
    let foot = mover.position + vec3(0.0, FOOT_RADIUS, 0.0);
    let away = foot - closest_on_face(foot, mover.world.face(face));
    let distance = away.length();
    let across = away.horizontal_length();
    if distance >= FOOT_RADIUS {
        return Slide::Clear;
    }
    if across < 0.02 {
        return Slide::Above;
    }
    let way = min(
        (FOOT_RADIUS - distance) * distance / across + CLEARANCE,
        0.15,
    );
    mover.position += vec3(away.x / across * way, 0.0, away.z / across * way);
    if mover.clip(away * (1.0 / distance)) && mover.grounded && mover.velocity.y > 0.0 {
        mover.velocity.y = 0.0;
    }
    Slide::Moved
}

/// The highest foothold; of two at the same height, one that is walkable: the edge of a stair counts as its tread.
fn find(mover: &Mover<'_>) -> Option<Foothold> {
    let position = mover.position;
    let centre = position + vec3(0.0, STAIR + FOOT_RADIUS, 0.0);
    let reach = vec3(FOOT_RADIUS, 0.0, FOOT_RADIUS);
    let (low, high) = (position - reach, position + reach);
    let mut nearest = STAIR + if mover.grounded { SNAP } else { LANDING };
    let mut best: Option<Foothold> = None;
    for &id in mover.near {
        let face = mover.world.face(id);
        if face.low.x > high.x
            || face.high.x < low.x
            || face.low.z > high.z
            || face.high.z < low.z
            || face.low.y > centre.y
            || face.high.y < position.y + STAIR - nearest
        {
            continue;
        }
        let Some(sink) = sink_to_face(centre, FOOT_RADIUS, face, nearest + 1e-4) else {
            continue;
        };
        let walkable = is_walkable(face.normal) && is_in_reach(position, centre, sink, face);
        let better = best
            .as_ref()
            .is_none_or(|best| sink < nearest - 1e-4 || (walkable && !best.walkable));
        if better {
            nearest = min(sink, nearest);
            best = Some(Foothold {
                sink,
                face: id,
                walkable,
            });
        }
    }
    best
}

/// Whether the foot touches the face no higher than a stair: the round foot alone would roll up a ledge of half a metre.
fn is_in_reach(position: Vec3, centre: Vec3, sink: f32, face: &Face) -> bool {
    let foot = vec3(centre.x, centre.y - sink, centre.z);
    closest_on_face(foot, face).y <= position.y + STAIR
}

fn is_walkable(normal: Vec3) -> bool {
    max(normal.y, -normal.y) >= WALKABLE
}
