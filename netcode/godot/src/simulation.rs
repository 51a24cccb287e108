//! What happens in the world during a tick, without any network: what Jolt made of the last tick is taken in, characters
//! step, and their capsules are driven towards where they stepped.
//!
//! The order is the caller's ([`crate::server`]); the rule between step and Jolt is the core's (`reconcile`). What others
//! are shown of a player and of a body is what [`Simulation::capture`] found: both are of the same moment.

use godot::prelude::Transform3D;
use otherworld_core::input::Input;
use otherworld_core::pose::Tracked;
use otherworld_core::snapshot::PlayerPose;
use otherworld_core::step::{Measured, RADIUS, State, Verdict, drive_velocity, reconcile, step};
use otherworld_core::world::{World, WorldError};
use otherworld_core::{EntityId, Vec3};
use otherworld_scene::{Place, Scene};

use crate::bodies::{Bodies, Body};
use crate::carry::carry;
use crate::jolt::{Capsule, Jolt};

/// Who and what fell this far below the lowest triangle is brought back (unit: metres).
const ABYSS: f32 = 20.0;

/// A spawn point with a body this close is taken (unit: metres).
const ARM_LENGTH: f32 = 0.8;

/// A player in the world.
pub struct Avatar {
    /// After the newest step; what its client predicts from.
    pub state: State,
    /// What others are shown: after the newest capture.
    pub shown: PlayerPose,
    /// What the newest capture read from Jolt.
    pub measured: Measured,
    adopted: bool,
    capsule: Capsule,
}

/// How often step and Jolt agreed, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// `[JO1]` Player-ticks in which Jolt agreed.
    pub agreed: u64,
    /// `[JO2]` In which Jolt's place was adopted.
    pub adopted: u64,
    /// `[JO3]` In which the capsule was set to the state.
    pub reset: u64,
    /// Players brought back from below the world.
    pub respawned: u64,
    /// Largest difference that still counted as agreement (unit: metres).
    pub worst_agreed: f32,
}

/// The world of one instance.
pub struct Simulation {
    world: World,
    jolt: Jolt,
    spawns: Vec<Place>,
    next_spawn: usize,
    next_entity: u32,
    avatars: Vec<Option<Avatar>>,
    bodies: Bodies,
    agreement: Agreement,
}

impl Simulation {
    /// Builds both sides from one scene: the step's triangles and Jolt's bodies.
    ///
    /// # Errors
    /// When the triangles are not a world.
    pub fn new(scene: &Scene, capacity: usize) -> Result<Self, WorldError> {
        let world = World::build(&scene.triangles())?;
        let mut jolt = Jolt::new(scene);
        let bodies = Bodies::new(&mut jolt);
        Ok(Self {
            world,
            spawns: scene.spawns.clone(),
            next_spawn: 0,
            next_entity: EntityId::of_body(scene.bodies.len() as u32).0,
            avatars: (0..capacity).map(|_| None).collect(),
            bodies,
            jolt,
            agreement: Agreement::default(),
        })
    }

    /// Takes in what Jolt made of the last tick. Must come first in a tick: the capsules' velocities are still those that
    /// Jolt ended with, and no step lies between what is read here and the next drive.
    pub fn capture(&mut self) {
        let new_entity = || take_entity(&mut self.next_entity);
        self.bodies.bring_back(&mut self.jolt, new_entity);
        self.bodies.capture(self.abyss(), &mut self.jolt);
        for avatar in self.avatars.iter_mut().flatten() {
            avatar.capture(&self.world, &mut self.agreement);
        }
    }

    /// Moves every player by one tick.
    pub fn step(&mut self, mut input_of: impl FnMut(usize) -> (Input, Option<Tracked>)) {
        let abyss = self.abyss();
        for slot in 0..self.avatars.len() {
            let Some(avatar) = &mut self.avatars[slot] else {
                continue;
            };
            let (input, tracked) = input_of(slot);
            carry(&mut avatar.state, avatar.adopted, &self.jolt, &self.world);
            avatar.state = step(&avatar.state, input, &self.world);
            (avatar.shown.yaw, avatar.shown.tracked) = (input.yaw, tracked);
            if avatar.state.position.y < abyss {
                self.respawn(slot);
            }
        }
    }

    /// Gives every capsule the velocity that takes it to where its player stepped.
    pub fn drive(&mut self) {
        for avatar in self.avatars.iter_mut().flatten() {
            let velocity = drive_velocity(avatar.measured.position, avatar.state.position);
            avatar.capsule.drive(velocity);
        }
    }

    /// Brings a new player into a free slot, to a spawn point.
    pub fn join(&mut self, slot: usize) {
        let at = self.choose_spawn();
        self.join_at(slot, at);
    }

    /// Brings a new player into a free slot, to this place.
    pub fn join_at(&mut self, slot: usize, at: Vec3) {
        assert!(self.avatars[slot].is_none(), "slot {slot} is taken");
        let entity = take_entity(&mut self.next_entity);
        self.avatars[slot] = Some(Avatar {
            state: State::at(at),
            shown: PlayerPose {
                entity,
                position: at,
                ..PlayerPose::default()
            },
            measured: at_rest(at),
            adopted: false,
            capsule: self.jolt.add_capsule(at),
        });
    }

    /// Takes the player in this slot out of the world.
    pub fn leave(&mut self, slot: usize) {
        if let Some(avatar) = self.avatars[slot].take() {
            self.jolt.remove_capsule(avatar.capsule);
        }
    }

    /// Brings a copy of the scene's n-th body to a place; `None` when all slots are taken.
    pub fn spawn(&mut self, of: usize, at: Transform3D) -> Option<EntityId> {
        let entity = take_entity(&mut self.next_entity);
        let came = self.bodies.spawn(of, at, entity, &mut self.jolt);
        came.then_some(entity)
    }

    /// Takes a body out of the world for good; false when there is none of this name.
    pub fn despawn(&mut self, entity: EntityId) -> bool {
        self.bodies.despawn(entity, &mut self.jolt)
    }

    /// From now on others are shown the bodies as they are now (`OTHERWORLD_BREAK`).
    pub fn freeze_shown_bodies(&mut self) {
        self.bodies.freeze();
    }

    fn abyss(&self) -> f32 {
        self.world.lowest() - ABYSS
    }

    fn respawn(&mut self, slot: usize) {
        let at = self.choose_spawn();
        if let Some(avatar) = &mut self.avatars[slot] {
            avatar.state = State::at(at);
            avatar.set_down(at);
            self.agreement.respawned += 1;
        }
    }

    /// The spawn points in turn, those first that nobody and nothing stands on.
    fn choose_spawn(&mut self) -> Vec3 {
        let count = self.spawns.len();
        if count == 0 {
            return Vec3::ZERO;
        }
        let turns = (0..count).map(|k| (self.next_spawn + k) % count);
        let chosen = turns
            .clone()
            .find(|&k| self.is_free(self.spawns[k].pose.position))
            .unwrap_or(self.next_spawn);
        self.next_spawn = (chosen + 1) % count;
        self.spawns[chosen].pose.position
    }

    fn is_free(&self, at: Vec3) -> bool {
        let players = self.avatars.iter().flatten();
        let near = |place: Vec3, reach: f32| (place - at).horizontal_length() < reach;
        !players
            .into_iter()
            .any(|p| near(p.state.position, 2.0 * RADIUS))
            && !self
                .bodies()
                .iter()
                .flatten()
                .any(|b| near(b.pose.position, ARM_LENGTH))
    }

    /// The player in a slot.
    pub fn avatar(&self, slot: usize) -> Option<&Avatar> {
        self.avatars[slot].as_ref()
    }

    /// All slots in order.
    pub fn avatars(&self) -> &[Option<Avatar>] {
        &self.avatars
    }

    /// The slots of the moving bodies. At first the scene's n-th is in the n-th slot.
    pub fn bodies(&self) -> &[Option<Body>] {
        self.bodies.slots()
    }

    /// The static world as the step sees it.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The bodies in Godot; for tests that ask Jolt themselves.
    pub fn jolt(&self) -> &Jolt {
        &self.jolt
    }

    /// How often step and Jolt agreed.
    pub fn agreement(&self) -> Agreement {
        self.agreement
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        for slot in 0..self.avatars.len() {
            self.leave(slot);
        }
        self.bodies.clear(&mut self.jolt);
    }
}

impl Avatar {
    fn capture(&mut self, world: &World, agreement: &mut Agreement) {
        self.measured = Measured {
            position: self.capsule.feet(),
            velocity: self.capsule.velocity(),
            previous: self.measured.position,
        };
        let expected = self.state.position;
        let (state, verdict) = reconcile(&self.state, &self.measured, world);
        self.state = state;
        self.adopted = matches!(verdict, Verdict::Adopted { .. });
        match verdict {
            Verdict::Agreed => {
                agreement.agreed += 1;
                let difference = (self.measured.position - expected).length();
                agreement.worst_agreed = agreement.worst_agreed.max(difference);
            }
            Verdict::Adopted { .. } => agreement.adopted += 1,
            Verdict::Reset => {
                agreement.reset += 1;
                self.set_down(state.position);
            }
        }
        self.shown.position = state.position;
        self.shown.grounded = state.grounded();
    }

    fn set_down(&mut self, feet: Vec3) {
        self.capsule.place(feet);
        self.measured = at_rest(feet);
    }

    /// Godot's name for its body.
    pub fn body(&self) -> godot::prelude::Rid {
        self.capsule.body()
    }
}

/// Entities are numbered in the order of their coming; no number comes twice.
fn take_entity(next: &mut u32) -> EntityId {
    let entity = EntityId(*next);
    *next += 1;
    entity
}

fn at_rest(feet: Vec3) -> Measured {
    Measured {
        position: feet,
        velocity: Vec3::ZERO,
        previous: feet,
    }
}
