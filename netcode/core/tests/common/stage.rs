//! Real clients and the server's real sessions, joined by a network in memory, in a scene whose truth is recorded: what a
//! client shows is compared with what was, at the view's time.
#![allow(dead_code)]

use crate::common::{Walker, floor_with};
use otherworld_core::client::{Client, Intent, Others, Pilot};
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::message::Name;
use otherworld_core::pose::{Point, Tracked};
use otherworld_core::seat::{Role, UserData};
use otherworld_core::server::{Body, Player, Scene, Session};
use otherworld_core::snapshot::{Encoder, PlayerPose};
use otherworld_core::step::{State, step};
use otherworld_core::testing::{Conditions, Way, seed};
use otherworld_core::tick::TICK_US;
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_core::{EntityId, SeatId, Tick, Vec3};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

const FIRST_PLAYER: u32 = 1_000;

/// Steps of the network within a tick.
const PARTS: u64 = 8;

/// What a client hears in so many ticks of a crowd of 99 others in so large a square, who wave their hands.
pub fn hear_crowd(area: f32, conditions: Conditions, ticks: usize) -> Vec<(u64, Vec<u8>)> {
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(u32::MAX - 300), 100, 0);
    stage.join(seed(), conditions, Vec3::ZERO, Box::new(Still));
    stage.seats[0].heard = Some(Vec::new());
    let mut walkers: Vec<Walker> = (0..99).map(|k| Walker::new(k + 1, area)).collect();
    for _ in 0..ticks {
        stage.step(|stage| stage.walk(&mut walkers, |_| Vec3::ZERO));
    }
    stage.seats[0].heard.take().unwrap_or_default()
}

/// Somebody who stands where they are.
pub struct Still;

impl Pilot for Still {
    fn steer(&mut self, _: Tick, _: &State, _: &Others) -> Intent {
        Intent::default()
    }
}

/// Hands that move at up to 1.5 m/s, each at its own pace.
pub fn wave(tick: Tick, k: usize) -> Tracked {
    let at = |hand: f32| {
        let angle = (tick.0 % 30_000) as f32 * 0.12 + hand + k as f32;
        let point = Point {
            position: vec3(0.4 * angle.sin(), 1.2 + 0.3 * angle.cos(), -0.3),
            rotation: [0.0, 0.0, (angle * 0.5).sin(), (angle * 0.5).cos()],
        };
        point.pack()
    };
    Tracked::from_points([at(0.0), at(1.0), at(2.0)])
}

pub struct Stage {
    pub world: Arc<World>,
    pub now_us: u64,
    pub tick: Tick,
    pub players: Vec<Option<Player>>,
    pub bodies: Vec<Option<Body>>,
    pub seats: Vec<Seat>,
    encoder: Encoder,
    /// Where everything was: exactly what the snapshots of a tick were coded from.
    pub truth: HashMap<(EntityId, Tick), Place>,
}

/// A client with its session, and the ways between them. It has the player of the same index.
pub struct Seat {
    pub client: Client,
    pub session: Session,
    pub up: Way,
    pub down: Way,
    pub pilot: Box<dyn Pilot>,
    /// The state of a seat's player is the server's to step.
    pub state: State,
    /// Inputs of ticks that were not there in time.
    pub missed: u32,
    pub payload: [u8; MAX_PAYLOAD_BYTES],
    /// When the client heard which payload, where that is wanted.
    pub heard: Option<Vec<(u64, Vec<u8>)>>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    pub position: Vec3,
    /// Head, left and right hand in the world.
    pub points: Option<[Vec3; 3]>,
}

impl Stage {
    /// `players` slots for players and `bodies` for bodies.
    pub fn new(world: Arc<World>, tick: Tick, players: usize, bodies: usize) -> Stage {
        Stage {
            world,
            now_us: 1_000_000,
            tick,
            players: vec![None; players],
            bodies: vec![None; bodies],
            seats: Vec::new(),
            encoder: Encoder::new(players, bodies),
            truth: HashMap::new(),
        }
    }

    /// A player with a client, at this place.
    pub fn join(&mut self, seed: u64, conditions: Conditions, at: Vec3, pilot: Box<dyn Pilot>) {
        let slot = self.seats.len();
        let seat = SeatId(slot as u64 + 1);
        let state = State::at(at);
        self.players[slot] = Some(player(slot, state));
        let data = UserData {
            role: Role::Player,
            resumed: false,
            user: [0; 16],
            protocol_hash: 0,
            seat,
            avatar_sha256: [0; 32],
            name: Name::new("somebody"),
        };
        let (players, bodies) = (self.players.len(), self.bodies.len());
        self.seats.push(Seat {
            client: Client::new(Arc::clone(&self.world)),
            session: Session::new(&data, self.tick, players, bodies),
            up: Way::new(seed, conditions),
            down: Way::new(seed ^ 0xff, conditions),
            pilot,
            state,
            missed: 0,
            payload: [0; MAX_PAYLOAD_BYTES],
            heard: None,
        });
    }

    /// One tick: the server steps its players, `direct` moves everything else and may do to players what it likes, all
    /// are told, and the clients play until the next one.
    pub fn step(&mut self, mut direct: impl FnMut(&mut Stage)) {
        for slot in 0..self.seats.len() {
            let seat = &mut self.seats[slot];
            let missed = seat.session.inputs().missed;
            let (input, tracked) = seat.session.take_input();
            seat.missed += seat.session.inputs().missed - missed;
            seat.state = step(&seat.state, input, &self.world);
            let shown = PlayerPose {
                yaw: input.yaw,
                tracked,
                ..player(slot, seat.state).shown
            };
            self.players[slot] = Some(Player {
                shown,
                ..player(slot, seat.state)
            });
        }
        direct(self);
        self.record();
        self.tell();
        for _ in 0..PARTS {
            self.now_us += u64::from(TICK_US) / PARTS;
            self.network();
        }
        self.tick = self.tick.plus(1);
    }

    /// Moves players without a client, in the slots after those with one; each is shown so far away from where it walks.
    pub fn walk(&mut self, walkers: &mut [Walker], away: impl Fn(usize) -> Vec3) {
        for (k, walker) in walkers.iter_mut().enumerate() {
            let slot = self.seats.len() + k;
            let input = walker.input();
            walker.state = step(&walker.state, input, &self.world);
            let mut walked = player(slot, walker.state);
            walked.shown.position += away(k);
            walked.shown.yaw = input.yaw;
            walked.shown.tracked = Some(wave(self.tick, k));
            self.players[slot] = Some(walked);
        }
    }

    fn record(&mut self) {
        for player in self.players.iter().flatten() {
            let shown = &player.shown;
            let points = shown.tracked.map(|tracked| {
                tracked
                    .points()
                    .map(|point| point.unpack().in_world(shown.position, shown.yaw))
            });
            let place = Place {
                position: shown.position,
                points,
            };
            self.truth.insert((shown.entity, self.tick), place);
        }
        for body in self.bodies.iter().flatten() {
            let place = Place {
                position: body.pose.position,
                points: None,
            };
            self.truth.insert((body.pose.entity, self.tick), place);
        }
    }

    fn tell(&mut self) {
        let scene = Scene {
            tick: self.tick,
            world_hash: self.world.hash(),
            players: &self.players,
            bodies: &self.bodies,
        };
        let encoder = &mut self.encoder;
        encoder.begin(
            self.tick,
            |slot| self.players[slot].map(|player| player.shown),
            |index| self.bodies[index].map(|body| body.pose),
        );
        for (slot, seat) in self.seats.iter_mut().enumerate() {
            let Seat {
                session, payload, ..
            } = seat;
            let written = session.write_payload(self.now_us, slot, &scene, encoder, payload);
            let length = written.unwrap();
            seat.down.send(self.now_us, &seat.payload[..length]);
        }
    }

    fn network(&mut self) {
        let now_us = self.now_us;
        let now = Duration::from_micros(now_us);
        for seat in &mut self.seats {
            while let Some(payload) = seat.down.receive(now_us) {
                seat.client.receive(now, &payload).unwrap();
                if let Some(heard) = &mut seat.heard {
                    heard.push((now_us, payload));
                }
            }
            if seat.client.due() <= now {
                let length = seat.client.tick(now, &mut *seat.pilot, &mut seat.payload);
                seat.up.send(now_us, &seat.payload[..length]);
            }
        }
        self.server_hears();
    }

    fn server_hears(&mut self) {
        // The next tick is taken when the parts of this one are over.
        let part_us = u64::from(TICK_US) / PARTS;
        let done = (self.now_us - 1_000_000) / part_us % PARTS;
        let until_us = (PARTS - done) % PARTS * part_us;
        for seat in &mut self.seats {
            while let Some(payload) = seat.up.receive(self.now_us) {
                let heard = seat.session.receive(self.now_us, until_us as i32, &payload);
                heard.unwrap();
            }
        }
    }

    /// Where something truly was at a view's time.
    pub fn truth_at(&self, entity: EntityId, tick: f64) -> Option<Place> {
        let floor = Tick(tick.floor().rem_euclid(4_294_967_296.0) as u32);
        let share = tick.fract() as f32;
        let from = self.truth.get(&(entity, floor))?;
        let to = self.truth.get(&(entity, floor.plus(1))).unwrap_or(from);
        let mix = |a: Vec3, b: Vec3| a + (b - a) * share;
        let points = from.points.zip(to.points);
        Some(Place {
            position: mix(from.position, to.position),
            points: points.map(|(a, b)| core::array::from_fn(|k| mix(a[k], b[k]))),
        })
    }
}

pub fn entity(slot: usize) -> EntityId {
    EntityId(FIRST_PLAYER + slot as u32)
}

/// A player in this state.
pub fn player(slot: usize, state: State) -> Player {
    Player {
        seat: SeatId(slot as u64 + 1),
        name: Name::new("somebody"),
        state,
        shown: PlayerPose {
            entity: entity(slot),
            position: state.position,
            grounded: state.grounded(),
            ..PlayerPose::default()
        },
        velocity: vec3(state.velocity.x, state.velocity.y, state.velocity.z),
    }
}

/// The value below which so large a share lies.
pub fn percentile(values: &mut [f32], share: f64) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}
