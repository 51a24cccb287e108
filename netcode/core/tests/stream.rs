//! A large thing at its own pace: it comes whole over a bad network and never costs more bytes a second than it may.

use otherworld_core::channel::{Channel, Pace};
use otherworld_core::link::{Link, LinkError, MAX_PAYLOAD_BYTES};
use otherworld_core::message::MessageId;
use otherworld_core::testing::{Conditions, Random, Way, seed};
use otherworld_core::tick::TICK_US;

const SIZE: usize = 200_000;
const BYTES_PER_S: u32 = 24_000;
const BURST: u32 = 2_000;
const CHUNK: usize = 1_000;

struct End {
    link: Link,
    channel: Channel,
    way: Way,
}

impl End {
    fn new(seed: u64) -> End {
        End {
            link: Link::new(),
            channel: Channel::new(),
            way: Way::new(seed, Conditions::bad(0.05)),
        }
    }

    fn send(&mut self, now_us: u64, limit: usize) -> usize {
        let mut bytes = [0; MAX_PAYLOAD_BYTES];
        let mut payload = self.link.start(now_us, &mut bytes).unwrap();
        let used = self.channel.write(now_us, &self.link, &mut payload, limit);
        let length = payload.finish();
        self.way.send(now_us, &bytes[..length]);
        used
    }

    fn hear(&mut self, now_us: u64, payload: &[u8], heard: &mut Vec<u8>) {
        let received = match self.link.receive(now_us, payload) {
            Ok(received) => received,
            Err(LinkError::Duplicate | LinkError::Stale) => return,
            Err(error) => panic!("{error}"),
        };
        self.channel.acknowledge(received.newly_acked);
        for (_, segment) in received.messages {
            self.channel.receive(segment).unwrap();
            while let Some((_, chunk)) = self.channel.next().unwrap() {
                heard.extend_from_slice(chunk);
            }
        }
    }
}

#[test]
fn rc8_a_large_thing_comes_whole_within_its_budget() {
    let seed = seed();
    let (mut server, mut client) = (End::new(seed), End::new(seed.wrapping_add(1)));
    let mut random = Random(seed);
    let large: Vec<u8> = (0..SIZE).map(|_| random.bits() as u8).collect();
    let mut chunks = large.chunks(CHUNK).peekable();
    let mut pace = Pace::new(0, BYTES_PER_S, BURST);
    let (mut heard, mut nothing) = (Vec::new(), Vec::new());
    let (mut sent, mut now_us) = (0, 0);
    while heard.len() < SIZE {
        while let Some(chunk) = chunks.next_if(|chunk| server.channel.room() >= chunk.len()) {
            server
                .channel
                .push_bytes(MessageId::Snapshot, chunk)
                .unwrap();
        }
        let used = server.send(now_us, pace.allowance(now_us));
        pace.spend(used);
        sent += used;
        let budget = u64::from(BURST) + now_us * u64::from(BYTES_PER_S) / 1_000_000;
        assert!(sent as u64 <= budget, "{sent} of {budget}");
        client.send(now_us, usize::MAX);
        while let Some(payload) = server.way.receive(now_us) {
            client.hear(now_us, &payload, &mut heard);
        }
        while let Some(payload) = client.way.receive(now_us) {
            server.hear(now_us, &payload, &mut nothing);
        }
        now_us += u64::from(TICK_US);
        assert!(now_us < 15_000_000, "{} bytes came", heard.len());
    }
    assert_eq!(heard, large);
}
