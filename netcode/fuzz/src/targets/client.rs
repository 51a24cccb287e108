//! The client's half of a session with a hostile server: it ends, or goes on with numbers that can be shown and payloads that
//! can be read, in bounded time and memory.

use crate::parts::{Step, Steps};
use crate::talk::{Walker, first_words, world};
use otherworld_core::client::{Client, Shown};
use otherworld_core::input::InputPacket;
use otherworld_core::link::{Link, MAX_PAYLOAD_BYTES};
use otherworld_core::message::MessageId;
use otherworld_core::roster::MAX_ROSTER;
use std::time::Duration;

struct Stage {
    client: Client,
    server: Link,
    offset: u32,
    now: Duration,
}

/// Control: 2 bits what the bytes are (a payload; a snapshot; bytes of the reliable stream; a resume token), 1 bit that the
/// session has begun before (of the first step), 5 bits time that passes then (unit: 8 ms; the longest one a second).
pub fn check(bytes: &[u8]) -> bool {
    let mut stage = Stage {
        client: Client::new(world()),
        server: Link::new(),
        offset: 0,
        now: Duration::from_secs(1),
    };
    if bytes.first().is_some_and(|control| control & 4 != 0) {
        stage.begin();
    }
    for step in Steps::of(bytes) {
        if !stage.take(step) {
            return false;
        }
    }
    let counts = stage.client.take_counts();
    counts.unreadable + counts.unknown == 0
}

impl Stage {
    /// The first words of a true session; what follows may be of it too.
    fn begin(&mut self) {
        for payload in first_words() {
            self.client
                .receive(self.now, &payload)
                .expect("an honest payload");
            self.server
                .start(0, &mut [0; MAX_PAYLOAD_BYTES])
                .expect("a sequence");
        }
        self.pass(4);
    }

    fn take(&mut self, step: Step<'_>) -> bool {
        let heard = match step.control & 3 {
            0 => self.client.receive(self.now, step.bytes),
            1 => self.say(MessageId::Snapshot, step.bytes),
            2 => self.say_events(step.bytes),
            _ => self.say(MessageId::ResumeToken, step.bytes),
        };
        if heard.is_err() {
            return false;
        }
        self.pass(step.control >> 3);
        true
    }

    fn say(&mut self, id: MessageId, bytes: &[u8]) -> Result<(), otherworld_core::client::Ended> {
        let mut out = [0; MAX_PAYLOAD_BYTES];
        let mut payload = self.server.start(0, &mut out).expect("room for a header");
        let room = payload.room();
        payload
            .add_bytes(id, &bytes[..bytes.len().min(room)])
            .expect("room for it");
        let length = payload.finish();
        self.client.receive(self.now, &out[..length])
    }

    fn say_events(&mut self, bytes: &[u8]) -> Result<(), otherworld_core::client::Ended> {
        let bytes = &bytes[..bytes.len().min(512)];
        let segment = [&self.offset.to_le_bytes()[..], bytes].concat();
        self.offset = self.offset.wrapping_add(bytes.len() as u32);
        self.say(MessageId::Events, &segment)
    }

    /// Time passes, the client plays and shows, and speaks as a client must.
    fn pass(&mut self, time: u8) {
        self.now += match time {
            31 => Duration::from_secs(1),
            _ => Duration::from_millis(8 * u64::from(time)),
        };
        let mut out = [0; MAX_PAYLOAD_BYTES];
        let length = self.client.tick(self.now, &mut Walker, &mut out);
        let received = Link::new().receive(0, &out[..length]);
        for (id, message) in received.expect("it is a payload").messages {
            assert_eq!(id, MessageId::Input as u8);
            assert!(InputPacket::decode(message).is_ok());
        }
        assert!(
            self.client.due() > self.now,
            "the next word is in the future"
        );
        self.check_view();
    }

    fn check_view(&self) {
        if let Some(view) = self.client.view() {
            assert!(view.shown.is_finite() && view.state.position.is_finite());
            assert!(view.names <= MAX_ROSTER);
        }
        let others = self.client.others();
        others
            .players()
            .chain(others.bodies())
            .for_each(|shown| check_shown(&shown));
        assert!(others.players().count() <= MAX_ROSTER);
        assert!(others.delay_s().is_none_or(f32::is_finite));
        let quality = self.client.link().loss();
        assert!((0.0..=1.0).contains(&quality));
    }
}

fn check_shown(shown: &Shown<'_>) {
    assert!(shown.position.is_finite() && shown.tick.is_finite() && shown.age_s >= 0.0);
    for point in shown.points().iter().flatten() {
        assert!(point.position.is_finite());
        assert!(point.rotation.iter().all(|part| part.is_finite()));
    }
    assert!(shown.rotation.iter().all(|part| part.is_finite()));
}
