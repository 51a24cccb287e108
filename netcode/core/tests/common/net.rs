//! An instance and its clients, joined by a network in memory: the link, the channel and the roster as the server and the
//! bots use them, ticked by hand. What a client has heard is compared with what the instance is.
#![allow(dead_code)]

use otherworld_core::channel::{Channel, FULL_SEGMENT_BYTES};
use otherworld_core::input::{InputBuffer, InputFrame, InputPacket};
use otherworld_core::link::{Link, LinkError, MAX_PAYLOAD_BYTES};
use otherworld_core::message::{
    Goodbye, GoodbyeCause, MessageId, Name, Reason, RosterEntry, RosterExit, Welcome,
};
use otherworld_core::roster::{Roster, Told};
use otherworld_core::testing::{Conditions, Way};
use otherworld_core::tick::TICK_US;
use otherworld_core::{EntityId, SeatId, Tick};

pub struct Net {
    pub now_us: u64,
    pub tick: Tick,
    /// Entities in the instance's slots; zero is an empty one.
    pub slots: Vec<EntityId>,
    pub clients: Vec<Client>,
    seed: u64,
}

/// Both ends of a session, and the ways between them.
pub struct Client {
    pub entity: EntityId,
    pub down: Way,
    pub up: Way,
    pub server: ServerEnd,
    pub client: ClientEnd,
}

pub struct ServerEnd {
    pub link: Link,
    pub channel: Channel,
    pub told: Told,
    pub inputs: InputBuffer,
    welcomed: bool,
    is_parting: bool,
}

pub struct ClientEnd {
    pub link: Link,
    pub channel: Channel,
    pub roster: Roster,
    pub welcome: Option<Welcome>,
    pub goodbye: Option<Goodbye>,
    /// Numbers of the messages that [`Client::push_number`] sent.
    pub numbers: Vec<u32>,
    pub packet: Option<InputPacket>,
}

impl Net {
    pub fn new(seed: u64, tick: Tick, slots: usize) -> Net {
        Net {
            now_us: 1_000_000,
            tick,
            slots: vec![EntityId::NONE; slots],
            clients: Vec::new(),
            seed,
        }
    }

    /// A player takes a free slot; its number among the clients.
    pub fn join(&mut self, conditions: Conditions) -> usize {
        self.join_at(conditions, 0)
    }

    pub fn join_many(&mut self, count: usize, conditions: Conditions) {
        for _ in 0..count {
            self.join(conditions);
        }
    }

    /// As [`Net::join`], with the channel's streams beginning near their wrap, or anywhere.
    pub fn join_at(&mut self, conditions: Conditions, offset: u32) -> usize {
        let index = self.clients.len();
        let entity = EntityId(1_000 + index as u32);
        let slot = self.slots.iter().position(|slot| *slot == EntityId::NONE);
        self.slots[slot.expect("a free slot")] = entity;
        let seed = self.seed.wrapping_add(2 * index as u64);
        self.clients.push(Client {
            entity,
            down: Way::new(seed, conditions),
            up: Way::new(seed.wrapping_add(1), conditions),
            server: ServerEnd {
                link: Link::new(),
                channel: Channel::starting_at(offset),
                told: Told::new(self.slots.len()),
                inputs: InputBuffer::new(self.tick),
                welcomed: false,
                is_parting: false,
            },
            client: ClientEnd {
                link: Link::new(),
                channel: Channel::starting_at(offset),
                roster: Roster::default(),
                welcome: None,
                goodbye: None,
                numbers: Vec::new(),
                packet: None,
            },
        });
        index
    }

    /// The body of a client leaves the world; its session goes on.
    pub fn remove(&mut self, index: usize) {
        let entity = self.clients[index].entity;
        for slot in &mut self.slots {
            if *slot == entity {
                *slot = EntityId::NONE;
            }
        }
    }

    /// One tick of everybody: hear, then speak.
    pub fn step(&mut self) {
        let (now_us, tick, slots) = (self.now_us, self.tick, &self.slots);
        for client in &mut self.clients {
            while let Some(payload) = client.up.receive(now_us) {
                client.server.hear(now_us, &payload);
            }
            client.server.inputs.take();
            let payload = client.server.speak(now_us, tick, client.entity, slots);
            client.down.send(now_us, &payload);
            while let Some(payload) = client.down.receive(now_us) {
                client.client.hear(now_us, &payload);
            }
            let payload = client.client.speak(now_us, tick);
            client.up.send(now_us, &payload);
        }
        self.now_us += u64::from(TICK_US);
        self.tick = self.tick.plus(1);
    }

    pub fn run(&mut self, ticks: u32) {
        (0..ticks).for_each(|_| self.step());
    }

    /// Ticks until it is so; at most this many.
    pub fn until(&mut self, most: u32, is_so: impl Fn(&Net) -> bool) -> u32 {
        for ticks in 0..most {
            if is_so(self) {
                return ticks;
            }
            self.step();
        }
        panic!("not so after {most} ticks");
    }

    /// Whether this client knows exactly those who are there.
    pub fn knows_all(&self, index: usize) -> bool {
        let roster = &self.clients[index].client.roster;
        let there = || self.slots.iter().filter(|slot| **slot != EntityId::NONE);
        roster.entries().len() == there().count()
            && there().all(|entity| roster.of(*entity) == Some(&entry(*entity)))
    }
}

impl Client {
    /// The server's numbered event; false when the window is full.
    pub fn push_number(&mut self, number: u32, length: usize) -> bool {
        let mut message = vec![number as u8; length];
        message[..4].copy_from_slice(&number.to_le_bytes());
        let channel = &mut self.server.channel;
        channel.push_bytes(MessageId::Snapshot, &message).is_ok()
    }

    /// Another connection: nothing of the old one arrives any more, and the session goes on.
    pub fn reconnect(&mut self) {
        self.up.cut();
        self.down.cut();
    }
}

impl ServerEnd {
    fn hear(&mut self, now_us: u64, payload: &[u8]) {
        let received = match self.link.receive(now_us, payload) {
            Ok(received) => received,
            Err(LinkError::Duplicate | LinkError::Stale) => return,
            Err(error) => panic!("{error}"),
        };
        self.channel.acknowledge(received.newly_acked);
        for (id, message) in received.messages {
            assert_eq!(id, MessageId::Input as u8);
            let packet = InputPacket::decode(message).unwrap();
            self.inputs.receive(&packet, 0);
        }
    }

    fn speak(&mut self, now_us: u64, tick: Tick, own: EntityId, slots: &[EntityId]) -> Vec<u8> {
        if !self.welcomed {
            let welcome = Welcome {
                tick,
                entity: own,
                world_hash: 1,
                tick_rate_hz: 30,
            };
            let said = self
                .channel
                .push(MessageId::Welcome, |room| welcome.encode(room));
            self.welcomed = said.is_ok();
        }
        if !self.is_parting {
            self.told
                .tell(&mut self.channel, |k| slots[k], |k| Some(entry(slots[k])));
        }
        write(now_us, &mut self.link, &mut self.channel, None)
    }

    pub fn say_goodbye(&mut self) {
        let goodbye = Goodbye {
            cause: GoodbyeCause::Kicked,
            reason: Reason::new("be kind"),
        };
        self.channel
            .push(MessageId::Goodbye, |room| goodbye.encode(room))
            .unwrap();
        self.is_parting = true;
    }
}

impl ClientEnd {
    fn hear(&mut self, now_us: u64, payload: &[u8]) {
        let received = match self.link.receive(now_us, payload) {
            Ok(received) => received,
            Err(LinkError::Duplicate | LinkError::Stale) => return,
            Err(error) => panic!("{error}"),
        };
        self.channel.acknowledge(received.newly_acked);
        for (id, segment) in received.messages {
            assert_eq!(id, MessageId::Events as u8);
            self.channel.receive(segment).unwrap();
            while let Some((id, event)) = self.channel.next().unwrap() {
                assert!(self.goodbye.is_none(), "nothing comes after the goodbye");
                match MessageId::from_u8(id) {
                    Some(MessageId::Welcome) => {
                        let welcome = Welcome::decode(event).unwrap();
                        assert_eq!(self.welcome.replace(welcome), None, "it comes once");
                    }
                    Some(MessageId::RosterEntry) => {
                        assert!(self.welcome.is_some(), "the welcome is first");
                        let entry = RosterEntry::decode(event).unwrap();
                        assert_eq!(self.roster.of(entry.entity), None, "it comes once");
                        self.roster.enter(entry).unwrap();
                    }
                    Some(MessageId::RosterExit) => {
                        let exit = RosterExit::decode(event).unwrap();
                        assert!(self.roster.exit(exit.entity), "who was there goes");
                    }
                    Some(MessageId::Goodbye) => {
                        self.goodbye = Some(Goodbye::decode(event).unwrap());
                    }
                    Some(MessageId::Snapshot) => {
                        let number = u32::from_le_bytes(*event.first_chunk().unwrap());
                        assert!(event[4..].iter().all(|byte| *byte == number as u8));
                        self.numbers.push(number);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn speak(&mut self, now_us: u64, tick: Tick) -> Vec<u8> {
        // Ahead of the server, by more than the way takes.
        let tick = tick.plus(12);
        match &mut self.packet {
            Some(packet) => packet.push(Default::default()),
            None => {
                self.packet = Some(InputPacket::new(InputFrame {
                    tick,
                    ..InputFrame::default()
                }));
            }
        }
        write(
            now_us,
            &mut self.link,
            &mut self.channel,
            self.packet.as_ref(),
        )
    }
}

fn write(
    now_us: u64,
    link: &mut Link,
    channel: &mut Channel,
    packet: Option<&InputPacket>,
) -> Vec<u8> {
    let mut bytes = vec![0; MAX_PAYLOAD_BYTES];
    let mut payload = link.start(now_us, &mut bytes).unwrap();
    channel.write(now_us, link, &mut payload, FULL_SEGMENT_BYTES);
    if let Some(packet) = packet {
        payload
            .add(MessageId::Input, |room| packet.encode(room))
            .unwrap();
    }
    let length = payload.finish();
    bytes.truncate(length);
    bytes
}

pub fn entry(entity: EntityId) -> RosterEntry {
    RosterEntry {
        entity,
        seat: SeatId(u64::from(entity.0)),
        name: Name::new(&format!("player {} of a long name", entity.0)),
    }
}
