//! `OtherworldProbe`: the tick without a network, for tests and benchmarks inside a real Godot.
//!
//! A script sets each player's input and calls [`OtherworldProbe::tick`] from its own physics frames; everything from
//! there on is what the server runs. Nothing of it is in an instance's way: no node, no thread, no socket.

use std::time::Instant;

use godot::prelude::*;
use otherworld_core::EntityId;
use otherworld_core::input::{Buttons, Input};
use otherworld_core::pose::Tracked;

use crate::bodies::Body;
use crate::jolt::{from_godot, to_godot};
use crate::ledger::Ledger;
use crate::simulation::{Avatar, Simulation};
use crate::tick::{Peers, tick};

/// A world with players that a script steers.
#[derive(GodotClass)]
#[class(init, base=RefCounted)]
pub struct OtherworldProbe {
    simulation: Option<Simulation>,
    script: Script,
    ledger: Ledger,
    tick_us: f64,
    allocations: u64,
}

/// The inputs that are held, by slot.
#[derive(Default)]
struct Script {
    inputs: Vec<Input>,
}

impl Peers for Script {
    fn receive(&mut self, _: &mut Simulation) {}

    fn take_input(&mut self, slot: usize) -> (Input, Option<Tracked>) {
        (self.inputs[slot], None)
    }

    fn send(&mut self, _: &Simulation) {}
}

#[godot_api]
impl OtherworldProbe {
    /// Jump, while held.
    #[constant]
    const JUMP: i64 = 1;
    /// Run, while held.
    #[constant]
    const RUN: i64 = 2;

    /// Loads a world from a GLB, with slots for `capacity` players. Answers an error, or nothing.
    #[func]
    fn load(&mut self, glb: PackedByteArray, capacity: u32) -> GString {
        self.simulation = None;
        self.script.inputs = vec![Input::default(); capacity as usize];
        let loaded = otherworld_scene::read(glb.as_slice())
            .map_err(|error| error.to_string())
            .and_then(|scene| {
                Simulation::new(&scene, capacity as usize).map_err(|error| error.to_string())
            });
        match loaded {
            Ok(simulation) => {
                self.simulation = Some(simulation);
                GString::new()
            }
            Err(error) => GString::from(&error),
        }
    }

    /// Brings a player to a spawn point.
    #[func]
    fn join(&mut self, slot: u32) {
        self.simulation_mut().join(slot as usize);
    }

    /// Brings a player to a place (unit: metres; the feet).
    #[func]
    fn join_at(&mut self, slot: u32, feet: Vector3) {
        self.simulation_mut()
            .join_at(slot as usize, from_godot(feet));
    }

    /// Takes a player out.
    #[func]
    fn leave(&mut self, slot: u32) {
        self.simulation_mut().leave(slot as usize);
    }

    /// What a player holds from now on: movement from -1 to 1 in the player's frame, yaw (unit: radians), buttons.
    #[func]
    fn set_input(&mut self, slot: u32, right: f32, forward: f32, yaw: f32, buttons: u8) {
        let axis = |value: f32| (value.clamp(-1.0, 1.0) * 127.0).round() as i8;
        self.script.inputs[slot as usize] = Input {
            right: axis(right),
            forward: axis(forward),
            yaw: (yaw.rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU * 65_536.0) as u16,
            buttons: Buttons(buttons),
        };
    }

    /// One tick of 1/30 s; call it every second physics frame.
    #[func]
    fn tick(&mut self) {
        let started = Instant::now();
        let simulation = self.simulation.as_mut().expect("a world is loaded");
        self.ledger.begin();
        tick(simulation, &mut self.script, &mut self.ledger);
        self.allocations = self.ledger.allocations_now();
        self.tick_us = started.elapsed().as_secs_f64() * 1e6;
    }

    /// What the last tick took, without Jolt's steps (unit: microseconds).
    #[func]
    fn tick_us(&self) -> f64 {
        self.tick_us
    }

    /// How often Rust asked for memory in the last tick.
    #[func]
    fn tick_allocations(&self) -> u32 {
        self.allocations as u32
    }

    /// A quantile of a stage of all ticks so far: `capture`, `receive`, `step`, `drive` or `send` (unit: microseconds).
    #[func]
    fn stage_us(&self, stage: GString, share: f64) -> u32 {
        self.ledger.stage_us(&stage.to_string(), share) as u32
    }

    /// A player's feet after the last step (unit: metres).
    #[func]
    fn feet(&self, slot: u32) -> Vector3 {
        to_godot(self.avatar(slot).state.position)
    }

    /// A player's velocity after the last step (unit: metres a second).
    #[func]
    fn velocity(&self, slot: u32) -> Vector3 {
        to_godot(self.avatar(slot).state.velocity)
    }

    /// Whether a player stands on something.
    #[func]
    fn grounded(&self, slot: u32) -> bool {
        self.avatar(slot).state.grounded()
    }

    /// The feet that the last tick's capture read from Jolt (unit: metres).
    #[func]
    fn captured_feet(&self, slot: u32) -> Vector3 {
        to_godot(self.avatar(slot).measured.position)
    }

    /// The velocity that the last tick's capture read from Jolt (unit: metres a second).
    #[func]
    fn captured_velocity(&self, slot: u32) -> Vector3 {
        to_godot(self.avatar(slot).measured.velocity)
    }

    /// Where others are shown a player (unit: metres).
    #[func]
    fn shown_feet(&self, slot: u32) -> Vector3 {
        to_godot(self.avatar(slot).shown.position)
    }

    /// A player's body in Godot.
    #[func]
    fn capsule(&self, slot: u32) -> Rid {
        self.avatar(slot).body()
    }

    /// How many slots there are for bodies that move; at first the scene's n-th is in the n-th.
    #[func]
    fn body_slots(&self) -> u32 {
        self.simulation().bodies().len() as u32
    }

    /// How many bodies of the scene move.
    #[func]
    fn body_count(&self) -> u32 {
        self.simulation().jolt().kind_count() as u32
    }

    /// Brings a copy of the scene's n-th moving body to a place. Answers its entity, 0 when all slots are taken.
    #[func]
    fn spawn(&mut self, of: u32, at: Transform3D) -> u32 {
        let entity = self.simulation_mut().spawn(of as usize, at);
        entity.unwrap_or(EntityId::NONE).0
    }

    /// Takes a body out of the world for good; false when there is none of this name.
    #[func]
    fn despawn(&mut self, entity: u32) -> bool {
        self.simulation_mut().despawn(EntityId(entity))
    }

    /// From now on others are shown the bodies as they are now.
    #[func]
    fn freeze_shown_bodies(&mut self) {
        self.simulation_mut().freeze_shown_bodies();
    }

    /// Which body is in a slot, 0 when none is.
    #[func]
    fn body_entity(&self, slot: u32) -> u32 {
        let body = &self.simulation().bodies()[slot as usize];
        body.as_ref().map_or(EntityId::NONE, |b| b.pose.entity).0
    }

    /// Which of the scene's moving bodies the one in a slot is a copy of.
    #[func]
    fn body_of(&self, slot: u32) -> u32 {
        self.body_in(slot).of as u32
    }

    /// The body of a slot in Godot.
    #[func]
    fn body(&self, slot: u32) -> Rid {
        self.body_in(slot).body()
    }

    /// Where the last tick's capture found a body (unit: metres).
    #[func]
    fn captured_body(&self, slot: u32) -> Vector3 {
        to_godot(self.body_in(slot).pose.position)
    }

    /// Whether the last tick's capture found a body asleep.
    #[func]
    fn captured_asleep(&self, slot: u32) -> bool {
        self.body_in(slot).pose.asleep
    }

    /// Where others are shown a body (unit: metres).
    #[func]
    fn shown_body(&self, slot: u32) -> Vector3 {
        to_godot(self.body_in(slot).shown.position)
    }

    /// The space that everything is in.
    #[func]
    fn space(&self) -> Rid {
        self.simulation().jolt().space()
    }

    /// How often step and Jolt agreed: `agreed`, `adopted`, `reset`, `respawned` (player-ticks), `worst_agreed` (metres).
    #[func]
    fn agreement(&self) -> VarDictionary {
        let agreement = self.simulation().agreement();
        let mut counts = VarDictionary::new();
        counts.set("agreed", agreement.agreed as i64);
        counts.set("adopted", agreement.adopted as i64);
        counts.set("reset", agreement.reset as i64);
        counts.set("respawned", agreement.respawned as i64);
        counts.set("worst_agreed", agreement.worst_agreed);
        counts
    }

    fn simulation(&self) -> &Simulation {
        self.simulation.as_ref().expect("a world is loaded")
    }

    fn simulation_mut(&mut self) -> &mut Simulation {
        self.simulation.as_mut().expect("a world is loaded")
    }

    fn body_in(&self, slot: u32) -> &Body {
        let body = self.simulation().bodies()[slot as usize].as_ref();
        body.expect("a body is in this slot")
    }

    fn avatar(&self, slot: u32) -> &Avatar {
        let avatar = self.simulation().avatar(slot as usize);
        avatar.expect("a player is in this slot")
    }
}
