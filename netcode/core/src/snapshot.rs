//! What a client is told each tick: its own state exactly, everything else as closely as one can see.
//!
//! A client predicts from [`Own`], so its floats travel bit by bit; others are drawn only, so they are whole numbers
//! ([`packed`]), told as differences ([`delta`]) to keyframes that the client is known to have ([`grid`]): an
//! [`Encoder`] for the instance, [`Baselines`] for each client, a [`Decoder`] in the client. An acknowledgement of any
//! payload is enough, none is needed: without a baseline an entity is complete. What does not fit waits for its turn
//! ([`crate::select`]). Layout in `netcode/spec/STANDARD.md`.

mod baselines;
mod decoder;
pub mod delta;
mod encoder;
mod fields;
pub mod grid;
#[cfg(test)]
mod keyframe_tests;
#[cfg(test)]
mod lockstep;
pub mod packed;
#[cfg(test)]
mod tests;
mod writer;

pub use baselines::Baselines;
pub use decoder::Decoder;
pub(crate) use delta::{read_pose, write_pose};
pub use encoder::Encoder;
pub use packed::{PLACE_ERROR, ROTATION_ERROR};
pub use writer::SnapshotWriter;

use crate::pose::Tracked;
use crate::step::State;
use crate::tick::{EntityId, Tick};
use crate::vec3::Vec3;

/// Most players, and most bodies, that an instance can tell of.
pub const MAX_SLOTS: usize = 1 << INDEX_BITS[1];

/// Bits of an index among the players or among the bodies, by the bit in front of it.
const INDEX_BITS: [u32; 2] = [7, 12];

/// Bits that say what follows in a snapshot.
const KIND_BITS: u32 = 2;

/// What follows in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    End = 0,
    PlayerRoot = 1,
    PlayerFull = 2,
    Body = 3,
}

impl Kind {
    fn from_bits(bits: u64) -> Kind {
        match bits & 3 {
            0 => Kind::End,
            1 => Kind::PlayerRoot,
            2 => Kind::PlayerFull,
            _ => Kind::Body,
        }
    }
}

/// How much of an entity is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Where it is and where it looks; of a body everything.
    #[default]
    Root,
    /// Head and hands too.
    Full,
}

/// What a client needs to run its clock and its prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The tick that this is the outcome of.
    pub tick: Tick,
    /// The newest tick that the server has an input of this client for.
    pub input_tick: Tick,
    /// `[IN6]` How early the newest input came before its tick was taken (unit: milliseconds; negative: late).
    pub input_margin_ms: i16,
    /// Ticks so far that were taken without an input of their own; wraps.
    pub missed_inputs: u8,
}

/// The client's own character.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Own {
    /// Its body.
    pub entity: EntityId,
    /// Exactly as the server has it after [`Header::tick`].
    pub state: State,
}

/// Somebody else's character.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlayerPose {
    /// Whose body; [`crate::message::RosterEntry`] says whose seat.
    pub entity: EntityId,
    /// The feet (unit: metres).
    pub position: Vec3,
    /// Where they look, as in [`crate::input::Input`].
    pub yaw: u16,
    /// Whether they stand on something.
    pub grounded: bool,
    /// Head and hands; without, only where they stand is known.
    pub tracked: Option<Tracked>,
}

/// A dynamic body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyPose {
    /// Which one.
    pub entity: EntityId,
    /// Its origin (unit: metres).
    pub position: Vec3,
    /// Quaternion of length one: x, y, z, w.
    pub rotation: [f32; 4],
    /// Whether it lies still.
    pub asleep: bool,
}

/// A snapshot as it was received. Reading into the same one again allocates nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Clock and acknowledgement.
    pub header: Header,
    /// The client's own character; a spectator has none.
    pub own: Option<Own>,
    /// Some of the others.
    pub players: Vec<PlayerPose>,
    /// Some of the dynamic bodies.
    pub bodies: Vec<BodyPose>,
    /// `[KF6]` Entities that were skipped because their baseline is not here; an honest server sends none.
    pub unknown_baselines: u32,
}

impl Snapshot {
    /// Room for as much as a payload can hold.
    #[must_use]
    pub fn with_capacity() -> Snapshot {
        let smallest = KIND_BITS + 1 + INDEX_BITS[0] + grid::BASELINE_BITS + 1;
        let most = crate::link::MAX_PAYLOAD_BYTES * 8 / smallest as usize;
        Snapshot {
            players: Vec::with_capacity(most),
            bodies: Vec::with_capacity(most),
            ..Snapshot::default()
        }
    }
}
