//! The bodies that a client knows of: told by the reliable channel, the nearest first, at a pace of their own.
//!
//! As with the roster nothing is queued. A [`Region`] remembers what it has told and, each tick, tells the difference to
//! what is there, as far as its budget and the channel have room; a body that came and went meanwhile was never there.
//! What waits, waits here and not in the channel: names and a goodbye are never behind more than a segment of bodies.

use super::{Body, Scene};
use crate::channel::{Channel, MAX_EVENT_BYTES, Pace, SEGMENT_BYTES};
use crate::message::{Despawn, MESSAGE_HEADER_BYTES, MessageId, SPAWN_BYTES, Spawn};
use crate::tick::EntityId;
use crate::vec3::Vec3;

/// `[RG4]` What bodies may cost (unit: bytes of the stream a second; 64 kbit/s).
pub const REGION_BYTES_PER_S: u32 = 8_000;

/// `[RG4]` What they may cost at once (unit: bytes of the stream).
pub const REGION_BURST: u32 = SEGMENT_BYTES as u32;

/// What a message about a body costs at most, with its header (unit: bytes).
const MESSAGE_BYTES: usize = MESSAGE_HEADER_BYTES + SPAWN_BYTES;

/// What one client knows of the bodies.
#[derive(Clone, Debug)]
pub struct Region {
    told: Vec<EntityId>,
    pace: Pace,
}

impl Region {
    /// Nothing yet, of a scene with so many slots for bodies.
    #[must_use]
    pub fn new(slots: usize) -> Region {
        Region {
            told: vec![EntityId::NONE; slots],
            pace: Pace::new(0, REGION_BYTES_PER_S, REGION_BURST),
        }
    }

    /// `[RG1]` Whether the client was told of whatever is in this slot now.
    #[must_use]
    pub fn knows(&self, slot: usize, body: &Body) -> bool {
        self.told[slot] == body.pose.entity
    }

    /// Tells what has changed since, as far as there is room; `eye` is where the client is.
    pub fn tell(&mut self, now_us: u64, channel: &mut Channel, scene: &Scene<'_>, eye: Vec3) {
        while self.has_room(now_us, channel)
            && let Some(slot) = self.find_change(scene.bodies, eye)
        {
            let pushed = if self.told[slot] != EntityId::NONE {
                let despawn = Despawn {
                    entity: core::mem::take(&mut self.told[slot]),
                };
                channel.push(MessageId::Despawn, |room| despawn.encode(room))
            } else if let Some(body) = &scene.bodies[slot] {
                self.told[slot] = body.pose.entity;
                let spawn = Spawn {
                    of: body.of,
                    tick: scene.tick,
                    pose: body.pose,
                };
                channel.push(MessageId::Spawn, |room| spawn.encode(room))
            } else {
                Ok(())
            };
            debug_assert!(pushed.is_ok(), "there was room");
            self.pace.spend(MESSAGE_BYTES);
        }
    }

    /// `[RG4]` Whether there is room for a message in the budget, in the next segment, and in the window beside what
    /// others may have to say.
    fn has_room(&mut self, now_us: u64, channel: &Channel) -> bool {
        self.pace.allowance(now_us) >= MESSAGE_BYTES
            && channel.unsent() + MESSAGE_BYTES <= SEGMENT_BYTES
            && channel.room() == MAX_EVENT_BYTES
    }

    /// `[RG2]` A slot whose body is another one now, or none; else `[RG3]` that of the nearest body that the client was
    /// not told of.
    fn find_change(&self, bodies: &[Option<Body>], eye: Vec3) -> Option<usize> {
        let mut nearest = None;
        let mut least = f32::INFINITY;
        for (slot, (told, body)) in self.told.iter().zip(bodies).enumerate() {
            let entity = body.map_or(EntityId::NONE, |body| body.pose.entity);
            if *told == entity {
                continue;
            }
            if *told != EntityId::NONE {
                return Some(slot);
            }
            let distance = body.map_or(least, |body| (body.pose.position - eye).length());
            if nearest.is_none() || distance < least {
                (nearest, least) = (Some(slot), distance);
            }
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Link, MAX_PAYLOAD_BYTES};
    use crate::snapshot::BodyPose;
    use crate::tick::Tick;
    use crate::vec3::vec3;

    fn body(entity: u32, x: f32) -> Option<Body> {
        Some(Body {
            of: entity as u16,
            pose: BodyPose {
                entity: EntityId(entity),
                position: vec3(x, 0.0, 0.0),
                rotation: [0.0, 0.0, 0.0, 1.0],
                asleep: true,
            },
        })
    }

    fn scene(bodies: &[Option<Body>]) -> Scene<'_> {
        Scene {
            tick: Tick(7),
            world_hash: 0,
            players: &[],
            bodies,
        }
    }

    /// Both ends of a channel on a network that loses nothing, and what was heard: bodies that came, and minus those
    /// that went.
    struct Ends {
        server: Channel,
        link: Link,
        client: Channel,
        back: Link,
        now_us: u64,
        heard: Vec<i64>,
    }

    impl Ends {
        fn new() -> Ends {
            Ends {
                server: Channel::new(),
                link: Link::new(),
                client: Channel::new(),
                back: Link::new(),
                now_us: 0,
                heard: Vec::new(),
            }
        }

        /// A tick later everything that was pushed has been heard and acknowledged.
        fn carry(&mut self) {
            let mut bytes = [0; MAX_PAYLOAD_BYTES];
            let mut payload = self.link.start(self.now_us, &mut bytes).unwrap();
            self.server
                .write(self.now_us, &self.link, &mut payload, usize::MAX);
            let length = payload.finish();
            let received = self.back.receive(self.now_us, &bytes[..length]).unwrap();
            for (_, segment) in received.messages {
                self.client.receive(segment).unwrap();
                while let Some((id, message)) = self.client.next().unwrap() {
                    self.heard.push(match MessageId::from_u8(id).unwrap() {
                        MessageId::Spawn => Spawn::decode(message).unwrap().pose.entity.0.into(),
                        MessageId::Despawn => {
                            -i64::from(Despawn::decode(message).unwrap().entity.0)
                        }
                        _ => 0,
                    });
                }
            }
            let length = self.back.start(self.now_us, &mut bytes).unwrap().finish();
            let received = self.link.receive(self.now_us, &bytes[..length]).unwrap();
            self.server.acknowledge(received.newly_acked);
            self.now_us += 33_333;
        }

        fn tell(&mut self, region: &mut Region, bodies: &[Option<Body>], eye: Vec3) {
            region.tell(self.now_us, &mut self.server, &scene(bodies), eye);
            self.carry();
        }
    }

    #[test]
    fn rg1_only_the_difference_is_told_and_a_slot_is_not_a_body() {
        let (mut region, mut ends) = (Region::new(3), Ends::new());
        let here = [body(1, 0.0), None, body(3, 1.0)];
        for _ in 0..3 {
            ends.tell(&mut region, &here, Vec3::ZERO);
        }
        assert_eq!(ends.heard, [1, 3]);
        let other = [body(9, 0.0), None, body(3, 1.0)];
        assert!(!region.knows(0, other[0].as_ref().unwrap()));
        ends.tell(&mut region, &other, Vec3::ZERO);
        assert_eq!(ends.heard, [1, 3, -1, 9]);
    }

    #[test]
    fn rg2_what_is_gone_is_told_first() {
        let (mut region, mut ends) = (Region::new(3), Ends::new());
        ends.tell(&mut region, &[None, None, body(3, 9.0)], Vec3::ZERO);
        ends.tell(&mut region, &[body(1, 0.0), body(2, 1.0), None], Vec3::ZERO);
        assert_eq!(ends.heard, [3, -3, 1, 2]);
    }

    #[test]
    fn rg3_the_nearest_is_told_first_wherever_the_client_goes() {
        let (mut region, mut ends) = (Region::new(100), Ends::new());
        let bodies: Vec<_> = (0..100).map(|k| body(k + 1, k as f32)).collect();
        ends.tell(&mut region, &bodies, vec3(-5.0, 0.0, 0.0));
        let first = ends.heard.len() as i64;
        assert_eq!(ends.heard, (1..=first).collect::<Vec<_>>());
        ends.heard.clear();
        ends.tell(&mut region, &bodies, vec3(200.0, 0.0, 0.0));
        assert_eq!(ends.heard[..2], [100, 99]);
    }

    #[test]
    fn rg4_bodies_keep_their_budget_and_leave_the_channel_to_others() {
        let (mut region, mut ends) = (Region::new(2_000), Ends::new());
        let bodies: Vec<_> = (0..2_000).map(|k| body(k + 1, k as f32)).collect();
        for _ in 0..90 {
            region.tell(ends.now_us, &mut ends.server, &scene(&bodies), Vec3::ZERO);
            assert!(ends.server.unsent() <= SEGMENT_BYTES);
            ends.carry();
        }
        let told = ends.heard.len() * MESSAGE_BYTES;
        let budget = REGION_BURST as usize + 3 * REGION_BYTES_PER_S as usize;
        assert!((budget - 1_000..=budget).contains(&told), "{told}");
        // Others' words wait: bodies do too.
        let said = ends.server.push_bytes(MessageId::Goodbye, &[0; 4_000]);
        assert_eq!(said, Ok(()));
        let before = ends.server.room();
        region.tell(ends.now_us, &mut ends.server, &scene(&bodies), Vec3::ZERO);
        assert_eq!(ends.server.room(), before);
    }

    #[test]
    fn rg4_a_client_that_hears_nothing_keeps_room_for_other_words() {
        let (mut region, mut channel, mut link) = (Region::new(9_000), Channel::new(), Link::new());
        let bodies: Vec<_> = (0..9_000).map(|k| body(k + 1, k as f32)).collect();
        for tick in 0..300 {
            let now_us = tick * 33_333;
            region.tell(now_us, &mut channel, &scene(&bodies), Vec3::ZERO);
            let mut bytes = [0; MAX_PAYLOAD_BYTES];
            let mut payload = link.start(now_us, &mut bytes).unwrap();
            channel.write(now_us, &link, &mut payload, usize::MAX);
        }
        let told = region.told.iter().filter(|told| **told != EntityId::NONE);
        let told = told.count();
        assert!((100..400).contains(&told), "{told}");
        assert!(channel.push_bytes(MessageId::Goodbye, &[0; 8_000]).is_ok());
    }
}
