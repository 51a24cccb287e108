//! The messages of a payload: written one after the other, read as an iterator.

use super::{LinkError, Sequence};
use crate::bits::BitsError;
use crate::message::{MESSAGE_HEADER_BYTES, MessageId};

/// A payload that is being filled.
#[derive(Debug)]
pub struct PayloadWriter<'a> {
    pub(super) sequence: Sequence,
    pub(super) bytes: &'a mut [u8],
    pub(super) length: usize,
}

impl PayloadWriter<'_> {
    /// The payload's number, to be recognised when it is acknowledged.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Bytes that the next message may have.
    #[must_use]
    pub fn room(&self) -> usize {
        (self.bytes.len() - self.length).saturating_sub(MESSAGE_HEADER_BYTES)
    }

    /// Bytes left, the next message's header among them.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.length
    }

    /// Adds a message: `encode` is given all the room there is and says how many bytes it used. When it fails, the
    /// payload stays without the message. Returns the message's length.
    ///
    /// # Errors
    /// [`LinkError::Full`] when the message or its header does not fit.
    pub fn add(
        &mut self,
        id: MessageId,
        encode: impl FnOnce(&mut [u8]) -> Result<usize, BitsError>,
    ) -> Result<usize, LinkError> {
        let start = self.length + MESSAGE_HEADER_BYTES;
        let room = self.bytes.get_mut(start..).ok_or(LinkError::Full)?;
        let used = encode(room).map_err(|_| LinkError::Full)?;
        debug_assert!(used <= room.len());
        self.bytes[self.length] = id as u8;
        self.bytes[self.length + 1..start].copy_from_slice(&(used as u16).to_le_bytes());
        self.length = start + used;
        Ok(used)
    }

    /// Adds a message that is bytes already.
    ///
    /// # Errors
    /// [`LinkError::Full`] when it does not fit.
    pub fn add_bytes(&mut self, id: MessageId, message: &[u8]) -> Result<usize, LinkError> {
        self.add(id, |room| {
            let room = room.get_mut(..message.len()).ok_or(BitsError::Full)?;
            room.copy_from_slice(message);
            Ok(message.len())
        })
    }

    /// The payload's length so far (unit: bytes).
    #[must_use]
    pub fn finish(self) -> usize {
        self.length
    }
}

/// The messages of a payload: an iterator of id and bytes. Unknown ids are among them, for the caller to count and skip.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    pub(super) fn check(rest: &'a [u8]) -> Result<Messages<'a>, LinkError> {
        let mut messages = Messages { rest };
        while messages.next().is_some() {}
        if messages.rest.is_empty() {
            Ok(Messages { rest })
        } else {
            Err(LinkError::Malformed)
        }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[id, l0, l1], rest) = self.rest.split_first_chunk::<MESSAGE_HEADER_BYTES>()?;
        let (message, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([l0, l1])))?;
        self.rest = rest;
        Some((id, message))
    }
}
