//! In the steady state nothing is allocated: inputs, steps, snapshots up and down for a hundred players, and events between
//! two ends of a channel that loses every third payload.

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::crowd::{Crowd, PLAYERS};
use counting::{Counting, allocations};
use otherworld_core::channel::Channel;
use otherworld_core::link::{Link, MAX_PAYLOAD_BYTES};
use otherworld_core::message::MessageId;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Events {
    ends: [(Link, Channel); 2],
    payload: [u8; MAX_PAYLOAD_BYTES],
    heard: u32,
}

impl Events {
    fn new() -> Events {
        Events {
            ends: core::array::from_fn(|_| (Link::new(), Channel::new())),
            payload: [0; MAX_PAYLOAD_BYTES],
            heard: 0,
        }
    }

    /// One end says something, both send, and every third payload gets lost.
    fn tick(&mut self, number: u64) {
        let now_us = number * 33_333;
        let event = [number as u8; 100];
        self.ends[0]
            .1
            .push_bytes(MessageId::Goodbye, &event)
            .unwrap();
        for from in 0..2 {
            let (link, channel) = &mut self.ends[from];
            let mut payload = link.start(now_us, &mut self.payload).unwrap();
            channel.write(now_us, link, &mut payload, usize::MAX);
            let length = payload.finish();
            if number % 3 == from as u64 {
                continue;
            }
            let (link, channel) = &mut self.ends[1 - from];
            let received = link.receive(now_us, &self.payload[..length]).unwrap();
            channel.acknowledge(received.newly_acked);
            for (_, segment) in received.messages {
                channel.receive(segment).unwrap();
                while let Some((_, event)) = channel.next().unwrap() {
                    assert_eq!(event.len(), 100);
                    self.heard += 1;
                }
            }
        }
    }
}

// The only test of this binary: others would allocate beside it.
#[test]
fn al1_a_tick_of_a_hundred_players_allocates_nothing() {
    let mut crowd = Crowd::new(56.0);
    let mut entities = 0;
    let mut tick = |crowd: &mut Crowd| {
        crowd.play();
        crowd.begin();
        for client in 0..PLAYERS {
            crowd.encode(client);
            crowd.decode(client);
            entities += crowd.snapshot.players.len() + crowd.snapshot.bodies.len();
        }
    };
    let mut events = Events::new();
    (0..5).for_each(|_| tick(&mut crowd));
    let before = allocations();
    (0..120).for_each(|_| tick(&mut crowd));
    (0..1_000).for_each(|number| events.tick(number));
    assert_eq!(allocations() - before, 0);
    assert!(events.heard > 950, "{} events", events.heard);
    assert!(
        entities > 125 * PLAYERS * 30,
        "{entities}: snapshots should be full"
    );
    assert_eq!(crowd.missed_inputs(), 0, "the players should walk");
    drop(std::hint::black_box(vec![0u8; 100]));
    assert!(allocations() > before, "the counter should count");
}
