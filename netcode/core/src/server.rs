//! The server's half of a session: payloads in, inputs out, and what its client is told of the world.
//!
//! A [`Session`] has the link, the channel and the inputs of one player and remembers what it has told: names
//! ([`crate::roster`]), bodies ([`Region`]), and whose turn it is in the snapshot. What it tells is a [`Scene`], a plain view that
//! whoever owns the world makes anew in each tick. Sockets, seats and the physics stand outside, so that all of this can
//! be played in memory, against a real client.

mod region;
mod session;

pub use region::{REGION_BURST, REGION_BYTES_PER_S, Region};
pub use session::{Malformed, Payload, Session};

use crate::message::Name;
use crate::snapshot::{BodyPose, Encoder, PlayerPose};
use crate::step::State;
use crate::tick::{SeatId, Tick};
use crate::vec3::Vec3;

/// The world of one tick, as the sessions tell it. Who comes into a slot that was left is somebody else, by their entity.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The tick that this is the outcome of.
    pub tick: Tick,
    /// [`crate::world::World::hash`].
    pub world_hash: u64,
    /// By slot.
    pub players: &'a [Option<Player>],
    /// By slot, counted from 0 here and from the last player on in the snapshot.
    pub bodies: &'a [Option<Body>],
}

impl Scene<'_> {
    /// What the sessions' snapshots are coded with; once a tick, before any of them is written.
    pub fn code(&self, encoder: &mut Encoder) {
        encoder.begin(
            self.tick,
            |slot| self.players[slot].as_ref().map(|player| player.shown),
            |slot| self.bodies[slot].as_ref().map(|body| body.pose),
        );
    }
}

/// A player who has a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Player {
    /// Whose.
    pub seat: SeatId,
    /// Shown above the head.
    pub name: Name,
    /// What the player's own client predicts from.
    pub state: State,
    /// What others are shown.
    pub shown: PlayerPose,
    /// How it moves now (unit: metres a second).
    pub velocity: Vec3,
}

/// A dynamic body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// Which body of the world's file it is a copy of, in the order of its nodes.
    pub of: u16,
    /// What everybody is shown.
    pub pose: BodyPose,
}
