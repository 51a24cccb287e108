//! The frame around every payload: sequence numbers, acknowledgements, round-trip time.
//!
//! A payload is what netcode 1.02 carries for us: already decrypted, authenticated and, within its window, not replayed.
//! It starts with `sequence u16, ack u16, ack_bits u32` (little endian) and goes on with messages ([`crate::message`]).
//! `ack` is the newest sequence that this end has received, bit `i` of `ack_bits` says that `ack - 1 - i` came too: every
//! acknowledgement is repeated in 33 payloads, so losing some costs nothing. The reliable channel ([`crate::channel`]) is
//! built on `newly_acked` and [`Link::presumes_lost`].

mod payload;
#[cfg(test)]
mod tests;

pub use payload::{Messages, PayloadWriter};

/// Bytes in front of the first message.
pub const LINK_HEADER_BYTES: usize = 8;

/// Largest payload that is ever sent: it fits one datagram on every path (netcode adds 25 bytes at most, UDP and IPv6 48).
pub const MAX_PAYLOAD_BYTES: usize = 1150;

/// Sent payloads that are remembered until they are acknowledged (unit: sequences; 8 s at 30 Hz).
pub(crate) const SENT_WINDOW: usize = 256;

/// Sequences that one header can acknowledge.
const ACK_WINDOW: u16 = 33;

/// `[LK6]` So much newer must an acknowledged payload be than one that is presumed lost (RFC 9002, 6.1.1).
const REORDER_THRESHOLD: i16 = 3;

/// `[LK6]` Resend time-out while no round trip has been measured (unit: microseconds).
const FIRST_TIMEOUT_US: u64 = 100_000;

/// `[LK6]` The least that is granted above the smoothed round trip (unit: microseconds; a tick).
const LEAST_SLACK_US: u64 = crate::tick::TICK_US as u64;

/// `[LK7]` A fate weighs 1/64 in the loss; the loss is counted in 2^-22.
const LOSS_GAIN_SHIFT: u32 = 6;
const LOSS_ONE: u32 = 1 << 22;

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
    newest_acked: Option<Sequence>,
    /// The oldest payload whose fate has not been counted yet.
    unsettled: Sequence,
    loss: u32,
    rtt: Option<RoundTrip>,
}

#[derive(Clone, Copy, Debug)]
struct RoundTrip {
    smoothed_us: u32,
    deviation_us: u32,
}

/// What a link measured of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// There and back, smoothed ([`Link::rtt_us`]; unit: microseconds).
    pub rtt_us: Option<u32>,
    /// How much single round trips differ from it ([`Link::rtt_deviation_us`]; unit: microseconds).
    pub jitter_us: Option<u32>,
    /// `[LK7]` The share of this end's payloads that did not reach the other one lately, 0 to 1.
    pub loss: f32,
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
            newest_acked: None,
            unsettled: Sequence(0),
            loss: 0,
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
        self.settle_until(sequence.back(SENT_WINDOW as u16 - 1));
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

    /// The jitter: how much single round trips differ from [`Link::rtt_us`] (unit: microseconds; mean deviation).
    #[must_use]
    pub fn rtt_deviation_us(&self) -> Option<u32> {
        self.rtt.map(|rtt| rtt.deviation_us)
    }

    /// `[LK7]` The share of payloads that got lost lately, of those that went out.
    #[must_use]
    pub fn loss(&self) -> f32 {
        self.loss as f32 / LOSS_ONE as f32
    }

    /// All three together.
    #[must_use]
    pub fn quality(&self) -> Quality {
        Quality {
            rtt_us: self.rtt_us(),
            jitter_us: self.rtt_deviation_us(),
            loss: self.loss(),
        }
    }

    /// `[LK6]` Whether what was sent with this payload at `sent_us` and is not acknowledged should be sent again.
    #[must_use]
    pub fn presumes_lost(&self, sequence: Sequence, sent_us: u64, now_us: u64) -> bool {
        let overtaken = self
            .newest_acked
            .is_some_and(|newest| newest.since(sequence) >= REORDER_THRESHOLD);
        let timeout_us = self.rtt.map_or(FIRST_TIMEOUT_US, |rtt| {
            let slack_us = (4 * u64::from(rtt.deviation_us)).max(LEAST_SLACK_US);
            u64::from(rtt.smoothed_us) + slack_us
        });
        overtaken || now_us.saturating_sub(sent_us) >= timeout_us
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
        let acked = Acked { ack, bits: newly };
        let mut newest_first = acked;
        if let Some(newest) = newest_first.next()
            && self
                .newest_acked
                .is_none_or(|known| newest.since(known) > 0)
        {
            self.newest_acked = Some(newest);
            self.settle_until(newest.back(ACK_WINDOW - 1));
        }
        acked
    }

    /// `[LK7]` Counts the fates of the payloads before `end`: no acknowledgement reaches back to them any more, or they
    /// are about to be forgotten.
    fn settle_until(&mut self, end: Sequence) {
        while end.since(self.unsettled) > 0 {
            let sent = &self.sent[self.unsettled.0 as usize % SENT_WINDOW];
            let lost = sent.waiting && sent.sequence == self.unsettled;
            self.loss -= self.loss >> LOSS_GAIN_SHIFT;
            self.loss += u32::from(lost) * (LOSS_ONE >> LOSS_GAIN_SHIFT);
            self.unsettled = Sequence(self.unsettled.0.wrapping_add(1));
        }
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
