//! The sending end: the bytes from the oldest unacknowledged one on, and the segments that they were cut into.

use super::{
    ChannelError, MAX_EVENT_BYTES, OFFSET_BYTES, SEGMENT_BYTES, SEGMENT_HEADER_BYTES, WINDOW_BYTES,
    WINDOW_SEGMENTS,
};
use crate::bits::BitsError;
use crate::link::{Link, PayloadWriter, SENT_WINDOW, Sequence};
use crate::message::{MESSAGE_HEADER_BYTES, MessageId};
use std::collections::VecDeque;

/// A segment is not cut shorter than this for want of room (unit: bytes of the stream).
const LEAST_CUT: usize = 32;

#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    /// Bytes of the stream that are not acknowledged; the first of them is at `start` in the stream.
    bytes: Box<[u8]>,
    start: u32,
    length: usize,
    /// What `bytes` was cut into so far, without gaps from its first byte on.
    segments: VecDeque<Segment>,
    /// The number of the first of them; only payloads are told apart by it, the peer never sees it.
    first: u32,
    rode: Box<[Rode]>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    length: usize,
    fate: Fate,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Sent { last: Sequence, sent_us: u64 },
    Arrived,
}

/// The segments in a payload: bit `k` is for number `first + k`.
#[derive(Clone, Copy, Debug, Default)]
struct Rode {
    sequence: Sequence,
    first: u32,
    bits: u64,
}

const _: () = assert!(WINDOW_SEGMENTS <= u64::BITS as usize);

impl Outgoing {
    pub(super) fn new(start: u32) -> Outgoing {
        Outgoing {
            bytes: vec![0; WINDOW_BYTES].into_boxed_slice(),
            start,
            length: 0,
            segments: VecDeque::with_capacity(WINDOW_SEGMENTS),
            first: 0,
            rode: vec![Rode::default(); SENT_WINDOW].into_boxed_slice(),
        }
    }

    pub(super) fn room(&self) -> usize {
        let left = self.bytes.len() - self.length;
        left.saturating_sub(MESSAGE_HEADER_BYTES)
            .min(MAX_EVENT_BYTES)
    }

    pub(super) fn push(
        &mut self,
        id: MessageId,
        encode: impl FnOnce(&mut [u8]) -> Result<usize, BitsError>,
    ) -> Result<(), ChannelError> {
        let room = self.room();
        let free = &mut self.bytes[self.length..];
        let (header, free) = free
            .split_first_chunk_mut::<MESSAGE_HEADER_BYTES>()
            .ok_or(ChannelError::Full)?;
        let used = encode(&mut free[..room]).map_err(|_| ChannelError::Full)?;
        debug_assert!(used <= room);
        let [low, high] = (used as u16).to_le_bytes();
        *header = [id as u8, low, high];
        self.length += MESSAGE_HEADER_BYTES + used;
        Ok(())
    }

    pub(super) fn write(
        &mut self,
        now_us: u64,
        link: &Link,
        payload: &mut PayloadWriter<'_>,
        limit: usize,
    ) -> usize {
        let sequence = payload.sequence();
        let fate = Fate::Sent {
            last: sequence,
            sent_us: now_us,
        };
        let (mut at, mut bits, mut left) = (0, 0u64, limit);
        for (k, segment) in self.segments.iter_mut().enumerate() {
            let bytes = &self.bytes[at..at + segment.length];
            if segment.fate.is_due(now_us, link)
                && put(payload, &mut left, offset(self.start, at), bytes)
            {
                segment.fate = fate;
                bits |= 1 << k;
            }
            at += segment.length;
        }
        while at < self.length && self.segments.len() < WINDOW_SEGMENTS {
            let uncut = self.length - at;
            let room = left
                .min(payload.left())
                .saturating_sub(SEGMENT_HEADER_BYTES);
            let length = uncut.min(SEGMENT_BYTES).min(room);
            if length < uncut.min(LEAST_CUT) {
                break;
            }
            let bytes = &self.bytes[at..at + length];
            if !put(payload, &mut left, offset(self.start, at), bytes) {
                break;
            }
            bits |= 1 << self.segments.len();
            self.segments.push_back(Segment { length, fate });
            at += length;
        }
        self.rode[usize::from(sequence.0) % SENT_WINDOW] = Rode {
            sequence,
            first: self.first,
            bits,
        };
        limit - left
    }

    pub(super) fn acknowledge(&mut self, sequence: Sequence) {
        let rode = &mut self.rode[usize::from(sequence.0) % SENT_WINDOW];
        if rode.sequence != sequence {
            return;
        }
        let mut bits = core::mem::take(&mut rode.bits);
        while bits != 0 {
            let number = rode.first.wrapping_add(bits.trailing_zeros());
            bits &= bits - 1;
            // Those that have been forgotten since lie far ahead, by the wrap.
            let index = number.wrapping_sub(self.first) as usize;
            if let Some(segment) = self.segments.get_mut(index) {
                segment.fate = Fate::Arrived;
            }
        }
        self.forget_the_arrived();
    }

    fn forget_the_arrived(&mut self) {
        let mut arrived = 0;
        while let Some(segment) = self.segments.front()
            && matches!(segment.fate, Fate::Arrived)
        {
            arrived += segment.length;
            self.segments.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        if arrived > 0 {
            self.bytes.copy_within(arrived..self.length, 0);
            self.length -= arrived;
            self.start = offset(self.start, arrived);
        }
    }

    pub(super) fn unsent(&self) -> usize {
        let sent = self.segments.iter().map(|segment| segment.length);
        self.length - sent.sum::<usize>()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.length == 0
    }
}

impl Fate {
    fn is_due(&self, now_us: u64, link: &Link) -> bool {
        match *self {
            Fate::Sent { last, sent_us } => link.presumes_lost(last, sent_us, now_us),
            Fate::Arrived => false,
        }
    }
}

fn offset(start: u32, at: usize) -> u32 {
    start.wrapping_add(at as u32)
}

/// Adds a segment, if the payload and what is left of the limit have room for it.
fn put(payload: &mut PayloadWriter<'_>, left: &mut usize, offset: u32, bytes: &[u8]) -> bool {
    let length = SEGMENT_HEADER_BYTES + bytes.len();
    if length > *left || length > payload.left() {
        return false;
    }
    let added = payload.add(MessageId::Events, |room| {
        room[..OFFSET_BYTES].copy_from_slice(&offset.to_le_bytes());
        room[OFFSET_BYTES..OFFSET_BYTES + bytes.len()].copy_from_slice(bytes);
        Ok(OFFSET_BYTES + bytes.len())
    });
    debug_assert!(added.is_ok());
    *left -= length;
    true
}
