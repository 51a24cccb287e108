//! Two ends of a link with a reliable channel each, joined by a network in memory: what the link and the channel promise,
//! without a session around them. Events are numbered, so that each test can say which ones came.
#![allow(dead_code)]

use otherworld_core::channel::Channel;
use otherworld_core::link::{Link, LinkError, MAX_PAYLOAD_BYTES};
use otherworld_core::message::MessageId;
use otherworld_core::testing::{Conditions, Way};
use otherworld_core::tick::TICK_US;

/// The first end has events for the second, which only acknowledges.
pub struct Pair {
    pub now_us: u64,
    pub server: End,
    pub client: End,
}

pub struct End {
    pub link: Link,
    pub channel: Channel,
    /// To the other end.
    pub way: Way,
    /// Of the channel in each payload (unit: bytes).
    pub limit: usize,
    /// What the channel took of the newest payload (unit: bytes).
    pub used: usize,
    /// Numbers of the events that came.
    pub numbers: Vec<u32>,
    /// What came with them.
    pub bytes: Vec<u8>,
}

impl Pair {
    pub fn new(seed: u64, conditions: Conditions) -> Pair {
        Pair::starting_at(seed, conditions, 0)
    }

    /// With the channel's streams beginning near their wrap, or anywhere.
    pub fn starting_at(seed: u64, conditions: Conditions, offset: u32) -> Pair {
        let end = |seed| End {
            link: Link::new(),
            channel: Channel::starting_at(offset),
            way: Way::new(seed, conditions),
            limit: usize::MAX,
            used: 0,
            numbers: Vec::new(),
            bytes: Vec::new(),
        };
        Pair {
            now_us: 1_000_000,
            server: end(seed),
            client: end(seed.wrapping_add(1)),
        }
    }

    /// An event of this length, with its number; false when the window is full.
    pub fn push(&mut self, number: u32, length: usize) -> bool {
        let mut message = vec![number as u8; length];
        message[..4].copy_from_slice(&number.to_le_bytes());
        let channel = &mut self.server.channel;
        channel.push_bytes(MessageId::Snapshot, &message).is_ok()
    }

    /// A tick: both hear, then both speak.
    pub fn step(&mut self) {
        let Pair {
            now_us,
            server,
            client,
        } = self;
        while let Some(payload) = client.way.receive(*now_us) {
            server.hear(*now_us, &payload);
        }
        server.speak(*now_us);
        while let Some(payload) = server.way.receive(*now_us) {
            client.hear(*now_us, &payload);
        }
        client.speak(*now_us);
        *now_us += u64::from(TICK_US);
    }

    /// Ticks until it is so; at most this many.
    pub fn until(&mut self, most: u32, is_so: impl Fn(&Pair) -> bool) -> u32 {
        for ticks in 0..most {
            if is_so(self) {
                return ticks;
            }
            self.step();
        }
        panic!("not so after {most} ticks");
    }

    /// Another connection: nothing of the old one arrives any more.
    pub fn reconnect(&mut self) {
        self.server.way.cut();
        self.client.way.cut();
    }

    pub fn set_loss(&mut self, loss: f64) {
        self.server.way.conditions.loss = loss;
        self.client.way.conditions.loss = loss;
    }
}

impl End {
    fn speak(&mut self, now_us: u64) {
        let mut bytes = [0; MAX_PAYLOAD_BYTES];
        let mut payload = self.link.start(now_us, &mut bytes).unwrap();
        self.used = self
            .channel
            .write(now_us, &self.link, &mut payload, self.limit);
        let length = payload.finish();
        self.way.send(now_us, &bytes[..length]);
    }

    fn hear(&mut self, now_us: u64, payload: &[u8]) {
        let received = match self.link.receive(now_us, payload) {
            Ok(received) => received,
            Err(LinkError::Duplicate | LinkError::Stale) => return,
            Err(error) => panic!("{error}"),
        };
        self.channel.acknowledge(received.newly_acked);
        for (_, segment) in received.messages {
            self.channel.receive(segment).unwrap();
            while let Some((_, event)) = self.channel.next().unwrap() {
                let number = u32::from_le_bytes(*event.first_chunk().unwrap());
                self.numbers.push(number);
                self.bytes.extend_from_slice(&event[4..]);
            }
        }
    }
}
