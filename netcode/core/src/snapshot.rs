//! What a client is told each tick: its own state exactly, everything else as closely as one can see.
//!
//! First form: every entity in a snapshot is complete, so that any single datagram is enough and nothing is acknowledged;
//! what does not fit waits for its turn ([`crate::select`]). A client predicts from [`Own`], so its floats travel bit by
//! bit; others are drawn only, so places are multiples of 1/1024 m. Layout in `netcode/spec/STANDARD.md`.

mod fields;
#[cfg(test)]
mod tests;

pub use fields::{PLACE_ERROR, ROTATION_ERROR};

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::message::MessageError;
use crate::pose::{Tracked, read_tracked, write_tracked};
use crate::step::State;
use crate::tick::{EntityId, Tick};
use crate::vec3::Vec3;
use fields::{
    HEIGHT_BITS, SIDEWAYS_BITS, YAW_BITS, quantise_yaw, read_entity, read_place, read_rotation,
    read_state, write_entity, write_place, write_rotation, write_state,
};

const END: u64 = 0;
const PLAYER: u64 = 1;
const BODY: u64 = 2;

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

/// Writes one snapshot into the caller's bytes, most important things first, until it is full.
#[derive(Debug)]
pub struct SnapshotWriter<'a> {
    bits: BitWriter<'a>,
}

impl<'a> SnapshotWriter<'a> {
    /// Starts a snapshot. `own` is `None` for a spectator.
    ///
    /// # Errors
    /// [`BitsError::Full`] when not even that fits.
    pub fn new(
        out: &'a mut [u8],
        header: &Header,
        own: Option<&Own>,
    ) -> Result<SnapshotWriter<'a>, BitsError> {
        let mut bits = BitWriter::new(out);
        bits.write(u64::from(header.tick.0), 32)?;
        bits.write(u64::from(header.input_tick.0), 32)?;
        bits.write(u64::from(header.input_margin_ms.cast_unsigned()), 16)?;
        bits.write(u64::from(header.missed_inputs), 8)?;
        bits.write_bool(own.is_some())?;
        if let Some(own) = own {
            write_entity(&mut bits, own.entity)?;
            write_state(&mut bits, &own.state)?;
        }
        Ok(SnapshotWriter { bits })
    }

    /// Adds a player.
    ///
    /// # Errors
    /// [`BitsError::Full`]; the snapshot stays without it.
    pub fn add_player(&mut self, player: &PlayerPose) -> Result<(), BitsError> {
        self.add(|bits| {
            bits.write(PLAYER, 2)?;
            write_entity(bits, player.entity)?;
            write_place(bits, player.position)?;
            bits.write(quantise_yaw(player.yaw), YAW_BITS)?;
            bits.write_bool(player.grounded)?;
            write_tracked(bits, player.tracked.as_ref())
        })
    }

    /// Adds a dynamic body.
    ///
    /// # Errors
    /// [`BitsError::Full`]; the snapshot stays without it.
    pub fn add_body(&mut self, body: &BodyPose) -> Result<(), BitsError> {
        self.add(|bits| {
            bits.write(BODY, 2)?;
            write_entity(bits, body.entity)?;
            write_place(bits, body.position)?;
            write_rotation(bits, body.rotation)?;
            bits.write_bool(body.asleep)
        })
    }

    fn add(
        &mut self,
        write: impl FnOnce(&mut BitWriter<'a>) -> Result<(), BitsError>,
    ) -> Result<(), BitsError> {
        let before = self.bits.bits_written();
        let result = write(&mut self.bits);
        if result.is_err() {
            self.bits.rewind(before);
        }
        result
    }

    /// Bits so far.
    #[must_use]
    pub fn bits_written(&self) -> usize {
        self.bits.bits_written()
    }

    /// The length of the message (unit: bytes). Nothing marks the end but the end: unused bits are zero.
    #[must_use]
    pub fn finish(self) -> usize {
        self.bits.bytes_written()
    }
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
}

impl Snapshot {
    /// Room for as much as a payload can hold.
    #[must_use]
    pub fn with_capacity() -> Snapshot {
        let smallest_player = 2 + 2 + 8 + 2 * SIDEWAYS_BITS + HEIGHT_BITS + YAW_BITS + 2;
        let most = crate::link::MAX_PAYLOAD_BYTES * 8 / smallest_player as usize;
        Snapshot {
            players: Vec::with_capacity(most),
            bodies: Vec::with_capacity(most),
            ..Snapshot::default()
        }
    }

    /// Reads a message in place of what was here.
    ///
    /// # Errors
    /// When it is too short or has an impossible value; what is here then is of no use.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<(), MessageError> {
        self.players.clear();
        self.bodies.clear();
        let mut bits = BitReader::new(bytes);
        self.header = Header {
            tick: Tick(bits.read_u32(32)?),
            input_tick: Tick(bits.read_u32(32)?),
            input_margin_ms: (bits.read(16)? as u16).cast_signed(),
            missed_inputs: bits.read(8)? as u8,
        };
        self.own = if bits.read_bool()? {
            Some(Own {
                entity: read_entity(&mut bits)?,
                state: read_state(&mut bits)?,
            })
        } else {
            None
        };
        while bits.bits_left() >= 2 {
            match bits.read(2)? {
                END => break,
                PLAYER => self.players.push(PlayerPose {
                    entity: read_entity(&mut bits)?,
                    position: read_place(&mut bits)?,
                    yaw: (bits.read(YAW_BITS)? as u16) << (16 - YAW_BITS),
                    grounded: bits.read_bool()?,
                    tracked: read_tracked(&mut bits)?,
                }),
                BODY => self.bodies.push(BodyPose {
                    entity: read_entity(&mut bits)?,
                    position: read_place(&mut bits)?,
                    rotation: read_rotation(&mut bits)?,
                    asleep: bits.read_bool()?,
                }),
                _ => return Err(MessageError::Invalid("kind of entity")),
            }
        }
        if bits.bits_left() >= 8 {
            return Err(MessageError::Invalid("end of the snapshot"));
        }
        Ok(())
    }
}
