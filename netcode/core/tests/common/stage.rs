//! Real clients and the server's real sessions, joined by a network in memory, in a scene whose truth is recorded: what a
//! client shows is compared with what was, at the view's time.
#![allow(dead_code)]

mod cast;

#[allow(unused_imports)]
pub use cast::*;

use crate::common::{Walker, floor_with};
use otherworld_core::client::{Client, Ended, Pilot};
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::message::Goodbye;
use otherworld_core::server::{Body, Player, Scene, Session};
use otherworld_core::snapshot::Encoder;
use otherworld_core::step::{State, step};
use otherworld_core::testing::{Conditions, Way, seed};
use otherworld_core::tick::TICK_US;
use otherworld_core::world::World;
use otherworld_core::{EntityId, Tick, Vec3};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Steps of the network within a tick.
const PARTS: u64 = 8;

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

/// A client with its session, and the ways between them. Those who come first have the slot of their index.
pub struct Seat {
    pub slot: usize,
    pub entity: EntityId,
    pub is: Is,
    /// What the client made of its end.
    pub ended: Option<Ended>,
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

/// Where a seat is in its life, as `godot/src/people.rs` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Inside,
    /// The connection is broken: the body waits, nothing is sent.
    Away,
    /// The body is gone, the goodbye is being said.
    Parting,
    Gone,
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

    /// A player with a client, at this place; its index among the seats.
    pub fn join(
        &mut self,
        seed: u64,
        conditions: Conditions,
        at: Vec3,
        pilot: Box<dyn Pilot>,
    ) -> usize {
        let index = self.seats.len();
        let slot = self.players.iter().position(Option::is_none);
        let slot = slot.expect("a free slot");
        let state = State::at(at);
        let (players, bodies) = (self.players.len(), self.bodies.len());
        self.players[slot] = Some(player(index, state));
        self.seats.push(Seat {
            slot,
            entity: entity(index),
            is: Is::Inside,
            ended: None,
            client: Client::new(Arc::clone(&self.world)),
            session: Session::new(&data(index), self.tick, players, bodies),
            up: Way::new(seed, conditions),
            down: Way::new(seed ^ 0xff, conditions),
            pilot,
            state,
            missed: 0,
            payload: [0; MAX_PAYLOAD_BYTES],
            heard: None,
        });
        index
    }

    /// So many players who walk about, in a square of this size.
    pub fn join_walkers(&mut self, count: u32, area: f32, seed: u64, conditions: Conditions) {
        for k in 0..count {
            let walker = Walker::new(k + 1, area);
            let at = walker.state.position;
            let seed = seed.wrapping_add(u64::from(k) << 16);
            self.join(seed, conditions, at, Wanderer::with(walker));
        }
    }

    /// The client disconnects: its player is gone at once.
    pub fn leave(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        seat.is = Is::Gone;
        self.players[seat.slot] = None;
    }

    /// The player is sent away: the body is gone at once, the session when the client has heard the goodbye.
    pub fn send_away(&mut self, index: usize, goodbye: &Goodbye) {
        let seat = &mut self.seats[index];
        seat.is = Is::Parting;
        seat.session.say_goodbye(goodbye);
        self.players[seat.slot] = None;
    }

    /// The connection breaks: what is on the way gets lost.
    pub fn lose(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        (seat.is, seat.session.away) = (Is::Away, true);
        seat.up.cut();
        seat.down.cut();
    }

    /// The client is back with a resume token.
    pub fn come_back(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        seat.is = Is::Inside;
        seat.session.come_back();
    }

    /// The client is back with another token of its seat, and has forgotten everything.
    pub fn begin_anew(&mut self, index: usize) {
        let (players, bodies) = (self.players.len(), self.bodies.len());
        let seat = &mut self.seats[index];
        seat.is = Is::Inside;
        seat.session = Session::new(&data(index), self.tick, players, bodies);
        seat.client = Client::new(Arc::clone(&self.world));
    }

    /// Whether this client knows exactly who and what is there.
    pub fn knows_all(&self, index: usize) -> bool {
        let client = &self.seats[index].client;
        let names = client.roster();
        let players = || self.players.iter().flatten();
        let is_named = |player: &Player| {
            let entry = names.of(player.shown.entity);
            entry.is_some_and(|entry| entry.name == player.name && entry.seat == player.seat)
        };
        let bodies = || self.bodies.iter().flatten();
        let is_shown = |body: &Body| {
            let shown = client.others().body(body.pose.entity);
            shown.is_some_and(|shown| shown.of == body.of)
        };
        names.entries().len() == players().count()
            && players().all(is_named)
            && client.others().bodies().count() == bodies().count()
            && bodies().all(is_shown)
    }

    /// So many ticks, each with what `direct` does.
    pub fn run(&mut self, ticks: u32, mut direct: impl FnMut(&mut Stage)) {
        (0..ticks).for_each(|_| self.step(&mut direct));
    }

    /// Ticks until it is so; at most this many.
    pub fn until(&mut self, most: u32, is_so: impl Fn(&Stage) -> bool) -> u32 {
        for ticks in 0..most {
            if is_so(self) {
                return ticks;
            }
            self.step(|_| {});
        }
        panic!("not so after {most} ticks");
    }

    /// One tick: the server steps its players, `direct` moves everything else and may do to players what it likes, all
    /// are told, and the clients play until the next one.
    pub fn step(&mut self, mut direct: impl FnMut(&mut Stage)) {
        for (index, seat) in self.seats.iter_mut().enumerate() {
            if !matches!(seat.is, Is::Inside | Is::Away) {
                continue;
            }
            let missed = seat.session.inputs().missed;
            let (input, tracked) = seat.session.take_input();
            seat.missed += seat.session.inputs().missed - missed;
            seat.state = step(&seat.state, input, &self.world);
            let mut stepped = player(index, seat.state);
            (stepped.shown.yaw, stepped.shown.tracked) = (input.yaw, tracked);
            self.players[seat.slot] = Some(stepped);
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
        for seat in &mut self.seats {
            let Seat {
                session, payload, ..
            } = seat;
            if seat.is == Is::Parting && session.has_heard_all() {
                seat.is = Is::Gone;
            }
            let written = match seat.is {
                Is::Inside => {
                    session.write_payload(self.now_us, seat.slot, &scene, encoder, payload)
                }
                Is::Parting => session.write_events(self.now_us, payload),
                Is::Away | Is::Gone => continue,
            };
            let length = written.unwrap();
            seat.down.send(self.now_us, &seat.payload[..length]);
        }
    }

    fn network(&mut self) {
        let now_us = self.now_us;
        let now = Duration::from_micros(now_us);
        for seat in &mut self.seats {
            while let Some(payload) = seat.down.receive(now_us) {
                let received = seat.client.receive(now, &payload);
                seat.ended = seat.ended.take().or(received.err());
                if let Some(heard) = &mut seat.heard {
                    heard.push((now_us, payload));
                }
            }
            let is_connected = matches!(seat.is, Is::Inside | Is::Parting);
            if is_connected && seat.client.due() <= now {
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

/// The value below which so large a share lies.
pub fn percentile(values: &mut [f32], share: f64) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}

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
