//! Blocker planes: what dynamic bodies were in the way, in a form that a client without those bodies can step with.
//!
//! When the server's Jolt stops or pushes a character, a plane at that place stays in the state for a few ticks and moves
//! on as fast as it was. It cut the corrections against heavy crates from 8.9 to 3.5 % of the ticks (`facts.md`).

use super::{State, Support, adopt};
use crate::vec3::{Vec3, clamp};
use crate::world::World;

/// Most planes that a state holds.
pub const MAX_BLOCKERS: usize = 3;

/// Life of a plane (unit: ticks).
pub const BLOCKER_TICKS: u8 = 6;

/// A plane's greatest speed (unit: metres a tick).
const MAX_DRIFT: f32 = 0.1;

/// Behind a plane by more than this, a character is not held by it (unit: metres).
const REACH: f32 = 0.3;

/// Two planes whose normals' product is above this are the same one.
const SAME: f32 = 0.9;

/// Least upward part of the normal of a plane that one can stand on.
const FLOOR: f32 = 0.7;

/// How close to a floor plane counts as standing on it (unit: metres).
const STANDING: f32 = 2e-3;

/// A plane that holds a character's feet on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Blocker {
    /// Towards the free side, of length one.
    pub normal: Vec3,
    /// The feet's product with the normal is at least this (unit: metres).
    pub offset: f32,
    /// What is added to the offset each tick (unit: metres a tick).
    pub drift: f32,
    /// Life left (unit: ticks).
    pub ticks_left: u8,
}

impl Blocker {
    /// A plane through the feet, which moved from `before` to `feet` within the last tick.
    pub(super) fn through(feet: Vec3, before: Vec3, normal: Vec3) -> Blocker {
        Blocker {
            normal,
            offset: feet.dot(normal),
            drift: clamp((feet - before).dot(normal), -MAX_DRIFT, MAX_DRIFT),
            ticks_left: BLOCKER_TICKS,
        }
    }

    pub(super) fn is_floor(&self) -> bool {
        self.normal.y > FLOOR
    }

    /// Whether the values are ones that a server can send.
    pub(crate) fn is_sane(&self) -> bool {
        let square = self.normal.dot(self.normal);
        square > 0.98
            && square < 1.02
            && self.offset.is_finite()
            && self.drift >= -MAX_DRIFT
            && self.drift <= MAX_DRIFT
            && (1..=BLOCKER_TICKS).contains(&self.ticks_left)
    }

    pub(super) fn words(&self) -> [u32; 6] {
        let [x, y, z] = self.normal.to_bits();
        [
            x,
            y,
            z,
            self.offset.to_bits(),
            self.drift.to_bits(),
            u32::from(self.ticks_left),
        ]
    }
}

/// The planes of a state, oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Blockers {
    planes: [Blocker; MAX_BLOCKERS],
    count: u8,
}

impl Blockers {
    /// The planes, oldest first.
    pub fn iter(&self) -> core::slice::Iter<'_, Blocker> {
        self.planes[..self.count as usize].iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a plane; one that faces the same way, or else the oldest when there are too many, makes room.
    pub fn push(&mut self, blocker: Blocker) {
        self.retain(|held| held.normal.dot(blocker.normal) < SAME);
        if self.len() == MAX_BLOCKERS {
            self.planes.copy_within(1.., 0);
            self.count -= 1;
        }
        self.planes[self.len()] = blocker;
        self.count += 1;
    }

    /// Adds a plane as it was received, next to whatever is there; false when there is no room.
    pub(crate) fn push_exact(&mut self, blocker: Blocker) -> bool {
        let Some(slot) = self.planes.get_mut(self.count as usize) else {
            return false;
        };
        *slot = blocker;
        self.count += 1;
        true
    }

    fn retain(&mut self, keep: impl Fn(&Blocker) -> bool) {
        let mut kept = 0;
        for k in 0..self.len() {
            if keep(&self.planes[k]) {
                self.planes[kept] = self.planes[k];
                kept += 1;
            }
        }
        self.planes[kept..].fill(Blocker::default());
        self.count = kept as u8;
    }
}

/// Moves the planes by one tick and holds the character on their free side, but never inside the static world.
pub(super) fn apply(state: &mut State, world: &World) {
    let mut blockers = state.blockers;
    for blocker in &mut blockers.planes[..blockers.count as usize] {
        blocker.offset += blocker.drift;
        blocker.ticks_left -= 1;
        hold(state, blocker, world);
    }
    blockers.retain(|blocker| blocker.ticks_left > 0);
    state.blockers = blockers;
}

fn hold(state: &mut State, blocker: &Blocker, world: &World) {
    let behind = blocker.offset - state.position.dot(blocker.normal);
    if behind >= REACH {
        return;
    }
    if behind > 0.0 {
        let free = state.position + blocker.normal * behind;
        state.position = adopt(state.position, free, world);
        let into = state.velocity.dot(blocker.normal);
        if into < 0.0 {
            state.velocity -= blocker.normal * into;
        }
    }
    let on_it = behind > -STANDING && state.velocity.y <= 0.0;
    if blocker.is_floor() && on_it && state.support == Support::Air {
        state.support = Support::Body;
        state.velocity.y = 0.0;
    }
}
