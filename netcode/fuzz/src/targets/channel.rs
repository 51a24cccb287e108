//! The receiving end of the reliable channel with any segments: what is given out are the bytes that came for their place in
//! the stream, in order and once, and nothing makes it hold more memory.

use crate::measured;
use crate::parts::Steps;
use otherworld_core::channel::{Channel, MAX_EVENT_BYTES};
use std::collections::BTreeMap;

/// Where streams begin, by the first byte; the second one wraps soon.
const STARTS: [u32; 2] = [0, u32::MAX - 299];

/// The stream as it was told so far, its first byte being number 0.
#[derive(Default)]
struct Stream {
    bytes: BTreeMap<i64, u8>,
    given: i64,
}

impl Stream {
    /// Later bytes replace earlier ones until they are given out.
    fn note(&mut self, start: u32, segment: &[u8]) {
        let Some((offset, bytes)) = segment.split_first_chunk::<4>() else {
            return;
        };
        let here = start.wrapping_add(self.given as u32);
        let ahead = u32::from_le_bytes(*offset).wrapping_sub(here).cast_signed();
        let first = self.given + i64::from(ahead);
        for (number, byte) in (first..).zip(bytes) {
            if number >= self.given {
                self.bytes.insert(number, *byte);
            }
        }
    }

    fn take(&mut self, id: u8, message: &[u8]) {
        let [low, high] = (message.len() as u16).to_le_bytes();
        for byte in [id, low, high].iter().chain(message) {
            let came = self.bytes.remove(&self.given);
            assert_eq!(came, Some(*byte), "byte {} of the stream", self.given);
            self.given += 1;
        }
    }
}

/// Control of the first step: where the stream begins. Of each: nothing else.
pub fn check(bytes: &[u8]) -> bool {
    let start = STARTS[usize::from(bytes.first().unwrap_or(&0) & 1)];
    let mut channel = Channel::starting_at(start);
    let mut stream = Stream::default();
    for step in Steps::of(bytes) {
        let (result, memory) = measured(|| channel.receive(step.bytes));
        assert_eq!(memory.count_total, 0, "a segment costs no memory");
        // `[RC6]` It costs the session, so nobody asks the channel again.
        if result.is_err() {
            return false;
        }
        stream.note(start, step.bytes);
        loop {
            match channel.next() {
                Ok(Some((id, message))) => {
                    assert!(message.len() <= MAX_EVENT_BYTES);
                    stream.take(id, message);
                }
                Ok(None) => break,
                Err(_) => return false,
            }
        }
        assert!(channel.is_idle(), "what comes in makes nothing go out");
    }
    true
}
