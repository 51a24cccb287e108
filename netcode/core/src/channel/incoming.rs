//! The receiving end: the bytes from the next message on, some of which have come.

use super::{ChannelError, MAX_EVENT_BYTES, OFFSET_BYTES, WINDOW_BYTES, WINDOW_SEGMENTS};
use crate::message::MESSAGE_HEADER_BYTES;

/// A message that has begun to come, and all that may be unacknowledged after it.
const HELD_BYTES: usize = MESSAGE_HEADER_BYTES + MAX_EVENT_BYTES + WINDOW_BYTES;

#[derive(Clone, Debug)]
pub(super) struct Incoming {
    /// The stream from `start` on.
    bytes: Box<[u8]>,
    start: u32,
    /// How much of `bytes` has been given out.
    read: usize,
    /// The parts of `bytes` that have come: first byte and the one after the last, in order, with gaps between them.
    parts: Vec<(usize, usize)>,
}

impl Incoming {
    pub(super) fn new(start: u32) -> Incoming {
        Incoming {
            bytes: vec![0; HELD_BYTES].into_boxed_slice(),
            start,
            read: 0,
            parts: Vec::with_capacity(WINDOW_SEGMENTS),
        }
    }

    pub(super) fn receive(&mut self, segment: &[u8]) -> Result<(), ChannelError> {
        let (offset, bytes) = segment
            .split_first_chunk::<OFFSET_BYTES>()
            .ok_or(ChannelError::Short)?;
        self.forget_the_read();
        let ahead = u32::from_le_bytes(*offset)
            .wrapping_sub(self.start)
            .cast_signed();
        let known = if ahead < 0 { ahead.unsigned_abs() } else { 0 };
        let Some(bytes) = bytes
            .get(known as usize..)
            .filter(|bytes| !bytes.is_empty())
        else {
            return Ok(());
        };
        let at = ahead.max(0) as usize;
        let end = at + bytes.len();
        let place = self
            .bytes
            .get_mut(at..end)
            .ok_or(ChannelError::BeyondWindow)?;
        insert(&mut self.parts, at, end)?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn next(&mut self) -> Result<Option<(u8, &[u8])>, ChannelError> {
        let whole = match self.parts.first() {
            Some(&(0, end)) => end,
            _ => 0,
        };
        let ready = &self.bytes[self.read..whole.max(self.read)];
        let Some((&[id, low, high], rest)) = ready.split_first_chunk::<MESSAGE_HEADER_BYTES>()
        else {
            return Ok(None);
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        if length > MAX_EVENT_BYTES {
            return Err(ChannelError::TooLong);
        }
        let Some(message) = rest.get(..length) else {
            return Ok(None);
        };
        self.read += MESSAGE_HEADER_BYTES + length;
        Ok(Some((id, message)))
    }

    fn forget_the_read(&mut self) {
        let read = core::mem::take(&mut self.read);
        let Some(&(_, end)) = self.parts.last().filter(|_| read > 0) else {
            return;
        };
        self.bytes.copy_within(read..end, 0);
        self.start = self.start.wrapping_add(read as u32);
        for (from, to) in &mut self.parts {
            // What was read is the beginning of the first part.
            (*from, *to) = (from.saturating_sub(read), *to - read);
        }
        if self.parts[0].1 == 0 {
            self.parts.remove(0);
        }
    }
}

/// Marks a part as come, joined with those that it touches.
fn insert(parts: &mut Vec<(usize, usize)>, from: usize, to: usize) -> Result<(), ChannelError> {
    let touched =
        parts.partition_point(|part| part.1 < from)..parts.partition_point(|part| part.0 <= to);
    let (first, last) = (touched.start, touched.end);
    if first == last {
        if parts.len() == WINDOW_SEGMENTS {
            return Err(ChannelError::Scattered);
        }
        parts.insert(first, (from, to));
    } else {
        parts[first] = (parts[first].0.min(from), parts[last - 1].1.max(to));
        parts.drain(first + 1..last);
    }
    Ok(())
}

#[cfg(test)]
impl Incoming {
    /// Memory held (unit: bytes, parts).
    pub(super) fn capacity(&self) -> (usize, usize) {
        (self.bytes.len(), self.parts.capacity())
    }
}
