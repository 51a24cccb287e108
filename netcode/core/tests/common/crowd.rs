//! A hundred players with moving heads and hands and two hundred bodies, fifty of them kicked about, as an instance has
//! them: inputs in, steps, snapshots out, and clients that read them and acknowledge them some ticks later.
#![allow(dead_code)]

use super::ball::Ball;
use super::hands::{Hands, Motion};
use super::{Walker, plaza};
use otherworld_core::input::{InputBuffer, InputFrame, InputPacket};
use otherworld_core::link::{Link, MAX_PAYLOAD_BYTES};
use otherworld_core::message::MessageId;
use otherworld_core::pose::Tracked;
use otherworld_core::select::{Budget, Claim, Selector};
use otherworld_core::snapshot::{
    Baselines, Decoder, Encoder, Header, Level, Own, PlayerPose, Snapshot, SnapshotWriter,
};
use otherworld_core::step::step;
use otherworld_core::world::World;
use otherworld_core::{EntityId, Tick};

pub const PLAYERS: usize = 100;
pub const BODIES: usize = 200;
const KICKED: usize = 50;
const FIRST_PLAYER: u32 = 1024;
const TICK_US: u64 = 33_333;

/// A client's payload is on its way for so long, with the acknowledgements in it (unit: ticks; as 80 ms and two waits
/// for a tick).
const UP_TICKS: usize = 4;

pub struct Crowd {
    pub world: World,
    pub walkers: Vec<Walker>,
    pub poses: Vec<PlayerPose>,
    pub bodies: Vec<Ball>,
    pub tick: Tick,
    motion: Motion,
    hands: Vec<Hands>,
    clients: Vec<Client>,
    encoder: Encoder,
    now_us: u64,
    payload: [u8; MAX_PAYLOAD_BYTES],
    length: usize,
    pub snapshot: Snapshot,
}

struct Client {
    packet: InputPacket,
    buffer: InputBuffer,
    server: Link,
    client: Link,
    /// Payloads under way to the server, with their lengths.
    up: [([u8; MAX_PAYLOAD_BYTES], usize); UP_TICKS],
    selector: Selector,
    budget: Budget,
    baselines: Baselines,
    decoder: Decoder,
}

/// What one tick's snapshots held, all clients together.
#[derive(Clone, Copy, Default)]
pub struct Sent {
    pub bytes: usize,
    pub full: usize,
    pub roots: usize,
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
            // The first input arrives when it is due.
            buffer: InputBuffer::new(tick.plus(1 - UP_TICKS as i32)),
            server: Link::new(),
            client: Link::new(),
            up: [([0; MAX_PAYLOAD_BYTES], 0); UP_TICKS],
            selector: Selector::new(PLAYERS + BODIES),
            budget: Budget::new(0),
            baselines: Baselines::new(PLAYERS + BODIES),
            decoder: Decoder::new(),
        };
        let pose = |k: u32| PlayerPose {
            entity: EntityId(FIRST_PLAYER + k),
            ..PlayerPose::default()
        };
        Crowd {
            world: World::build(&plaza()).unwrap(),
            walkers: (1..=PLAYERS as u32).map(|k| Walker::new(k, area)).collect(),
            poses: (0..PLAYERS as u32).map(pose).collect(),
            bodies: (0..BODIES as u32)
                .map(|k| Ball::new(k, area, (k as usize) < KICKED))
                .collect(),
            tick,
            motion: Motion::read(),
            hands: (1..=PLAYERS as u32).map(Hands::new).collect(),
            clients: (0..PLAYERS).map(|_| client()).collect(),
            encoder: Encoder::new(PLAYERS, BODIES),
            now_us: 0,
            payload: [0; MAX_PAYLOAD_BYTES],
            length: 0,
            snapshot: Snapshot::with_capacity(),
        }
    }

    /// Everybody's packet goes up, and what arrives is heard; then everything moves.
    pub fn play(&mut self) {
        for player in 0..PLAYERS {
            self.hear(player);
            let (input, _) = self.clients[player].buffer.take();
            let tracked = self.motion.step(&mut self.hands[player]);
            let walker = &mut self.walkers[player];
            walker.state = step(&walker.state, input, &self.world);
            self.show(player, input.yaw, tracked);
        }
        self.bodies.iter_mut().for_each(Ball::step);
        self.tick = self.tick.plus(1);
        self.now_us += TICK_US;
    }

    fn hear(&mut self, player: usize) {
        let client = &mut self.clients[player];
        client.packet.push(self.walkers[player].input());
        let (bytes, length) = &mut client.up[self.tick.0 as usize % UP_TICKS];
        if *length > 0 {
            let received = client
                .server
                .receive(self.now_us, &bytes[..*length])
                .unwrap();
            client.baselines.acknowledge(received.newly_acked);
            for (_, message) in received.messages {
                client
                    .buffer
                    .receive(&InputPacket::decode(message).unwrap(), 1_000);
            }
        }
        let mut payload = client.client.start(self.now_us, bytes).unwrap();
        payload
            .add(MessageId::Input, |room| client.packet.encode(room))
            .unwrap();
        *length = payload.finish();
    }

    /// What the others see: who turns, turns no faster than people do (half a turn a second).
    fn show(&mut self, player: usize, yaw: u16, tracked: Tracked) {
        let state = &self.walkers[player].state;
        let pose = &mut self.poses[player];
        let turn = yaw
            .wrapping_sub(pose.yaw)
            .cast_signed()
            .clamp(-1_092, 1_092);
        pose.position = state.position;
        pose.grounded = state.grounded();
        pose.yaw = pose.yaw.wrapping_add_signed(turn);
        pose.tracked = Some(tracked);
    }

    /// Inputs that came too late, of all players, but for those before the first.
    pub fn missed_inputs(&self) -> u32 {
        let missed = |client: &Client| client.buffer.counters().missed - UP_TICKS as u32;
        self.clients.iter().map(missed).sum()
    }

    /// The steps alone.
    pub fn step_all(&mut self) {
        for walker in &mut self.walkers {
            let input = walker.input();
            walker.state = step(&walker.state, input, &self.world);
        }
    }

    /// Takes in the tick; before the first [`Crowd::encode`].
    pub fn begin(&mut self) {
        let (poses, bodies) = (&self.poses, &self.bodies);
        let (player, body) = (|k: usize| Some(poses[k]), |k: usize| Some(bodies[k].pose));
        self.encoder.begin(self.tick, player, body);
    }

    /// Chooses, codes and frames this client's snapshot.
    pub fn encode(&mut self, client: usize) -> Sent {
        let mut sent = Sent::default();
        let (poses, bodies, tick) = (&self.poses, &self.bodies, self.tick);
        let own = Own {
            entity: poses[client].entity,
            state: self.walkers[client].state,
        };
        let header = Header {
            tick,
            input_tick: tick,
            ..Header::default()
        };
        let here = own.state.position;
        let claim = |slot: usize| match slot.checked_sub(PLAYERS) {
            None if slot == client => Claim::NOTHING,
            None => {
                let pose = &poses[slot];
                Claim::of_player(pose.entity, (pose.position - here).length(), true)
            }
            Some(body) => {
                let pose = &bodies[body].pose;
                Claim::of_body(pose.entity, (pose.position - here).length(), pose.asleep)
            }
        };
        let encoder = &mut self.encoder;
        let Client {
            server,
            selector,
            budget,
            baselines,
            ..
        } = &mut self.clients[client];
        let mut payload = server.start(self.now_us, &mut self.payload).unwrap();
        let sequence = payload.sequence();
        let most = budget.room(self.now_us);
        let used = payload
            .add(MessageId::Snapshot, |room| {
                let room = &mut room[..most.min(MAX_PAYLOAD_BYTES - 11)];
                let mut writer =
                    SnapshotWriter::new(room, &header, Some(&own), encoder, baselines)?;
                selector.fill(tick, claim, |slot, level| {
                    let fits = writer.add(slot, level).is_ok();
                    let count = match (slot < PLAYERS, level) {
                        (false, _) => &mut sent.bodies,
                        (true, Level::Root) => &mut sent.roots,
                        (true, Level::Full) => &mut sent.full,
                    };
                    *count += usize::from(fits);
                    fits
                });
                Ok(writer.finish())
            })
            .unwrap();
        budget.spend(used);
        baselines.sent(sequence);
        self.length = payload.finish();
        sent.bytes = self.length;
        sent
    }

    /// The client of the last [`Crowd::encode`] reads it.
    pub fn decode(&mut self, client: usize) {
        let Client {
            client, decoder, ..
        } = &mut self.clients[client];
        let received = client
            .receive(self.now_us, &self.payload[..self.length])
            .unwrap();
        for (_, message) in received.messages {
            decoder.decode(message, &mut self.snapshot).unwrap();
        }
    }
}

/// Players' entities are in the order of their slots.
pub fn slot_of_player(entity: EntityId) -> usize {
    (entity.0 - FIRST_PLAYER) as usize
}
