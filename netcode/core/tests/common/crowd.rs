//! A hundred players and two hundred bodies, fifty of them moving, as an instance has them: inputs in, steps, snapshots
//! out, and a client that reads them.
#![allow(dead_code)]

use super::{Walker, plaza};
use otherworld_core::input::{InputBuffer, InputFrame, InputPacket};
use otherworld_core::link::{Link, MAX_PAYLOAD_BYTES};
use otherworld_core::message::MessageId;
use otherworld_core::select::{AT_REST, Selector, weight_of_moving};
use otherworld_core::snapshot::{BodyPose, Header, Own, PlayerPose, Snapshot, SnapshotWriter};
use otherworld_core::step::step;
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_core::{EntityId, Tick, Vec3};

pub const PLAYERS: usize = 100;
pub const BODIES: usize = 200;
const MOVING: usize = 50;
const FIRST_PLAYER: u32 = 1024;

pub struct Crowd {
    pub world: World,
    pub walkers: Vec<Walker>,
    pub tick: Tick,
    clients: Vec<Client>,
    bodies: Vec<BodyPose>,
    payload: [u8; MAX_PAYLOAD_BYTES],
    length: usize,
    pub snapshot: Snapshot,
}

struct Client {
    packet: InputPacket,
    buffer: InputBuffer,
    up: [Link; 2],
    down: [Link; 2],
    selector: Selector,
}

/// What one tick's snapshots held, all clients together.
#[derive(Default)]
pub struct Sent {
    pub bytes: usize,
    pub players: usize,
    pub bodies: usize,
}

impl Crowd {
    pub fn new(area: f32) -> Crowd {
        let tick = Tick(u32::MAX - 50);
        let client = || Client {
            packet: InputPacket::new(InputFrame {
                tick,
                ..InputFrame::default()
            }),
            buffer: InputBuffer::new(tick),
            up: [Link::new(), Link::new()],
            down: [Link::new(), Link::new()],
            selector: Selector::new(PLAYERS + BODIES),
        };
        let body = |k: usize| BodyPose {
            entity: EntityId::of_body(k as u32),
            position: vec3((k % 20) as f32 - 10.0, 0.5, (k / 20) as f32 - 5.0),
            rotation: [0.0, 0.6, 0.0, 0.8],
            asleep: k >= MOVING,
        };
        Crowd {
            world: World::build(&plaza()).unwrap(),
            walkers: (1..=PLAYERS as u32).map(|k| Walker::new(k, area)).collect(),
            tick,
            clients: (0..PLAYERS).map(|_| client()).collect(),
            bodies: (0..BODIES).map(body).collect(),
            payload: [0; MAX_PAYLOAD_BYTES],
            length: 0,
            snapshot: Snapshot::with_capacity(),
        }
    }

    /// Every client's packet goes up and every player moves.
    pub fn play(&mut self) {
        for (client, walker) in self.clients.iter_mut().zip(&mut self.walkers) {
            client.packet.push(walker.input());
            let mut payload = client.up[0].start(0, &mut self.payload).unwrap();
            payload
                .add(MessageId::Input, |room| client.packet.encode(room))
                .unwrap();
            let length = payload.finish();
            let received = client.up[1].receive(0, &self.payload[..length]).unwrap();
            for (_, message) in received.messages {
                client
                    .buffer
                    .receive(&InputPacket::decode(message).unwrap(), 1_000);
            }
            let (input, _) = client.buffer.take();
            walker.state = step(&walker.state, input, &self.world);
        }
        self.tick = self.tick.plus(1);
    }

    /// The steps alone.
    pub fn step_all(&mut self) {
        for walker in &mut self.walkers {
            let input = walker.input();
            walker.state = step(&walker.state, input, &self.world);
        }
    }

    /// Chooses, codes and frames this client's snapshot.
    pub fn encode(&mut self, client: usize) -> Sent {
        let mut sent = Sent::default();
        let (walkers, bodies) = (&self.walkers, &self.bodies);
        let own = Own {
            entity: entity(client),
            state: walkers[client].state,
        };
        let header = Header {
            tick: self.tick,
            input_tick: self.tick,
            ..Header::default()
        };
        let here = own.state.position;
        let Client { down, selector, .. } = &mut self.clients[client];
        let mut payload = down[0].start(0, &mut self.payload).unwrap();
        payload
            .add(MessageId::Snapshot, |room| {
                let mut writer = SnapshotWriter::new(room, &header, Some(&own))?;
                selector.fill(
                    |slot| weight(slot, client, here, walkers, bodies),
                    |slot| match slot.checked_sub(PLAYERS) {
                        None => {
                            let state = &walkers[slot].state;
                            let pose = PlayerPose {
                                entity: entity(slot),
                                position: state.position,
                                yaw: slot as u16 * 600,
                                grounded: state.grounded(),
                                tracked: None,
                            };
                            let fits = writer.add_player(&pose).is_ok();
                            sent.players += usize::from(fits);
                            fits
                        }
                        Some(body) => {
                            let fits = writer.add_body(&bodies[body]).is_ok();
                            sent.bodies += usize::from(fits);
                            fits
                        }
                    },
                );
                Ok(writer.finish())
            })
            .unwrap();
        self.length = payload.finish();
        sent.bytes = self.length;
        sent
    }

    /// The client of the last [`Crowd::encode`] reads it.
    pub fn decode(&mut self, client: usize) {
        let link = &mut self.clients[client].down[1];
        let received = link.receive(0, &self.payload[..self.length]).unwrap();
        for (_, message) in received.messages {
            self.snapshot.decode(message).unwrap();
        }
    }
}

fn entity(player: usize) -> EntityId {
    EntityId(FIRST_PLAYER + player as u32)
}

fn weight(slot: usize, client: usize, here: Vec3, walkers: &[Walker], bodies: &[BodyPose]) -> u32 {
    match slot.checked_sub(PLAYERS) {
        None if slot == client => 0,
        None => weight_of_moving((walkers[slot].state.position - here).length()),
        Some(body) if bodies[body].asleep => AT_REST,
        Some(body) => weight_of_moving((bodies[body].position - here).length()),
    }
}
