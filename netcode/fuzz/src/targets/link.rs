//! A link that hears any payloads: acknowledgements are told once and only for what was sent, what came is acknowledged, and a
//! refused payload changes nothing.

use crate::parts::Steps;
use otherworld_core::link::{LINK_HEADER_BYTES, Link, Sequence};
use std::collections::BTreeSet;

/// What an end shows of itself: the header of its next payload, and its measures.
#[derive(Debug, PartialEq)]
struct Face {
    header: [u8; LINK_HEADER_BYTES],
    rtt_us: Option<u32>,
    deviation_us: Option<u32>,
    loss: f32,
}

impl Face {
    fn of(link: &Link, now_us: u64) -> Face {
        let mut header = [0; LINK_HEADER_BYTES];
        let mut copy = link.clone();
        copy.start(now_us, &mut header).expect("room for a header");
        Face {
            header,
            rtt_us: link.rtt_us(),
            deviation_us: link.rtt_deviation_us(),
            loss: link.loss(),
        }
    }
}

/// What the peer has sent, numbered without a wrap.
#[derive(Default)]
struct Heard {
    newest: Option<i64>,
    all: BTreeSet<i64>,
}

impl Heard {
    fn note(&mut self, sequence: Sequence) {
        let number = match self.newest {
            None => i64::from(sequence.0),
            Some(newest) => newest + i64::from(sequence.since(Sequence(newest as u16))),
        };
        assert!(self.all.insert(number), "a payload was taken twice");
        self.newest = Some(self.newest.map_or(number, |newest| newest.max(number)));
    }

    /// `[LK1]`, `[LK2]`: exactly the newest 33 that came are acknowledged.
    fn check(&self, header: &[u8; LINK_HEADER_BYTES]) {
        let [_, _, a0, a1, b0, b1, b2, b3] = *header;
        let newest = self.newest.expect("something came");
        assert_eq!(u16::from_le_bytes([a0, a1]), newest as u16);
        let bits = u32::from_le_bytes([b0, b1, b2, b3]);
        for back in 0..32 {
            let came = self.all.contains(&(newest - 1 - back));
            assert_eq!(bits >> back & 1 == 1, came, "{back} before the newest");
        }
    }
}

/// Control: 3 bits payloads that our end sends first, 5 bits time until the peer's comes (unit: 8 ms).
pub fn check(bytes: &[u8]) -> bool {
    let mut link = Link::new();
    let (mut now_us, mut sent, mut understood) = (1_000_000, BTreeSet::new(), true);
    let mut heard = Heard::default();
    for step in Steps::of(bytes) {
        for _ in 0..step.control & 7 {
            let mut out = [0; LINK_HEADER_BYTES];
            let payload = link.start(now_us, &mut out).expect("room for a header");
            sent.insert(payload.sequence().0);
        }
        now_us += u64::from(step.control >> 3) * 8_000;
        let before = Face::of(&link, now_us);
        let Ok(received) = link.receive(now_us, step.bytes) else {
            assert_eq!(Face::of(&link, now_us), before);
            understood = false;
            continue;
        };
        heard.note(received.sequence);
        for sequence in received.newly_acked {
            assert!(sent.remove(&sequence.0), "{sequence:?} was not under way");
            assert!(received.newly_acked.contains(sequence));
        }
        let mut row = step.bytes[..LINK_HEADER_BYTES].to_vec();
        for (id, message) in received.messages {
            row.push(id);
            row.extend_from_slice(&(message.len() as u16).to_le_bytes());
            row.extend_from_slice(message);
        }
        assert_eq!(row, step.bytes, "the messages are the payload");
        let after = Face::of(&link, now_us);
        heard.check(&after.header);
        assert!((0.0..=1.0).contains(&after.loss));
        let _ = link.presumes_lost(received.sequence, 0, now_us);
    }
    understood
}
