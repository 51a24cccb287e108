//! The bodies that move, each in a slot that may be empty.
//!
//! A body that fell out of the world goes, and after a while the scene's body that it was a copy of comes again where the
//! scene has it, as a new entity. Slots are made at the start, so that only coming and going costs anything.

use godot::prelude::Transform3D;
use otherworld_core::EntityId;
use otherworld_core::snapshot::BodyPose;

use crate::jolt::{Jolt, Moving};

/// So long a body stays away that fell out of the world (unit: ticks).
const AWAY: u32 = 60;

/// Slots beyond one for each of the scene's bodies.
const SPARE: usize = 16;

/// A body that moves.
pub struct Body {
    /// Which of the scene's moving bodies it is a copy of.
    pub of: usize,
    /// As the newest capture found it.
    pub pose: BodyPose,
    /// What others are shown: the pose, unless that is frozen.
    pub shown: BodyPose,
    moving: Moving,
}

/// All slots.
pub struct Bodies {
    slots: Vec<Option<Body>>,
    /// Which bodies of the scene come again, and when (unit: ticks from now).
    away: Vec<(usize, u32)>,
    frozen: bool,
}

impl Bodies {
    /// The scene's bodies where it has them, the n-th in the n-th slot.
    pub fn new(jolt: &mut Jolt) -> Self {
        let count = jolt.kind_count();
        let mut bodies = Self {
            slots: (0..count + SPARE).map(|_| None).collect(),
            away: Vec::with_capacity(count + SPARE),
            frozen: false,
        };
        for of in 0..count {
            let home = jolt.home(of);
            bodies.spawn(of, home, EntityId::of_body(of as u32), jolt);
        }
        bodies
    }

    /// Shows everybody the bodies as they are now, for ever: the negative control of tests (`OTHERWORLD_BREAK`).
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Takes in what Jolt made of the last tick; a body below the abyss (unit: metres) goes.
    pub fn capture(&mut self, abyss: f32, jolt: &mut Jolt) {
        for slot in 0..self.slots.len() {
            let Some(body) = &mut self.slots[slot] else {
                continue;
            };
            body.pose = body.moving.pose(body.pose.entity);
            if !self.frozen {
                body.shown = body.pose;
            }
            let height = body.pose.position.y;
            if height < abyss || height.is_nan() {
                let (entity, of) = (body.pose.entity, body.of);
                self.despawn(entity, jolt);
                self.away.push((of, AWAY));
            }
        }
    }

    /// Brings those again whose time has come. Those for whom there is no slot wait for one.
    pub fn bring_back(&mut self, jolt: &mut Jolt, mut new_entity: impl FnMut() -> EntityId) {
        let mut index = 0;
        while let Some((of, ticks)) = self.away.get_mut(index) {
            let of = *of;
            *ticks = ticks.saturating_sub(1);
            if *ticks > 0 || self.free_slot().is_none() {
                index += 1;
                continue;
            }
            self.away.swap_remove(index);
            let home = jolt.home(of);
            self.spawn(of, home, new_entity(), jolt);
        }
    }

    /// Brings a copy of the scene's n-th body into a free slot, at rest. False when there is none.
    pub fn spawn(&mut self, of: usize, at: Transform3D, entity: EntityId, jolt: &mut Jolt) -> bool {
        let Some(slot) = self.free_slot() else {
            return false;
        };
        let moving = jolt.add_body(of, at);
        let pose = moving.pose(entity);
        self.slots[slot] = Some(Body {
            of,
            pose,
            shown: pose,
            moving,
        });
        true
    }

    /// Takes a body out of the world for good. False when there is none of this name.
    pub fn despawn(&mut self, entity: EntityId, jolt: &mut Jolt) -> bool {
        let named = |slot: &&mut Option<Body>| matches!(slot, Some(b) if b.pose.entity == entity);
        let Some(body) = self.slots.iter_mut().find(named).and_then(Option::take) else {
            return false;
        };
        jolt.remove_body(body.moving);
        true
    }

    /// All slots in order.
    pub fn slots(&self) -> &[Option<Body>] {
        &self.slots
    }

    /// Takes all bodies out of the world.
    pub fn clear(&mut self, jolt: &mut Jolt) {
        for body in self.slots.iter_mut().filter_map(Option::take) {
            jolt.remove_body(body.moving);
        }
    }

    fn free_slot(&self) -> Option<usize> {
        self.slots.iter().position(Option::is_none)
    }
}

impl Body {
    /// Godot's name for it.
    pub fn body(&self) -> godot::prelude::Rid {
        self.moving.body()
    }
}
