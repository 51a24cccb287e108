//! The server's half of a session with a hostile client, beside an honest one: the bystander is told, byte for byte, what he
//! would be told if the other were silent, and nothing that comes in costs memory.

use crate::measured;
use crate::parts::Steps;
use crate::talk::{BODIES, FIRST, PLAYERS, People, user, world};
use otherworld_core::link::{Link, MAX_PAYLOAD_BYTES};
use otherworld_core::server::Session;
use otherworld_core::snapshot::Encoder;
use otherworld_core::tick::TICK_US;

/// An instance with two sessions.
struct Instance {
    encoder: Encoder,
    sessions: [Session; 2],
    links: [Link; 2],
}

/// Control: 2 bits ticks that pass after the payload, the rest how late it is (unit: ms).
pub fn check(bytes: &[u8]) -> bool {
    let (mut one, mut quiet) = (Instance::new(), Instance::new());
    let (mut ticks, mut understood) = (0, true);
    for step in Steps::of(bytes) {
        let (now_us, until_us) = (now(ticks), i32::from(step.control >> 2) * 1_000 - 16_000);
        let hostile = &mut one.sessions[0];
        let (heard, memory) = measured(|| hostile.receive(now_us, until_us, step.bytes));
        assert_eq!(memory.count_total, 0, "hostile bytes cost no memory");
        understood = heard.is_ok();
        if !understood {
            break;
        }
        for _ in 0..step.control & 3 {
            let told = one.tick(ticks);
            assert_eq!(
                told[1],
                quiet.tick(ticks)[1],
                "the bystander is told the same"
            );
            ticks += 1;
        }
    }
    // Here the hostile session is over, or its client falls silent.
    for _ in 0..4 {
        assert_eq!(one.tick(ticks)[1], quiet.tick(ticks)[1]);
        ticks += 1;
    }
    assert_eq!(one.sessions[1].inputs(), quiet.sessions[1].inputs());
    understood
}

fn now(ticks: u32) -> u64 {
    1_000_000 + u64::from(ticks) * u64::from(TICK_US)
}

impl Instance {
    fn new() -> Instance {
        let session = |slot| Session::new(&user(slot), FIRST, PLAYERS, BODIES);
        Instance {
            encoder: Encoder::new(PLAYERS, BODIES),
            sessions: [session(0), session(1)],
            links: [Link::new(), Link::new()],
        }
    }

    /// What both are told. The bystander acknowledges it; the other one's link only proves that it is a payload.
    fn tick(&mut self, ticks: u32) -> [Vec<u8>; 2] {
        let people = People::at(FIRST.plus(ticks as i32));
        let scene = people.scene(world().hash());
        scene.code(&mut self.encoder);
        let mut slot = 0;
        let told = self.sessions.each_mut().map(|session| {
            session.take_input();
            let mut out = [0; MAX_PAYLOAD_BYTES];
            let length = session
                .write_payload(now(ticks), slot, &scene, &mut self.encoder, &mut out)
                .expect("room for a snapshot");
            slot += 1;
            out[..length].to_vec()
        });
        for (link, payload) in self.links.iter_mut().zip(&told) {
            assert!(link.receive(now(ticks), payload).is_ok());
        }
        let mut out = [0; MAX_PAYLOAD_BYTES];
        let answer = self.links[1]
            .start(now(ticks), &mut out)
            .map(|p| p.finish());
        let length = answer.expect("room for a header");
        let heard = self.sessions[1].receive(now(ticks), 0, &out[..length]);
        assert_eq!(heard, Ok(()));
        told
    }
}
