//! What a payload carries: messages, each with an id and a length, and the small ones that are not worth a module.
//!
//! After the link's header a payload is a row of messages: `id u8, length u16, bytes`. A message with an id that this
//! build does not know is skipped by its length and the rest is read; a length that points past the end makes the whole
//! payload malformed. Input and snapshot have modules of their own.

mod resume;
mod spawn;

pub use resume::{RESUME_TOKEN_BYTES, ResumeToken, SEALED_TOKEN_BYTES};
pub use spawn::{Despawn, SPAWN_BYTES, Spawn};

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::tick::{EntityId, SeatId, Tick};

/// Bytes in front of each message.
pub const MESSAGE_HEADER_BYTES: usize = 3;

/// Longest player's name (unit: UTF-8 bytes).
pub const MAX_NAME_BYTES: usize = 64;

/// Longest text of a goodbye (unit: UTF-8 bytes).
pub const MAX_REASON_BYTES: usize = 200;

/// The messages of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MessageId {
    /// Client → server: [`crate::input::InputPacket`].
    Input = 1,
    /// Server → client: [`crate::snapshot::Snapshot`].
    Snapshot = 2,
    /// Server → client: [`Welcome`].
    Welcome = 3,
    /// Server → client: [`RosterEntry`].
    RosterEntry = 4,
    /// Server → client: [`Goodbye`].
    Goodbye = 5,
    /// Server → client: [`ResumeToken`].
    ResumeToken = 6,
    /// Either way: a segment of the reliable channel ([`crate::channel`]). Welcome, roster, bodies and goodbye ride in it.
    Events = 7,
    /// Server → client: [`RosterExit`].
    RosterExit = 8,
    /// Server → client: [`Spawn`].
    Spawn = 9,
    /// Server → client: [`Despawn`].
    Despawn = 10,
}

impl MessageId {
    /// All of them, in the order of their numbers.
    pub const ALL: [MessageId; 10] = [
        MessageId::Input,
        MessageId::Snapshot,
        MessageId::Welcome,
        MessageId::RosterEntry,
        MessageId::Goodbye,
        MessageId::ResumeToken,
        MessageId::Events,
        MessageId::RosterExit,
        MessageId::Spawn,
        MessageId::Despawn,
    ];

    /// The message with this number, if this build knows it.
    #[must_use]
    pub fn from_u8(id: u8) -> Option<MessageId> {
        MessageId::ALL.into_iter().find(|known| *known as u8 == id)
    }
}

/// Why the bytes of a message are not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// It ends too early, or does not fit when written.
    Bits(BitsError),
    /// A field has a value that no honest peer sends; the name of the field.
    Invalid(&'static str),
}

impl From<BitsError> for MessageError {
    fn from(error: BitsError) -> Self {
        MessageError::Bits(error)
    }
}

impl core::fmt::Display for MessageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            MessageError::Bits(error) => error.fmt(f),
            MessageError::Invalid(field) => write!(f, "the field {field} has an impossible value"),
        }
    }
}

impl core::error::Error for MessageError {}

/// Text of at most `N` UTF-8 bytes, without an allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

/// A player's name.
pub type Name = Text<MAX_NAME_BYTES>;

/// A reason that is shown to a player.
pub type Reason = Text<MAX_REASON_BYTES>;

impl<const N: usize> Text<N> {
    /// As much of the text as fits, cut between two characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let length = text.floor_char_boundary(N);
        let mut bytes = [0; N];
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Text {
            bytes,
            length: length as u8,
        }
    }

    /// The text of these bytes; `None` when they are too many or not UTF-8.
    #[must_use]
    pub fn from_utf8(text: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        (text.len() <= N).then(|| Text::new(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length as usize]).unwrap_or_default()
    }

    fn write(&self, out: &mut BitWriter<'_>) -> Result<(), BitsError> {
        out.write(u64::from(self.length), 8)?;
        out.write_bytes(self.as_str().as_bytes())
    }

    fn read(input: &mut BitReader<'_>) -> Result<Self, MessageError> {
        let length = input.read(8)? as usize;
        let mut bytes = [0; N];
        let text = bytes
            .get_mut(..length)
            .ok_or(MessageError::Invalid("text length"))?;
        input.read_bytes(text)?;
        Text::from_utf8(&bytes[..length]).ok_or(MessageError::Invalid("text"))
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Text::new("")
    }
}

impl<const N: usize> core::fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// The server's first word to a client, by the reliable channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The server's tick when this was written.
    pub tick: Tick,
    /// The client's own body.
    pub entity: EntityId,
    /// [`crate::world::World::hash`] of the server's world: a client with another one must not predict.
    pub world_hash: u64,
    /// Ticks a second.
    pub tick_rate_hz: u8,
}

impl Welcome {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(u64::from(self.tick.0), 32)?;
        out.write(u64::from(self.entity.0), 32)?;
        out.write(self.world_hash, 64)?;
        out.write(u64::from(self.tick_rate_hz), 8)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short, or has no body or no tick rate.
    pub fn decode(bytes: &[u8]) -> Result<Welcome, MessageError> {
        let mut input = BitReader::new(bytes);
        let welcome = Welcome {
            tick: Tick(input.read_u32(32)?),
            entity: EntityId(input.read_u32(32)?),
            world_hash: input.read(64)?,
            tick_rate_hz: input.read(8)? as u8,
        };
        if welcome.tick_rate_hz == 0 {
            return Err(MessageError::Invalid("tick_rate_hz"));
        }
        Ok(welcome)
    }
}

/// A player's body is there from now on, and whose it is; by the reliable channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// The body.
    pub entity: EntityId,
    /// Whose seat it is.
    pub seat: SeatId,
    /// Shown above the head.
    pub name: Name,
}

impl RosterEntry {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(u64::from(self.entity.0), 32)?;
        out.write(self.seat.0, 64)?;
        self.name.write(&mut out)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short, its text is too long or not UTF-8, or nobody sits in it.
    pub fn decode(bytes: &[u8]) -> Result<RosterEntry, MessageError> {
        let mut input = BitReader::new(bytes);
        let entity = EntityId(input.read_u32(32)?);
        let seat = SeatId(input.read(64)?);
        if entity == EntityId::NONE || seat == SeatId(0) {
            return Err(MessageError::Invalid("entity or seat"));
        }
        let name = Name::read(&mut input)?;
        Ok(RosterEntry { entity, seat, name })
    }
}

/// A player's body is there no longer; by the reliable channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterExit {
    /// The body.
    pub entity: EntityId,
}

impl RosterExit {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(u64::from(self.entity.0), 32)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short, or nobody's.
    pub fn decode(bytes: &[u8]) -> Result<RosterExit, MessageError> {
        let entity = EntityId(BitReader::new(bytes).read_u32(32)?);
        if entity == EntityId::NONE {
            return Err(MessageError::Invalid("entity"));
        }
        Ok(RosterExit { entity })
    }
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GoodbyeCause {
    /// An operator removed the player.
    Kicked = 1,
    /// The instance shuts down.
    Shutdown = 2,
    /// The peer broke the protocol.
    Protocol = 3,
}

impl GoodbyeCause {
    const ALL: [GoodbyeCause; 3] = [
        GoodbyeCause::Kicked,
        GoodbyeCause::Shutdown,
        GoodbyeCause::Protocol,
    ];
}

/// The last message of a session, by the reliable channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goodbye {
    /// Why.
    pub cause: GoodbyeCause,
    /// The same for the player; may be empty.
    pub reason: Reason,
}

impl Goodbye {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(self.cause as u64, 8)?;
        self.reason.write(&mut out)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short, its cause is unknown, or its text too long or not UTF-8.
    pub fn decode(bytes: &[u8]) -> Result<Goodbye, MessageError> {
        let mut input = BitReader::new(bytes);
        let cause = input.read(8)?;
        let cause = GoodbyeCause::ALL
            .into_iter()
            .find(|known| *known as u64 == cause)
            .ok_or(MessageError::Invalid("cause"))?;
        let reason = Reason::read(&mut input)?;
        Ok(Goodbye { cause, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(Text::<4>::new("añb").as_str(), "añb");
        assert_eq!(Text::<4>::new("aññ").as_str(), "añ");
        assert_eq!(Text::<4>::from_utf8("aññ".as_bytes()), None);
        assert_eq!(Text::<4>::from_utf8(&[0xff]), None);
    }

    proptest! {
        #[test]
        fn messages_come_back_as_they_were(a: u32, b in 1u32.., c in 1u64.., rate in 1u8.., name in ".{0,80}", cause in 0usize..3) {
            let mut bytes = [0; 300];
            let welcome = Welcome { tick: Tick(a), entity: EntityId(b), world_hash: c, tick_rate_hz: rate };
            let n = welcome.encode(&mut bytes).unwrap();
            prop_assert_eq!(Welcome::decode(&bytes[..n]), Ok(welcome));
            let entry = RosterEntry { entity: EntityId(b), seat: SeatId(c), name: Name::new(&name) };
            let n = entry.encode(&mut bytes).unwrap();
            prop_assert_eq!(RosterEntry::decode(&bytes[..n]), Ok(entry));
            prop_assert!(RosterEntry::decode(&bytes[..n - 1]).is_err());
            let exit = RosterExit { entity: EntityId(b) };
            let n = exit.encode(&mut bytes).unwrap();
            prop_assert_eq!(RosterExit::decode(&bytes[..n]), Ok(exit));
            let goodbye = Goodbye { cause: GoodbyeCause::ALL[cause], reason: Reason::new(&name) };
            let n = goodbye.encode(&mut bytes).unwrap();
            prop_assert_eq!(Goodbye::decode(&bytes[..n]), Ok(goodbye));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Welcome::decode(&bytes);
            let _ = RosterEntry::decode(&bytes);
            let _ = RosterExit::decode(&bytes);
            let _ = Goodbye::decode(&bytes);
        }
    }
}
