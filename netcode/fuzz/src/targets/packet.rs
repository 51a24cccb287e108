//! netcode's frame: the header is read as the standard says, and only what was sealed with the key opens, to the same bytes.

use otherworld_pipes::netcode::packet::{Kind, open, peek, seal};
use otherworld_pipes::netcode::{Cipher, MAX_PACKET_BYTES, MAX_PAYLOAD_BYTES};

const PROTOCOL: u64 = 7;

/// Read as a packet from the wire, then taken as the body of one that is sealed here.
pub fn check(bytes: &[u8]) -> bool {
    let cipher = Cipher::new(&[1; 32]);
    let mut packet = bytes.to_vec();
    let header = peek(bytes);
    assert_eq!(header.is_some(), is_standard(bytes));
    if let Some(header) = header {
        let mut sequence = [0; 8];
        let length = usize::from(bytes[0] >> 4);
        sequence[..length].copy_from_slice(&bytes[1..=length]);
        assert_eq!(header.sequence, u64::from_le_bytes(sequence));
        assert!(
            open(&mut packet, header, PROTOCOL, &cipher).is_none(),
            "nobody has the key"
        );
        check_sealed(header.kind, header.sequence, bytes, &cipher);
    }
    header.is_some()
}

fn is_standard(bytes: &[u8]) -> bool {
    let Some(&prefix) = bytes.first() else {
        return false;
    };
    let (kind, length) = (prefix & 15, usize::from(prefix >> 4));
    let shortest = 1 + length + 16;
    (1..=6).contains(&kind)
        && (1..=8).contains(&length)
        && (shortest..=MAX_PACKET_BYTES).contains(&bytes.len())
}

fn check_sealed(kind: Kind, sequence: u64, bytes: &[u8], cipher: &Cipher) {
    let body = &bytes[..bytes.len().min(MAX_PAYLOAD_BYTES)];
    let mut packet = [0; MAX_PACKET_BYTES];
    let length = seal(&mut packet, kind, sequence, PROTOCOL, cipher, body);
    let sealed = &mut packet[..length];
    let header = peek(sealed).expect("it is a packet");
    assert_eq!((header.kind, header.sequence), (kind, sequence));
    let mut other = sealed.to_vec();
    assert!(open(&mut other, header, PROTOCOL + 1, cipher).is_none());
    other.copy_from_slice(sealed);
    let bit = sequence as usize % (8 * (length - 1)) + 8;
    other[bit / 8] ^= 1 << (bit % 8);
    let opened = peek(&other).and_then(|header| open(&mut other, header, PROTOCOL, cipher));
    assert!(opened.is_none(), "one bit was changed");
    assert_eq!(
        open(sealed, header, PROTOCOL, cipher).as_deref(),
        Some(body)
    );
}
