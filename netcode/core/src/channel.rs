//! The reliable channel: messages that must arrive, once and in order, over payloads that may not.
//!
//! Messages are laid one after the other into a stream of bytes, framed as in a payload (`id u8, length u16, bytes`). The
//! stream is cut into segments that ride in payloads; each says where in the stream it belongs, so several small messages
//! share a segment and one message may need many. A payload that was acknowledged has brought its segments; one that is
//! presumed lost ([`Link::presumes_lost`]) sends them again, in another payload beside newer ones. Both ends hold a fixed
//! window of bytes and of segments: what does not fit is refused to the caller, and what a peer sends beyond it costs the
//! peer its session.
//!
//! Link and channel are the session's, not the connection's: when a client comes back with a new one, what got lost in
//! between is sent again like any other loss. Which messages ride here is the caller's choice; how many bytes a second a
//! large one may cost is [`Pace`]'s.

mod incoming;
mod outgoing;
mod pace;
#[cfg(test)]
mod tests;

pub use pace::Pace;

use crate::bits::BitsError;
use crate::link::{Acked, Link, PayloadWriter};
use crate::message::MessageId;
use incoming::Incoming;
use outgoing::Outgoing;

/// Largest message of the channel, without its header (unit: bytes).
pub const MAX_EVENT_BYTES: usize = 8 * 1024;

/// `[RC5]` Bytes of the stream that may be unacknowledged.
pub const WINDOW_BYTES: usize = 16 * 1024;

/// `[RC5]` Segments that may be unacknowledged.
pub const WINDOW_SEGMENTS: usize = 64;

/// Largest segment (unit: bytes of the stream). Where a payload offers less than [`FULL_SEGMENT_BYTES`], those that were
/// cut larger wait.
pub const SEGMENT_BYTES: usize = 512;

/// What a segment of [`SEGMENT_BYTES`] takes of a payload (unit: bytes).
pub const FULL_SEGMENT_BYTES: usize = SEGMENT_BYTES + SEGMENT_HEADER_BYTES;

/// The message's header, and `offset u32`.
const SEGMENT_HEADER_BYTES: usize = crate::message::MESSAGE_HEADER_BYTES + OFFSET_BYTES;

const OFFSET_BYTES: usize = 4;

/// Why the channel did not take something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelError {
    /// `[RC5]` The window has no room for the message now.
    Full,
    /// `[RC4]` The message is longer than [`MAX_EVENT_BYTES`].
    TooLong,
    /// `[RC6]` A segment without its offset.
    Short,
    /// `[RC6]` A segment beyond the window that an honest peer keeps.
    BeyondWindow,
    /// `[RC6]` More gaps than an honest peer can leave.
    Scattered,
}

impl core::fmt::Display for ChannelError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ChannelError::Full => "the channel's window is full",
            ChannelError::TooLong => "a message of the channel is too long",
            ChannelError::Short => "a segment is shorter than its header",
            ChannelError::BeyondWindow => "a segment lies beyond the window",
            ChannelError::Scattered => "the segments leave too many gaps",
        })
    }
}

impl core::error::Error for ChannelError {}

/// One end of a reliable channel.
#[derive(Clone, Debug)]
pub struct Channel {
    outgoing: Outgoing,
    incoming: Incoming,
}

impl Default for Channel {
    fn default() -> Self {
        Channel::new()
    }
}

impl Channel {
    /// A channel that nothing has gone through. Allocates all that it will ever hold.
    #[must_use]
    pub fn new() -> Channel {
        Channel::starting_at(0)
    }

    /// A channel whose streams begin with this offset, the same on both ends: for tests of the wrap.
    #[must_use]
    pub fn starting_at(offset: u32) -> Channel {
        Channel {
            outgoing: Outgoing::new(offset),
            incoming: Incoming::new(offset),
        }
    }

    /// Adds a message to the stream: `encode` is given all the room that a message may have and says how many bytes it
    /// used.
    ///
    /// # Errors
    /// [`ChannelError::Full`] when the window has no room for it now; the stream is as before then.
    pub fn push(
        &mut self,
        id: MessageId,
        encode: impl FnOnce(&mut [u8]) -> Result<usize, BitsError>,
    ) -> Result<(), ChannelError> {
        self.outgoing.push(id, encode)
    }

    /// Adds a message that is bytes already.
    ///
    /// # Errors
    /// [`ChannelError::Full`] as in [`Channel::push`]; [`ChannelError::TooLong`] when there never will be room for it.
    pub fn push_bytes(&mut self, id: MessageId, message: &[u8]) -> Result<(), ChannelError> {
        if message.len() > MAX_EVENT_BYTES {
            return Err(ChannelError::TooLong);
        }
        self.outgoing.push(id, |room| {
            let room = room.get_mut(..message.len()).ok_or(BitsError::Full)?;
            room.copy_from_slice(message);
            Ok(message.len())
        })
    }

    /// Writes what is due into a payload, at most `limit` bytes of it with all headers, and returns how many they are.
    pub fn write(
        &mut self,
        now_us: u64,
        link: &Link,
        payload: &mut PayloadWriter<'_>,
        limit: usize,
    ) -> usize {
        self.outgoing.write(now_us, link, payload, limit)
    }

    /// Takes note of what a payload acknowledged ([`crate::link::Received::newly_acked`]).
    pub fn acknowledge(&mut self, acked: Acked) {
        acked.for_each(|sequence| self.outgoing.acknowledge(sequence));
    }

    /// Takes in a segment: a message [`MessageId::Events`]. [`Channel::next`] is to be asked until it has no more.
    ///
    /// # Errors
    /// `[RC6]` What no honest peer sends; it is to cost the session.
    pub fn receive(&mut self, segment: &[u8]) -> Result<(), ChannelError> {
        self.incoming.receive(segment)
    }

    /// The next message, once all before it have been given out. Unknown ids are among them.
    ///
    /// # Errors
    /// [`ChannelError::TooLong`]; it is to cost the session.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it gives out lies in the channel"
    )]
    pub fn next(&mut self) -> Result<Option<(u8, &[u8])>, ChannelError> {
        self.incoming.next()
    }

    /// Whether everything that was pushed has been acknowledged.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.outgoing.is_idle()
    }

    /// Bytes of the stream that have not been sent once. Whoever has much to tell keeps this small, so that what matters
    /// more and comes later does not wait long.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.outgoing.unsent()
    }

    /// Longest message that [`Channel::push`] would take now (unit: bytes).
    #[must_use]
    pub fn room(&self) -> usize {
        self.outgoing.room()
    }
}
