//! The frame around every payload: sequence numbers, acknowledgements, round-trip time.
//!
//! A payload is what netcode 1.02 carries for us: already decrypted, authenticated and, within its window, not replayed.
//! It starts with `sequence u16, ack u16, ack_bits u32` (little endian) and goes on with messages ([`crate::message`]).
//! `ack` is the newest sequence that this end has received, bit `i` of `ack_bits` says that `ack - 1 - i` came too: every
//! acknowledgement is repeated in 33 payloads, so losing some costs nothing. This is the first form: reliable events and
//! fragments are built on `newly_acked` and get message ids of their own.

use crate::bits::BitsError;
use crate::message::{MESSAGE_HEADER_BYTES, MessageId};

/// Bytes in front of the first message.
pub const LINK_HEADER_BYTES: usize = 8;

/// Largest payload that is ever sent: it fits one datagram on every path (netcode adds 25 bytes at most, UDP and IPv6 48).
pub const MAX_PAYLOAD_BYTES: usize = 1150;

/// Sent payloads that are remembered until they are acknowledged (unit: sequences; 8 s at 30 Hz).
const SENT_WINDOW: usize = 256;

/// Sequences that one header can acknowledge.
const ACK_WINDOW: u16 = 33;

/// A payload's number, wrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sequence(pub u16);

impl Sequence {
    /// Sequences from `earlier` to `self`, negative when `self` is the earlier one. Right for distances below 2^15.
    #[must_use]
    pub const fn since(self, earlier: Sequence) -> i16 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    const fn back(self, count: u16) -> Sequence {
        Sequence(self.0.wrapping_sub(count))
    }
}

/// Why a payload was not taken, or a message not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// Shorter than its own header.
    Short,
    /// `[LK3]` Its sequence was received before.
    Duplicate,
    /// `[LK3]` Its sequence lies further back than an acknowledgement reaches.
    Stale,
    /// `[LK5]` A message's length points past the end of the payload.
    Malformed,
    /// There is no room for the message in this payload.
    Full,
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            LinkError::Short => "the payload is shorter than its header",
            LinkError::Duplicate => "the payload was received before",
            LinkError::Stale => "the payload is too old",
            LinkError::Malformed => "a message points past the end of the payload",
            LinkError::Full => "the payload is full",
        })
    }
}

impl core::error::Error for LinkError {}

#[derive(Clone, Copy, Debug)]
struct Sent {
    sequence: Sequence,
    sent_us: u64,
    waiting: bool,
}

/// One end of a link.
#[derive(Clone, Debug)]
pub struct Link {
    next: Sequence,
    sent: [Sent; SENT_WINDOW],
    newest: Option<Sequence>,
    received_bits: u32,
    rtt: Option<RoundTrip>,
}

#[derive(Clone, Copy, Debug)]
struct RoundTrip {
    smoothed_us: u32,
    deviation_us: u32,
}

/// What came with a payload.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// The payload's number.
    pub sequence: Sequence,
    /// Payloads of ours that the peer acknowledged for the first time.
    pub newly_acked: Acked,
    /// The messages in it.
    pub messages: Messages<'a>,
}

impl Default for Link {
    fn default() -> Self {
        Link::new()
    }
}

impl Link {
    /// A link that has neither sent nor received.
    #[must_use]
    pub fn new() -> Link {
        Link {
            next: Sequence(0),
            sent: [Sent {
                sequence: Sequence(0),
                sent_us: 0,
                waiting: false,
            }; SENT_WINDOW],
            newest: None,
            received_bits: 0,
            rtt: None,
        }
    }

    /// Starts a payload in `buffer` (at most [`MAX_PAYLOAD_BYTES`] of it are used) and counts it as sent at `now_us`,
    /// by any steady clock of this end.
    ///
    /// # Errors
    /// [`LinkError::Full`] when not even the header fits.
    pub fn start<'a>(
        &mut self,
        now_us: u64,
        buffer: &'a mut [u8],
    ) -> Result<PayloadWriter<'a>, LinkError> {
        if buffer.len() < LINK_HEADER_BYTES {
            return Err(LinkError::Full);
        }
        let sequence = self.next;
        self.next = Sequence(sequence.0.wrapping_add(1));
        self.sent[sequence.0 as usize % SENT_WINDOW] = Sent {
            sequence,
            sent_us: now_us,
            waiting: true,
        };
        // Nothing received yet: 65535 is what nobody has sent by then, and says so.
        let ack = self.newest.unwrap_or(Sequence(u16::MAX));
        let length = buffer.len().min(MAX_PAYLOAD_BYTES);
        let bytes = &mut buffer[..length];
        bytes[0..2].copy_from_slice(&sequence.0.to_le_bytes());
        bytes[2..4].copy_from_slice(&ack.0.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.received_bits.to_le_bytes());
        Ok(PayloadWriter {
            sequence,
            bytes,
            length: LINK_HEADER_BYTES,
        })
    }

    /// Takes a payload that arrived at `now_us`, by the clock of [`Link::start`].
    ///
    /// # Errors
    /// When the payload is malformed, a duplicate or too old; the link is as before then.
    pub fn receive<'a>(
        &mut self,
        now_us: u64,
        payload: &'a [u8],
    ) -> Result<Received<'a>, LinkError> {
        let (header, rest) = payload
            .split_first_chunk::<LINK_HEADER_BYTES>()
            .ok_or(LinkError::Short)?;
        let [s0, s1, a0, a1, b0, b1, b2, b3] = *header;
        let messages = Messages::check(rest)?;
        let sequence = Sequence(u16::from_le_bytes([s0, s1]));
        self.note_received(sequence)?;
        let ack = Sequence(u16::from_le_bytes([a0, a1]));
        let newly_acked = self.note_acked(now_us, ack, u32::from_le_bytes([b0, b1, b2, b3]));
        Ok(Received {
            sequence,
            newly_acked,
            messages,
        })
    }

    /// The smoothed round-trip time (unit: microseconds), once one was measured. It holds the time that the peer waited
    /// for its next tick.
    #[must_use]
    pub fn rtt_us(&self) -> Option<u32> {
        self.rtt.map(|rtt| rtt.smoothed_us)
    }

    /// How much single round trips differ from [`Link::rtt_us`] (unit: microseconds; mean deviation).
    #[must_use]
    pub fn rtt_deviation_us(&self) -> Option<u32> {
        self.rtt.map(|rtt| rtt.deviation_us)
    }

    fn note_received(&mut self, sequence: Sequence) -> Result<(), LinkError> {
        let Some(newest) = self.newest else {
            self.newest = Some(sequence);
            return Ok(());
        };
        match sequence.since(newest) {
            0 => return Err(LinkError::Duplicate),
            // The shift moves the old newest into the bits, so it is done on 33 of them.
            ahead @ 1.. => {
                let seen = (u64::from(self.received_bits) << 1) | 1;
                self.received_bits = seen
                    .checked_shl(u32::from(ahead.cast_unsigned()) - 1)
                    .map_or(0, |bits| bits as u32);
                self.newest = Some(sequence);
            }
            behind => {
                let back = behind.unsigned_abs();
                if back >= ACK_WINDOW {
                    return Err(LinkError::Stale);
                }
                let bit = 1 << (back - 1);
                if self.received_bits & bit != 0 {
                    return Err(LinkError::Duplicate);
                }
                self.received_bits |= bit;
            }
        }
        Ok(())
    }

    fn note_acked(&mut self, now_us: u64, ack: Sequence, ack_bits: u32) -> Acked {
        let claimed = (u64::from(ack_bits) << 1) | 1;
        let mut newly = 0u64;
        for back in 0..ACK_WINDOW {
            if claimed >> back & 1 == 0 {
                continue;
            }
            let sequence = ack.back(back);
            let sent = &mut self.sent[sequence.0 as usize % SENT_WINDOW];
            if sent.waiting && sent.sequence == sequence {
                sent.waiting = false;
                newly |= 1 << back;
                // Only the newest one: the others may have waited for this header.
                if back == 0 {
                    let sample_us = now_us.saturating_sub(sent.sent_us).min(u64::from(u32::MAX));
                    self.rtt = Some(RoundTrip::smooth(self.rtt, sample_us as u32));
                }
            }
        }
        Acked { ack, bits: newly }
    }
}

impl RoundTrip {
    /// RFC 6298: gains of 1/8 and 1/4.
    fn smooth(before: Option<RoundTrip>, sample_us: u32) -> RoundTrip {
        let Some(before) = before else {
            return RoundTrip {
                smoothed_us: sample_us,
                deviation_us: sample_us / 2,
            };
        };
        let weigh = |old: u32, new: u32, eighths: u64| {
            ((u64::from(old) * (8 - eighths) + u64::from(new) * eighths) / 8) as u32
        };
        RoundTrip {
            deviation_us: weigh(
                before.deviation_us,
                before.smoothed_us.abs_diff(sample_us),
                2,
            ),
            smoothed_us: weigh(before.smoothed_us, sample_us, 1),
        }
    }
}

/// The sequences that a payload acknowledged for the first time, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acked {
    ack: Sequence,
    bits: u64,
}

impl Acked {
    /// Whether this one is among them.
    #[must_use]
    pub fn contains(&self, sequence: Sequence) -> bool {
        let mut acked = *self;
        acked.any(|known| known == sequence)
    }
}

impl Iterator for Acked {
    type Item = Sequence;

    fn next(&mut self) -> Option<Sequence> {
        if self.bits == 0 {
            return None;
        }
        let back = self.bits.trailing_zeros() as u16;
        self.bits &= self.bits - 1;
        Some(self.ack.back(back))
    }
}

/// A payload that is being filled.
#[derive(Debug)]
pub struct PayloadWriter<'a> {
    sequence: Sequence,
    bytes: &'a mut [u8],
    length: usize,
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
    fn check(rest: &'a [u8]) -> Result<Messages<'a>, LinkError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn payload(link: &mut Link, now_us: u64) -> Vec<u8> {
        let mut bytes = vec![0; MAX_PAYLOAD_BYTES];
        let length = link.start(now_us, &mut bytes).unwrap().finish();
        bytes.truncate(length);
        bytes
    }

    fn link_at(next: u16) -> Link {
        let mut link = Link::new();
        link.next = Sequence(next);
        link
    }

    #[test]
    fn lk1_each_payload_is_acknowledged_once_over_the_wrap() {
        let (mut a, mut b) = (link_at(65_500), Link::new());
        let mut acked = Vec::new();
        for tick in 0..100u64 {
            b.receive(0, &payload(&mut a, tick)).unwrap();
            let answer = payload(&mut b, 0);
            acked.extend(a.receive(tick, &answer).unwrap().newly_acked);
        }
        let sent: Vec<_> = (0..100)
            .map(|k| Sequence(65_500u16.wrapping_add(k)))
            .collect();
        assert_eq!(acked, sent);
    }

    #[test]
    fn lk2_an_acknowledgement_survives_32_lost_answers() {
        let (mut a, mut b) = (link_at(65_530), Link::new());
        let first = payload(&mut a, 0);
        b.receive(0, &first).unwrap();
        for _ in 0..32 {
            b.receive(0, &payload(&mut a, 0)).unwrap();
        }
        let acked = a.receive(0, &payload(&mut b, 0)).unwrap().newly_acked;
        assert_eq!(acked.count(), 33);
        assert!(acked.contains(Sequence(65_530)) && acked.contains(Sequence(26)));
        assert!(!acked.contains(Sequence(27)));
    }

    #[test]
    fn lk2_what_did_not_arrive_is_not_acknowledged() {
        let (mut a, mut b) = (Link::new(), Link::new());
        for k in 0..200u64 {
            let bytes = payload(&mut a, k);
            if k % 3 != 0 {
                b.receive(0, &bytes).unwrap();
            }
            for sequence in a.receive(k, &payload(&mut b, 0)).unwrap().newly_acked {
                assert_ne!(sequence.0 % 3, 0);
            }
        }
    }

    #[test]
    fn lk2_nothing_received_acknowledges_nothing() {
        let (mut a, mut b) = (Link::new(), Link::new());
        payload(&mut a, 0);
        let acked = a.receive(9, &payload(&mut b, 0)).unwrap().newly_acked;
        assert_eq!(acked.count(), 0);
        assert_eq!(a.rtt_us(), None);
    }

    #[test]
    fn lk3_duplicates_and_old_payloads_are_refused() {
        let (mut a, mut b) = (link_at(65_520), Link::new());
        let all: Vec<_> = (0..60).map(|_| payload(&mut a, 0)).collect();
        b.receive(0, &all[40]).unwrap();
        assert_eq!(
            b.receive(0, &all[40]).map(|_| ()),
            Err(LinkError::Duplicate)
        );
        b.receive(0, &all[8]).unwrap();
        assert_eq!(b.receive(0, &all[8]).map(|_| ()), Err(LinkError::Duplicate));
        assert_eq!(b.receive(0, &all[7]).map(|_| ()), Err(LinkError::Stale));
        b.receive(0, &all[59]).unwrap();
        assert_eq!(
            b.receive(0, &all[40]).map(|_| ()),
            Err(LinkError::Duplicate)
        );
    }

    #[test]
    fn lk4_the_round_trip_is_smoothed_and_ignores_repeated_acknowledgements() {
        let (mut a, mut b) = (Link::new(), Link::new());
        for k in 0..50u64 {
            b.receive(0, &payload(&mut a, k * 33_333)).unwrap();
            let answer = payload(&mut b, 0);
            a.receive(k * 33_333 + 80_000, &answer).unwrap();
        }
        assert_eq!(a.rtt_us(), Some(80_000));
        assert!(a.rtt_deviation_us().unwrap() < 1_000);
        let before = a.rtt_us();
        a.receive(99_000_000, &payload(&mut b, 0)).unwrap();
        assert_eq!(a.rtt_us(), before);
    }

    #[test]
    fn lk5_unknown_messages_are_skipped_and_lengths_are_checked() {
        let mut link = Link::new();
        let mut bytes = [0; 64];
        let mut writer = link.start(0, &mut bytes).unwrap();
        writer.add_bytes(MessageId::Input, b"abc").unwrap();
        writer.add_bytes(MessageId::Goodbye, b"").unwrap();
        let length = writer.finish();
        bytes[LINK_HEADER_BYTES] = 200;
        let received: Vec<_> = Link::new()
            .receive(0, &bytes[..length])
            .unwrap()
            .messages
            .collect();
        assert_eq!(received, [(200, &b"abc"[..]), (5, &b""[..])]);
        let mut peer = Link::new();
        assert_eq!(
            peer.receive(0, &bytes[..length - 1]).map(|_| ()),
            Err(LinkError::Malformed)
        );
        // The link is as before: the whole payload is no duplicate.
        peer.receive(0, &bytes[..length]).unwrap();
    }

    #[test]
    fn a_message_that_does_not_fit_leaves_the_payload_as_it_was() {
        let mut link = Link::new();
        let mut bytes = [0; 20];
        let mut writer = link.start(0, &mut bytes).unwrap();
        assert_eq!(writer.room(), 9);
        assert_eq!(
            writer.add_bytes(MessageId::Input, &[0; 10]),
            Err(LinkError::Full)
        );
        writer.add_bytes(MessageId::Input, &[7; 9]).unwrap();
        assert_eq!(
            writer.add_bytes(MessageId::Input, &[]),
            Err(LinkError::Full)
        );
        assert_eq!(writer.finish(), 20);
    }

    proptest! {
        #[test]
        fn lk5_any_bytes_are_read_or_refused(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
            let mut link = Link::new();
            for bytes in &payloads {
                payload(&mut link, 5);
                if let Ok(received) = link.receive(9, bytes) {
                    prop_assert!(received.messages.map(|(_, m)| m.len() + 3).sum::<usize>() + 8 == bytes.len());
                }
            }
        }

        /// Any loss, duplication and reordering within the window: exactly what arrived is acknowledged, once.
        #[test]
        fn lk1_the_acknowledged_are_those_that_arrived(start: u16, fates in prop::collection::vec((any::<bool>(), 0usize..4), 1..200)) {
            let (mut a, mut b) = (link_at(start), Link::new());
            let (mut arrived, mut acked) = (Vec::new(), Vec::new());
            let mut held: Vec<Vec<u8>> = Vec::new();
            for (lost, slot) in fates {
                held.push(payload(&mut a, 0));
                if held.len() > slot {
                    let bytes = held.swap_remove(slot);
                    if !lost {
                        if let Ok(received) = b.receive(0, &bytes) {
                            arrived.push(received.sequence.0);
                        }
                        prop_assert!(b.receive(0, &bytes).is_err());
                    }
                }
                acked.extend(a.receive(0, &payload(&mut b, 0)).unwrap().newly_acked.map(|s| s.0));
            }
            arrived.sort_unstable();
            acked.sort_unstable();
            prop_assert_eq!(acked, arrived);
        }
    }
}
