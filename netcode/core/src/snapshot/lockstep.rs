//! The rules `[KF1]`… of keyframes: a server and a client over a way that loses, delays and reorders in both directions,
//! from a seed. Whatever the client reads must be, exactly, the quantised truth of the tick that it is told of.

use super::packed::{PackedBody, PackedPlayer};
use super::*;
use crate::link::{LINK_HEADER_BYTES, Link, LinkError, MAX_PAYLOAD_BYTES};
use crate::message::{MESSAGE_HEADER_BYTES, MessageId};
use crate::pose::{PackedPoint, PackedRotation};
use proptest::prelude::*;
use std::collections::HashMap;

/// Both ends of a session's snapshots.
pub(super) struct Session {
    pub encoder: Encoder,
    pub baselines: Baselines,
    pub decoder: Decoder,
    pub snapshot: Snapshot,
    server: Link,
    client: Link,
}

impl Session {
    pub fn new(players: usize, bodies: usize) -> Session {
        Session {
            encoder: Encoder::new(players, bodies),
            baselines: Baselines::new(players + bodies),
            decoder: Decoder::new(),
            snapshot: Snapshot::with_capacity(),
            server: Link::new(),
            client: Link::new(),
        }
    }

    /// A payload with a snapshot of what `level_of` chooses, as far as it fits.
    pub fn send(
        &mut self,
        tick: Tick,
        own: Option<&Own>,
        level_of: impl Fn(usize) -> Option<Level>,
    ) -> Vec<u8> {
        let header = Header {
            tick,
            ..Header::default()
        };
        let mut bytes = vec![0; MAX_PAYLOAD_BYTES];
        let (encoder, baselines) = (&mut self.encoder, &mut self.baselines);
        let slots = encoder.slots();
        let mut payload = self.server.start(0, &mut bytes).unwrap();
        payload
            .add(MessageId::Snapshot, |room| {
                let mut writer = SnapshotWriter::new(room, &header, own, encoder, baselines)?;
                for slot in 0..slots {
                    if let Some(level) = level_of(slot) {
                        let _ = writer.add(slot, level);
                    }
                }
                Ok(writer.finish())
            })
            .unwrap();
        let (sequence, length) = (payload.sequence(), payload.finish());
        self.baselines.sent(sequence);
        bytes.truncate(length);
        bytes
    }

    /// The client's link takes the payload; whether its snapshot is to be read.
    pub fn deliver(&mut self, payload: &[u8]) -> bool {
        let head = &payload[..LINK_HEADER_BYTES];
        match self.client.receive(0, head) {
            Ok(_) => true,
            Err(LinkError::Duplicate | LinkError::Stale) => false,
            Err(error) => panic!("{error}"),
        }
    }

    pub fn read(&mut self, payload: &[u8]) {
        let message = &payload[LINK_HEADER_BYTES + MESSAGE_HEADER_BYTES..];
        self.decoder.decode(message, &mut self.snapshot).unwrap();
    }

    /// The client's acknowledgement.
    pub fn answer(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; LINK_HEADER_BYTES];
        self.client.start(0, &mut bytes).unwrap();
        bytes
    }

    pub fn hear(&mut self, answer: &[u8]) {
        if let Ok(received) = self.server.receive(0, answer) {
            self.baselines.acknowledge(received.newly_acked);
        }
    }

    pub fn acknowledge(&mut self) {
        let answer = self.answer();
        self.hear(&answer);
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Small or any difference, so that all classes of all fields come about.
    fn moved(&mut self, value: u32, bits: u32) -> u32 {
        let width = self.below(u64::from(bits) + 1) as u32;
        let by = self.below(1 << width) as u32;
        value.wrapping_add(by).wrapping_sub(1 << width >> 1) & ((1 << bits) - 1)
    }
}

const PLAYERS: usize = 6;
const BODIES: usize = 5;

type Players = [Option<PackedPlayer>; PLAYERS];
type Bodies = [Option<PackedBody>; BODIES];

/// Payloads that are under way, and when they arrive.
type UnderWay = Vec<(u64, Vec<u8>)>;

/// What the server has, and had.
struct Truth {
    players: Players,
    bodies: Bodies,
    next_entity: u32,
    past: HashMap<u32, (Players, Bodies)>,
}

impl Truth {
    fn step(&mut self, tick: Tick, random: &mut Random) {
        for player in &mut self.players {
            if random.below(40) == 0 {
                *player = (random.below(3) > 0).then(|| {
                    self.next_entity += 1;
                    PackedPlayer {
                        entity: EntityId(self.next_entity),
                        ..PackedPlayer::default()
                    }
                });
            }
            if let Some(player) = player {
                wander(player, random);
            }
        }
        for (k, body) in self.bodies.iter_mut().enumerate() {
            let rests = random.below(2) == 0;
            let body = body.get_or_insert(PackedBody {
                entity: EntityId(k as u32 + 1),
                ..PackedBody::default()
            });
            if !rests {
                let [x, y, z] = body.place;
                body.place = [
                    random.moved(x, 20),
                    random.moved(y, 19),
                    random.moved(z, 20),
                ];
                turn(&mut body.rotation, 11, random);
                body.asleep = random.below(2) == 0;
            }
        }
        // What is packed can be what nobody would pack: the encoder packs what is unpacked from it.
        let bodies = self
            .bodies
            .map(|body| body.map(|body| PackedBody::pack(&body.unpack())));
        self.past.insert(tick.0, (self.players, bodies));
    }

    fn begin(&self, session: &mut Session, tick: Tick) {
        session.encoder.begin(
            tick,
            |k| self.players[k].map(|player| player.unpack()),
            |k| self.bodies[k].map(|body| body.unpack()),
        );
    }

    /// Panics unless everything in the snapshot is what was then.
    fn check(&self, snapshot: &Snapshot) {
        let (players, bodies) = &self.past[&snapshot.header.tick.0];
        for player in &snapshot.players {
            let mut then = players
                .iter()
                .flatten()
                .find(|p| p.entity == player.entity)
                .copied()
                .unwrap();
            if player.tracked.is_none() {
                then.tracked = None;
            }
            assert_eq!(*player, then.unpack());
        }
        for body in &snapshot.bodies {
            let then = bodies
                .iter()
                .flatten()
                .find(|b| b.entity == body.entity)
                .unwrap();
            assert_eq!(*body, then.unpack());
        }
    }
}

fn turn(rotation: &mut PackedRotation, bits: u32, random: &mut Random) {
    if random.below(8) == 0 {
        rotation.largest = random.below(4) as u8;
    }
    for part in &mut rotation.parts {
        *part = random.moved((*part).into(), bits) as u16;
    }
}

fn wander(player: &mut PackedPlayer, random: &mut Random) {
    if random.below(4) == 0 {
        return;
    }
    let [x, y, z] = player.place;
    player.place = [
        random.moved(x, 20),
        random.moved(y, 19),
        random.moved(z, 20),
    ];
    player.yaw = random.moved(player.yaw.into(), 12) as u16;
    player.grounded = random.below(2) == 0;
    player.tracked = match random.below(10) {
        0 => None,
        _ => {
            let mut points = player.tracked.unwrap_or_default().points();
            for PackedPoint { place, rotation } in &mut points {
                for steps in place {
                    *steps = random.moved((*steps).into(), 12) as u16;
                }
                turn(rotation, 9, random);
            }
            Some(Tracked::from_points(points))
        }
    };
}

/// How a run goes wrong.
#[derive(Clone, Copy, Debug)]
struct Way {
    seed: u64,
    /// Of 100.
    loss: u64,
    /// Longest delay of a payload or an answer (unit: ticks).
    delay: u64,
    first_tick: u32,
    first_sequence: u32,
}

/// Entities read, those of them with a baseline.
fn run(way: Way, ticks: u32) -> (Session, usize) {
    let mut random = Random(way.seed | 1);
    let mut session = Session::new(PLAYERS, BODIES);
    for _ in 0..way.first_sequence {
        session
            .server
            .start(0, &mut [0; LINK_HEADER_BYTES])
            .unwrap();
    }
    let mut truth = Truth {
        players: [None; PLAYERS],
        bodies: [None; BODIES],
        next_entity: 100,
        past: HashMap::new(),
    };
    let (mut down, mut up) = (UnderWay::new(), UnderWay::new());
    let mut read = 0;
    for now in 0..u64::from(ticks) {
        let tick = Tick(way.first_tick.wrapping_add(now as u32));
        truth.step(tick, &mut random);
        truth.begin(&mut session, tick);
        let chosen: Vec<u64> = (0..PLAYERS + BODIES).map(|_| random.below(4)).collect();
        let level = |slot: usize| match chosen[slot] {
            0 => None,
            1 => Some(Level::Root),
            _ => Some(Level::Full),
        };
        let payload = session.send(tick, None, level);
        // Twice at times: the link refuses the second.
        for _ in 0..1 + u64::from(random.below(10) == 0) {
            if random.below(100) >= way.loss {
                down.push((now + random.below(way.delay + 1), payload.clone()));
            }
        }
        for payload in due(&mut down, now) {
            if session.deliver(&payload) {
                session.read(&payload);
                truth.check(&session.snapshot);
                assert_eq!(
                    session.snapshot.unknown_baselines, 0,
                    "[KF6] at tick {tick:?}"
                );
                read += session.snapshot.players.len() + session.snapshot.bodies.len();
            }
        }
        // Who has heard nothing acknowledges 65,535, which nobody has sent by then but this test, near its wrap.
        if read > 0 && random.below(100) >= way.loss {
            up.push((now + random.below(way.delay + 1), session.answer()));
        }
        for answer in due(&mut up, now) {
            session.hear(&answer);
        }
    }
    (session, read)
}

fn due(under_way: &mut UnderWay, now: u64) -> Vec<Vec<u8>> {
    let arrived = under_way.extract_if(.., |(at, _)| *at <= now);
    arrived.map(|(_, payload)| payload).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn kf4_the_client_reads_exactly_what_was_whatever_gets_lost(
        seed: u64, loss in 0u64..60, delay in 0u64..40, before_wrap in 0u32..300, first_sequence in 65_000u32..65_536,
    ) {
        let way = Way { seed, loss, delay, first_tick: u32::MAX - before_wrap, first_sequence };
        let (_, read) = run(way, 600);
        prop_assert!(read > 500, "{read}");
    }
}
