//! The capsule against the world: its deepest contact, and the way out.

use super::geometry::{Closest, Upright, upright_to_face};
use super::{HEIGHT, Mover, RADIUS, STAIR, WALKABLE};
use crate::vec3::{Vec3, vec3};
use crate::world::World;

/// Rounds of pushing out, deepest first.
const ROUNDS: u32 = 6;

/// Penetration that counts as none (unit: metres).
const TOUCH: f32 = 1e-5;

/// Penetration that is left standing after the last round (unit: metres).
const TOLERANCE: f32 = 5e-3;

/// A triangle inside the capsule.
#[derive(Clone, Copy)]
pub(super) struct Contact {
    pub depth: f32,
    /// Out of the triangle, of length one.
    pub normal: Vec3,
}

/// The deepest contact of the capsule at `position`. On the ground its lower end is raised by a stair.
pub(super) fn contact(
    world: &World,
    near: &[u32],
    position: Vec3,
    grounded: bool,
) -> Option<Contact> {
    let raised = if grounded { STAIR } else { 0.0 };
    let upright = Upright {
        bottom: position + vec3(0.0, raised + RADIUS, 0.0),
        top: position.y + HEIGHT - RADIUS,
    };
    let low = position + vec3(-RADIUS, raised, -RADIUS);
    let high = position + vec3(RADIUS, HEIGHT, RADIUS);
    let mut deepest: Option<(Closest, u32)> = None;
    let mut limit = RADIUS * RADIUS;
    for &id in near {
        let face = world.face(id);
        if face.low.x > high.x
            || face.high.x < low.x
            || face.low.z > high.z
            || face.high.z < low.z
            || face.low.y > high.y
            || face.high.y < low.y
        {
            continue;
        }
        if let Some(closest) = upright_to_face(upright, face, limit) {
            limit = closest.distance_squared;
            deepest = Some((closest, id));
        }
    }
    deepest.map(|(closest, id)| {
        let distance = closest.distance_squared.sqrt();
        if distance > TOUCH {
            Contact {
                depth: RADIUS - distance,
                normal: (closest.on_segment - closest.on_face) * (1.0 / distance),
            }
        } else {
            // The axis itself goes through the triangle: any side is as good as the other.
            Contact {
                depth: RADIUS,
                normal: world.face(id).normal,
            }
        }
    })
}

/// Pushes the mover out of the world, deepest contact first; false when it is wedged.
pub(super) fn push_out(mover: &mut Mover<'_>) -> bool {
    for round in 0..=ROUNDS {
        let Some(contact) = contact(mover.world, mover.near, mover.position, mover.grounded) else {
            return true;
        };
        if contact.depth < TOUCH {
            return true;
        }
        if round == ROUNDS {
            return contact.depth < TOLERANCE;
        }
        let out = sideways(contact, mover.grounded);
        mover.position += out.normal * out.depth;
        mover.clip(out.normal);
    }
    true
}

/// A slope that is too steep must not lift, and on the ground a ceiling must not press down: both push sideways.
fn sideways(contact: Contact, grounded: bool) -> Contact {
    let Contact { depth, normal } = contact;
    let across = normal.horizontal_length();
    let steep = normal.y < WALKABLE && (normal.y > 0.0 || grounded);
    if !steep || across <= 0.05 {
        return contact;
    }
    let depth = depth / across;
    Contact {
        depth: if depth > RADIUS { RADIUS } else { depth },
        normal: vec3(normal.x / across, 0.0, normal.z / across),
    }
}
