//! The character step: where a player is one tick later, the same bits on every peer.
//!
//! `step(state, input, world)` is a pure function of `+ - * /`, `sqrt` and comparisons, so that the server, the Godot
//! client, the browser and a bot agree exactly and prediction on the static world needs no correction. A character is a
//! vertical capsule; on the ground its lower end is raised by the height of a stair and a sphere is lowered in its place,
//! which climbs stairs and keeps to slopes without any casting (`ground.rs`). In the air the whole capsule counts
//! (`capsule.rs`). What the static world does not know (crates, doors, crowds) is the server's Jolt's business:
//! [`reconcile`] takes its answer into the state, and blocker planes in the state carry it to those who predict.
//!
//! Tried and dropped: rapier's character controller (27 µs a step, 11 allocations) and parry's shape casts (23 µs, 21 cm
//! of penetration in the worst of 200,000 steps); this one takes 0.7 µs.

mod adopt;
mod blockers;
mod capsule;
mod geometry;
mod ground;
mod reconcile;
mod steer;

pub use adopt::adopt;
pub use blockers::{BLOCKER_TICKS, Blocker, Blockers, MAX_BLOCKERS};
pub use reconcile::{AGREEMENT, Measured, RESET_DISTANCE, Verdict, drive_velocity, reconcile};
pub use steer::{Heading, RUN_SPEED, WALK_SPEED, heading};

use crate::input::Input;
use crate::vec3::{Vec3, clamp, vec3};
use crate::world::{Candidates, LIMIT, World};
use capsule::{contact, push_out};

/// Raised with every change of what the step answers; part of the protocol hash.
pub const STEP_VERSION: u32 = 1;

/// One tick (unit: seconds).
pub const DT: f32 = 1.0 / crate::tick::TICK_RATE_HZ as f32;

/// Radius of the character's capsule (unit: metres).
pub const RADIUS: f32 = 0.3;

/// Height of the character's capsule from the feet to the top (unit: metres).
pub const HEIGHT: f32 = 1.7;

/// Highest stair that is climbed (unit: metres).
pub const STAIR: f32 = 0.3;

/// Drop of the ground that a walking character follows without falling (unit: metres).
pub const SNAP: f32 = 0.35;

/// Least upward part of a walkable ground's normal: the cosine of 50.35°, so that slopes of 50° pass.
pub const WALKABLE: f32 = 0.6381;

/// No character is faster along an axis (unit: metres a second).
pub const MAX_SPEED: f32 = 40.0;

/// Longest way between two looks at the world: half the radius, so that nothing is passed through (unit: metres).
const SUB_STEP: f32 = 0.15;
const MAX_SUB_STEPS: u32 = 16;

/// What a character stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Support {
    /// Nothing: it jumps or falls.
    #[default]
    Air,
    /// The static world.
    World,
    /// Something dynamic that only the server knows; here it is a blocker plane.
    Body,
}

/// All that the next step depends on; replicated exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// The feet (unit: metres).
    pub position: Vec3,
    /// Unit: metres a second.
    pub velocity: Vec3,
    /// What is underfoot.
    pub support: Support,
    /// What dynamic bodies were in the way lately.
    pub blockers: Blockers,
}

impl State {
    /// A character at rest in the air at this place; the first steps let it settle.
    #[must_use]
    pub fn at(position: Vec3) -> State {
        State {
            position,
            ..State::default()
        }
    }

    /// Whether it stands on something.
    #[must_use]
    pub fn grounded(&self) -> bool {
        self.support != Support::Air
    }

    /// Adds all bits of the state to a hash, to compare runs of the step on different machines.
    #[must_use]
    pub fn hash(&self, seed: u64) -> u64 {
        let mix = |hash: u64, word: u32| {
            (hash ^ u64::from(word)).wrapping_mul(crate::protocol::FNV_PRIME)
        };
        let vectors = [self.position, self.velocity];
        let hash = vectors.into_iter().flat_map(Vec3::to_bits).fold(seed, mix);
        let hash = mix(hash, self.support as u32);
        self.blockers.iter().fold(hash, |hash, blocker| {
            blocker.words().into_iter().fold(hash, mix)
        })
    }
}

/// A character on its way through one step.
struct Mover<'a> {
    world: &'a World,
    near: &'a [u32],
    position: Vec3,
    velocity: Vec3,
    grounded: bool,
}

/// Where the character is one tick later. Rules `[ST1]`… in `netcode/spec/RULES.md`.
#[must_use]
pub fn step(state: &State, input: Input, world: &World) -> State {
    let (velocity, jumped) = steer::steer(state, input);
    let candidates = candidates(state.position, velocity, world);
    let Some(near) = candidates.ids() else {
        return State {
            velocity: Vec3::ZERO,
            support: Support::World,
            ..*state
        };
    };
    let mut mover = Mover {
        world,
        near,
        position: state.position,
        velocity,
        grounded: state.grounded() && !jumped,
    };
    let sub_steps = sub_steps(velocity * DT);
    for _ in 0..sub_steps {
        mover.sub_step(DT / sub_steps as f32);
    }
    mover.rest_when_wedged(state.position);
    let mut next = State {
        position: mover.position,
        velocity: mover.velocity,
        support: if mover.grounded {
            Support::World
        } else {
            Support::Air
        },
        blockers: state.blockers,
    };
    blockers::apply(&mut next, world);
    next.position = bounded(next.position);
    next
}

/// How many triangles a step from here looks at; for benchmarks.
#[doc(hidden)]
#[must_use]
pub fn candidate_count(state: &State, input: Input, world: &World) -> Option<usize> {
    let (velocity, _) = steer::steer(state, input);
    candidates(state.position, velocity, world)
        .ids()
        .map(<[u32]>::len)
}

fn candidates(position: Vec3, velocity: Vec3, world: &World) -> Candidates {
    let target = position + velocity * DT;
    let side = RADIUS + 0.05;
    world.near(
        position.min(target) - vec3(side, SNAP + 0.1, side),
        position.max(target) + vec3(side, HEIGHT + STAIR + 0.1, side),
    )
}

fn sub_steps(motion: Vec3) -> u32 {
    let length = motion.length();
    let mut count = 1;
    while length > SUB_STEP * count as f32 && count < MAX_SUB_STEPS {
        count += 1;
    }
    count
}

fn bounded(position: Vec3) -> Vec3 {
    vec3(
        clamp(position.x, -LIMIT.x, LIMIT.x),
        clamp(position.y, -LIMIT.y, LIMIT.y),
        clamp(position.z, -LIMIT.z, LIMIT.z),
    )
}

impl Mover<'_> {
    fn sub_step(&mut self, seconds: f32) {
        let before = self.position;
        self.position += self.velocity * seconds;
        let mut free = push_out(self);
        free &= ground::settle(self);
        if !free {
            self.undo_when_deeper(before);
        }
        self.undo_under_ceiling(before);
    }

    /// In a wedge, where pushing out of one thing pushes into another: not further in than before.
    fn undo_when_deeper(&mut self, before: Vec3) {
        let depth_at = |position| {
            contact(self.world, self.near, position, self.grounded).map_or(0.0, |c| c.depth)
        };
        let depth = depth_at(self.position);
        if depth > 5e-3 && depth > depth_at(before) {
            self.position = before;
            self.stop();
            if self.velocity.y < 0.0 && self.grounded {
                self.velocity.y = 0.0;
            }
        }
    }

    /// The ground lifted the head into a ceiling: a stair too many.
    fn undo_under_ceiling(&mut self, before: Vec3) {
        if !self.grounded || self.position.y <= before.y + 1e-3 {
            return;
        }
        if let Some(contact) = contact(self.world, self.near, self.position, true)
            && contact.depth > 2e-3
            && contact.normal.y < -0.1
        {
            self.position = before;
            self.stop();
        }
    }

    /// Hanging between steep things: the speed of the fall is what was achieved; none is as good as standing, so that
    /// the character can walk or jump off.
    fn rest_when_wedged(&mut self, start: Vec3) {
        if self.grounded || self.velocity.y >= -1.0 {
            return;
        }
        let achieved = (self.position.y - start.y) / DT;
        if achieved > 0.25 * self.velocity.y {
            self.velocity.y = achieved;
            if achieved > -0.5 {
                self.grounded = true;
                self.velocity.y = 0.0;
            }
        }
    }

    fn stop(&mut self) {
        self.velocity.x = 0.0;
        self.velocity.z = 0.0;
    }

    /// Takes away the part of the velocity that goes against `normal`; returns whether there was one.
    fn clip(&mut self, normal: Vec3) -> bool {
        let into = self.velocity.dot(normal);
        if into < 0.0 {
            self.velocity -= normal * into;
        }
        into < 0.0
    }
}
