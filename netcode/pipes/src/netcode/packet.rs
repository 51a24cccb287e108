//! Framing and sealing of every packet but the connection request.
//!
//! One prefix byte (kind in the low half, length of the sequence number in the high half), the sequence number
//! without its high zero bytes, then the body sealed by ChaCha20-Poly1305 with the sequence number as nonce and
//! version, protocol id and prefix as associated data. Everything is done in the caller's buffer.

use super::VERSION;
use super::cipher::{Cipher, TAG_BYTES};

/// The most bytes a payload may have; the standard's own limit.
pub const MAX_PAYLOAD_BYTES: usize = 1200;
/// The longest packet: a full payload with the longest sequence number.
pub const MAX_PACKET_BYTES: usize = 1 + 8 + MAX_PAYLOAD_BYTES + TAG_BYTES;

/// What a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Carries the sealed half of a connect token; the only one in the clear.
    Request = 0,
    /// There is no room.
    Denied = 1,
    /// Carries a challenge token to the address that the request claims.
    Challenge = 2,
    /// Brings the challenge token back.
    Response = 3,
    /// Nothing but life.
    KeepAlive = 4,
    /// The session's bytes.
    Payload = 5,
    /// The end, sent several times.
    Disconnect = 6,
}

impl Kind {
    /// All but the request, in the order of their numbers.
    pub const SEALED: [Kind; 6] = [
        Kind::Denied,
        Kind::Challenge,
        Kind::Response,
        Kind::KeepAlive,
        Kind::Payload,
        Kind::Disconnect,
    ];
}

/// The readable part of a sealed packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the packet claims to be; true once it has opened.
    pub kind: Kind,
    /// The nonce.
    pub sequence: u64,
    sealed_at: usize,
}

/// Reads the header of a sealed packet. `None` when its prefix, sequence length or size is not the standard's.
pub fn peek(packet: &[u8]) -> Option<Header> {
    let prefix = *packet.first()?;
    let number = usize::from(prefix & 0xf);
    let kind = *Kind::SEALED.get(number.checked_sub(1)?)?;
    let length = usize::from(prefix >> 4);
    let sealed_at = 1 + length;
    if !(1..=8).contains(&length)
        || packet.len() < sealed_at + TAG_BYTES
        || packet.len() > MAX_PACKET_BYTES
    {
        return None;
    }
    let mut sequence = [0; 8];
    sequence[..length].copy_from_slice(&packet[1..sealed_at]);
    Some(Header {
        kind,
        sequence: u64::from_le_bytes(sequence),
        sealed_at,
    })
}

/// Opens a packet in place and returns its body. `None` when the seal does not hold.
pub fn open<'a>(
    packet: &'a mut [u8],
    header: Header,
    protocol_id: u64,
    cipher: &Cipher,
) -> Option<&'a mut [u8]> {
    let data = associated_data(protocol_id, packet[0]);
    cipher.open(header.sequence, &data, &mut packet[header.sealed_at..])
}

/// Writes and seals a packet; returns its length.
///
/// # Panics
/// When the body is longer than [`MAX_PAYLOAD_BYTES`]: callers check what they are given.
pub fn seal(
    packet: &mut [u8; MAX_PACKET_BYTES],
    kind: Kind,
    sequence: u64,
    protocol_id: u64,
    cipher: &Cipher,
    body: &[u8],
) -> usize {
    assert!(body.len() <= MAX_PAYLOAD_BYTES);
    let length = (8 - sequence.leading_zeros() as usize / 8).max(1);
    packet[0] = kind as u8 | (length as u8) << 4;
    packet[1..=length].copy_from_slice(&sequence.to_le_bytes()[..length]);
    let sealed_at = 1 + length;
    let end = sealed_at + body.len();
    packet[sealed_at..end].copy_from_slice(body);
    let data = associated_data(protocol_id, packet[0]);
    let tag = cipher.seal(sequence, &data, &mut packet[sealed_at..end]);
    packet[end..end + TAG_BYTES].copy_from_slice(&tag);
    end + TAG_BYTES
}

fn associated_data(protocol_id: u64, prefix: u8) -> [u8; 22] {
    let mut data = [0; 22];
    data[..13].copy_from_slice(VERSION);
    data[13..21].copy_from_slice(&protocol_id.to_le_bytes());
    data[21] = prefix;
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn opens_what_it_sealed(
            kind in 0..Kind::SEALED.len(), sequence: u64, protocol_id: u64, key: [u8; 32],
            body in prop::collection::vec(any::<u8>(), 0..=MAX_PAYLOAD_BYTES),
        ) {
            let cipher = Cipher::new(&key);
            let mut packet = [0; MAX_PACKET_BYTES];
            let length = seal(&mut packet, Kind::SEALED[kind], sequence, protocol_id, &cipher, &body);
            let header = peek(&packet[..length]).unwrap();
            prop_assert_eq!((header.kind, header.sequence), (Kind::SEALED[kind], sequence));
            prop_assert_eq!(open(&mut packet[..length], header, protocol_id, &cipher).unwrap(), &body[..]);
        }

        #[test]
        fn one_changed_bit_never_opens(
            sequence: u64, key: [u8; 32], body in prop::collection::vec(any::<u8>(), 0..64), bit: prop::sample::Index,
        ) {
            let cipher = Cipher::new(&key);
            let mut packet = [0; MAX_PACKET_BYTES];
            let length = seal(&mut packet, Kind::Payload, sequence, 7, &cipher, &body);
            let bit = bit.index(length * 8);
            packet[bit / 8] ^= 1 << (bit % 8);
            let opened = peek(&packet[..length]).and_then(|header| open(&mut packet[..length], header, 7, &cipher));
            prop_assert!(opened.is_none());
        }

        #[test]
        fn any_bytes_are_read_without_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..1400)) {
            let cipher = Cipher::new(&[1; 32]);
            if let Some(header) = peek(&bytes) {
                open(&mut bytes, header, 7, &cipher);
            }
        }
    }
}
