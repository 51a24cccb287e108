//! The people of one instance: seats, sessions and the pipe that carries them. The other half of a tick
//! ([`crate::tick::Peers`]), and the only place where a player comes in or goes.
//!
//! A seat is offered by the control plane, opens the pipe for one token, becomes a session when that token has come in,
//! and is free again when its player has left, however that came about. Whoever is sent away has no body and no seat from
//! that moment, no token lets them in again, and they have a second to hear why. Everything here is sized at the start; after that a tick allocates only when somebody comes
//! or goes.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;

use otherworld_core::input::Input;
use otherworld_core::link::Quality;
use otherworld_core::message::{Goodbye, GoodbyeCause, Reason};
use otherworld_core::pose::Tracked;
use otherworld_core::protocol::PROTOCOL_HASH;
use otherworld_core::seat::{Role, UserData};
use otherworld_core::server::{Body, Payload, Player, Scene, Session};
use otherworld_core::snapshot::Encoder;
use otherworld_core::{SeatId, Tick};
use otherworld_instance::{LeaveCause, Refusal, Report, Seat, Seats};
use otherworld_pipes::netcode::Limits;
use otherworld_pipes::{Config, Departure, Event, ServerPipe, UnixClock};

use crate::bodies;
use crate::simulation::Simulation;
use crate::tick::Peers;

/// What cost a session, counted with the pipe's refusals.
const BAD_PAYLOAD: &str = "bad_payload";

/// So long a goodbye is sent again until the client has heard it.
const PARTING: Duration = Duration::from_secs(1);

/// `[SE4]` So long the body of a player whose connection broke waits for them.
const GRACE: Duration = Duration::from_secs(30);

/// `[SE6]` So often a client is given a fresh resume token.
const RESUME_EVERY: Duration = Duration::from_secs(5);

/// What a resume token is good for beyond its session: two fresh ones in a row may get lost.
const RESUME_LIFE: Duration = GRACE.saturating_add(RESUME_EVERY.saturating_mul(3));

/// Names of the counters in [`People::refusals`].
pub fn refusal_causes() -> Vec<&'static str> {
    let pipe = otherworld_pipes::Refusal::ALL.iter();
    pipe.map(|cause| cause.label())
        .chain([BAD_PAYLOAD])
        .collect()
}

/// Where and for whom the door opens.
pub struct Door {
    /// What the socket binds.
    pub bind: std::net::SocketAddr,
    /// What tokens call it.
    pub public_address: std::net::SocketAddr,
    /// Opens tokens.
    pub key: [u8; 32],
    /// Seats.
    pub capacity: usize,
    /// Slots of the simulation's bodies.
    pub body_slots: usize,
}

/// Everybody inside, and everybody expected.
pub struct People {
    pipe: ServerPipe,
    clock: UnixClock,
    crowd: Crowd,
    view: View,
    encoder: Encoder,
    payload: Payload,
    told_at: Duration,
}

/// The simulation as the sessions tell it, refilled in each tick.
struct View {
    players: Vec<Option<Player>>,
    bodies: Vec<Option<Body>>,
}

/// All but the pipe, so that the pipe can hand over what it received while it still holds the bytes.
struct Crowd {
    seats: Seats,
    sessions: Vec<Option<Box<Session>>>,
    slots: HashMap<SeatId, usize>,
    next_tick: Tick,
    until_tick_us: i32,
    bad_payloads: u64,
    to_end: Vec<(SeatId, Goodbye)>,
    partings: Vec<Parting>,
    reports: VecDeque<Report>,
}

/// A player who has been sent away.
struct Parting {
    session: Box<Session>,
    until: Duration,
}

impl People {
    /// Opens the door.
    ///
    /// # Errors
    /// Those of the system: an address that is taken or not ours.
    pub fn open(door: &Door, clock: UnixClock) -> io::Result<Self> {
        let config = Config {
            protocol_id: PROTOCOL_HASH,
            key: door.key,
            addresses: vec![door.public_address],
            capacity: door.capacity,
            limits: Limits::default(),
        };
        Ok(Self {
            pipe: ServerPipe::bind(door.bind, config)?,
            clock,
            crowd: Crowd {
                seats: Seats::new(door.capacity),
                sessions: (0..door.capacity).map(|_| None).collect(),
                slots: HashMap::with_capacity(door.capacity),
                next_tick: Tick(0),
                until_tick_us: 0,
                bad_payloads: 0,
                to_end: Vec::with_capacity(door.capacity),
                partings: Vec::with_capacity(door.capacity),
                reports: VecDeque::with_capacity(4 * door.capacity),
            },
            view: View {
                players: Vec::with_capacity(door.capacity),
                bodies: Vec::with_capacity(door.body_slots),
            },
            encoder: Encoder::new(door.capacity, door.body_slots),
            payload: [0; _],
            told_at: Duration::ZERO,
        })
    }

    /// Says which tick is taken next and how far off it is; before each [`Peers::receive`].
    pub fn set_next_tick(&mut self, tick: Tick, until_us: i64) {
        self.crowd.next_tick = tick;
        self.crowd.until_tick_us = until_us.clamp(-1_000_000, 1_000_000) as i32;
    }

    /// Takes a seat for somebody who has this long to come, and says so.
    pub fn offer(&mut self, seat: Seat, expires: Duration) {
        let id = seat.id;
        let answer = self.crowd.seats.offer(seat, self.clock.now() + expires);
        if answer.is_ok() {
            self.pipe.offer(id);
        }
        self.answer(id, answer);
    }

    /// Answers an offer.
    pub fn answer(&mut self, id: SeatId, answer: Result<(), Refusal>) {
        self.crowd.reports.push_back(Report::SeatAnswer(id, answer));
    }

    /// Takes an offer back unless its player is in.
    pub fn revoke(&mut self, id: SeatId) {
        if self.crowd.seats.revoke(id).is_some() {
            self.pipe.withdraw(id);
            self.left(id, LeaveCause::Revoked);
        }
    }

    /// Throws a player out, with a reason, or shuts the door before one who has not come yet.
    pub fn kick(&mut self, id: SeatId, reason: &str, simulation: &mut Simulation) {
        let goodbye = Goodbye {
            cause: GoodbyeCause::Kicked,
            reason: Reason::new(reason),
        };
        self.end(id, &goodbye, LeaveCause::Kicked, simulation);
    }

    /// Takes nobody new.
    pub fn drain(&mut self) {
        self.crowd.seats.drain();
    }

    /// Says goodbye to everybody.
    pub fn close(&mut self, reason: &str, simulation: &mut Simulation) {
        self.crowd.seats.drain();
        let goodbye = Goodbye {
            cause: GoodbyeCause::Shutdown,
            reason: Reason::new(reason),
        };
        let inside: Vec<SeatId> = self.crowd.slots.keys().copied().collect();
        for id in inside {
            self.end(id, &goodbye, LeaveCause::Shutdown, simulation);
        }
    }

    /// Serves those alone who have been sent away; false when there is none any more.
    pub fn part(&mut self, simulation: &mut Simulation) -> bool {
        self.receive(simulation);
        self.send_goodbyes();
        self.pipe.flush();
        !self.crowd.partings.is_empty()
    }

    /// The next thing to tell the control plane.
    pub fn next_report(&mut self) -> Option<Report> {
        self.crowd.reports.pop_front()
    }

    /// What could not be told now: it is the next thing again.
    pub fn tell_later(&mut self, report: Report) {
        self.crowd.reports.push_front(report);
    }

    /// When the newest tick's snapshots were made.
    pub fn told_at(&self) -> Duration {
        self.told_at
    }

    /// How many are inside.
    pub fn count(&self) -> usize {
        self.crowd.slots.len()
    }

    /// Whose session is in a slot.
    pub fn session(&self, slot: usize) -> Option<&Session> {
        self.crowd.sessions[slot].as_deref()
    }

    /// UDP payload bytes since the start, received and sent.
    pub fn bytes(&self) -> (u64, u64) {
        let statistics = self.pipe.statistics();
        (statistics.received_bytes, statistics.sent_bytes)
    }

    /// Refusals by cause, in the order of [`refusal_causes`].
    pub fn refusals(&self, out: &mut Vec<u64>) {
        out.clear();
        out.extend(self.pipe.refusals().iter().map(|(_, count)| count));
        out.push(self.crowd.bad_payloads);
    }

    fn end(
        &mut self,
        id: SeatId,
        goodbye: &Goodbye,
        cause: LeaveCause,
        simulation: &mut Simulation,
    ) {
        let now = self.clock.now();
        self.pipe.withdraw(id);
        if let Some(mut session) = self.crowd.take_out(id, simulation) {
            session.say_goodbye(goodbye);
            self.crowd.partings.push(Parting {
                session,
                until: now + PARTING,
            });
            // The seat is somebody else's from now on; only the goodbye is still on its way.
            self.crowd.free(id, cause);
        } else if self.crowd.parting(id).is_none() {
            self.pipe.kick(now, id);
            self.crowd.leave(id, cause, simulation);
        }
    }

    fn send_goodbyes(&mut self) {
        let now = self.clock.now();
        let mut index = 0;
        while let Some(Parting { session, until }) = self.crowd.partings.get_mut(index) {
            let id = session.seat();
            if session.has_heard_all() || now >= *until {
                self.pipe.kick(now, id);
                self.crowd.partings.swap_remove(index);
                continue;
            }
            let written = session.write_events(micros(now), &mut self.payload);
            let length = written.expect("the header fits a payload");
            // A session that the pipe has lost already cannot be told; it is over all the same.
            let _ = self.pipe.send(now, id, &self.payload[..length]);
            index += 1;
        }
    }

    fn end_the_malformed(&mut self, simulation: &mut Simulation) {
        while let Some((id, goodbye)) = self.crowd.to_end.pop() {
            self.end(id, &goodbye, LeaveCause::Kicked, simulation);
        }
    }

    fn expire(&mut self, simulation: &mut Simulation) {
        while let Some((seat, cause)) = self.crowd.seats.expire(self.clock.now()) {
            self.pipe.withdraw(seat.id);
            self.crowd.take_out(seat.id, simulation);
            self.left(seat.id, cause);
        }
    }

    fn left(&mut self, id: SeatId, cause: LeaveCause) {
        log::info!(stage = "people", seat = id.0, cause = cause.cause(); "seat is free");
        self.crowd.reports.push_back(Report::PlayerLeft(id, cause));
    }
}

impl Peers for People {
    fn receive(&mut self, simulation: &mut Simulation) {
        let (now, crowd) = (self.clock.now(), &mut self.crowd);
        let served = self
            .pipe
            .receive(now, |event| crowd.hear(event, micros(now), simulation));
        served.expect("the socket that we bound stays ours");
        self.pipe
            .update(now, |event| crowd.hear(event, micros(now), simulation));
        self.end_the_malformed(simulation);
        self.expire(simulation);
    }

    fn take_input(&mut self, slot: usize) -> (Input, Option<Tracked>) {
        let session = self.crowd.sessions[slot].as_mut();
        session
            .map(|session| session.take_input())
            .unwrap_or_default()
    }

    fn send(&mut self, simulation: &Simulation) {
        let now = self.clock.now();
        self.told_at = now;
        self.view.refill(simulation, &self.crowd.sessions);
        let scene = Scene {
            tick: self.crowd.next_tick,
            world_hash: simulation.world().hash(),
            players: &self.view.players,
            bodies: &self.view.bodies,
        };
        let encoder = &mut self.encoder;
        scene.code(encoder);
        for (slot, session) in self.crowd.sessions.iter_mut().enumerate() {
            let Some(session) = session.as_mut().filter(|session| !session.away) else {
                continue;
            };
            let payload = &mut self.payload;
            let written = session.write_payload(micros(now), slot, &scene, encoder, payload);
            let length = written.expect("a segment and one's own state fit a payload");
            let sent = self.pipe.send(now, session.seat(), &payload[..length]);
            debug_assert!(sent.is_ok(), "who is not away has a session of the pipe");
            send_resume_token(&mut self.pipe, now, session, payload);
        }
        self.send_goodbyes();
        self.pipe.flush();
    }
}

/// `[SE6]` In a payload of its own, because it fills one; nothing says that it arrived, the next one replaces it.
fn send_resume_token(
    pipe: &mut ServerPipe,
    now: Duration,
    session: &mut Session,
    payload: &mut Payload,
) {
    if !session.wants_resume_token(micros(now)) {
        return;
    }
    let user_data = session.resume_user_data();
    if let Some(token) = pipe.resume_token(now, session.seat(), &user_data, RESUME_LIFE) {
        let next_us = micros(now + RESUME_EVERY);
        let written = session.write_resume_token(micros(now), next_us, &token, payload);
        let length = written.expect("a resume token fits a payload");
        let _ = pipe.send(now, session.seat(), &payload[..length]);
    }
}

impl View {
    fn refill(&mut self, simulation: &Simulation, sessions: &[Option<Box<Session>>]) {
        let player = |(slot, session): (usize, &Option<Box<Session>>)| {
            let (avatar, session) = (simulation.avatar(slot)?, session.as_ref()?);
            Some(Player {
                seat: session.seat(),
                name: session.name(),
                state: avatar.state,
                shown: avatar.shown,
                velocity: avatar.measured.velocity,
            })
        };
        let body = |body: &Option<bodies::Body>| {
            body.as_ref().map(|body| Body {
                of: body.of as u16,
                pose: body.shown,
            })
        };
        self.players.clear();
        self.players.extend(sessions.iter().enumerate().map(player));
        self.bodies.clear();
        self.bodies.extend(simulation.bodies().iter().map(body));
    }
}

impl Crowd {
    fn hear(&mut self, event: Event<'_>, now_us: u64, simulation: &mut Simulation) {
        match event {
            Event::Connected {
                seat,
                user_data,
                address,
            } => {
                log::info!(stage = "people", seat = seat.0, address:% = address; "session begins");
                self.come(seat, user_data, simulation);
            }
            Event::Payload { seat, bytes } => self.take_payload(seat, bytes, now_us),
            Event::Disconnected { seat, cause } => {
                let cause = match cause {
                    Departure::TimedOut | Departure::Superseded
                        if self.lose(seat, cause, now_us) =>
                    {
                        return;
                    }
                    Departure::TimedOut | Departure::Superseded => LeaveCause::Timeout,
                    Departure::Left => LeaveCause::Left,
                    Departure::Kicked => LeaveCause::Kicked,
                };
                match self.parting(seat) {
                    Some(index) => drop(self.partings.swap_remove(index)),
                    None => self.leave(seat, cause, simulation),
                }
            }
        }
    }

    fn come(
        &mut self,
        id: SeatId,
        user_data: &otherworld_pipes::netcode::UserData,
        simulation: &mut Simulation,
    ) {
        let data = match UserData::decode(user_data) {
            Ok(data) if data.seat == id && data.protocol_hash == PROTOCOL_HASH => data,
            Ok(_) => return self.break_off(id, "the token's user data is for another seat"),
            Err(error) => return self.break_off(id, &error.to_string()),
        };
        if let Some(&slot) = self.slots.get(&id) {
            return self.come_back(slot, &data, simulation);
        }
        let free = self.sessions.iter().position(Option::is_none);
        let (Some(slot), true) = (free, self.seats.connect(id)) else {
            return self.break_off(id, "the seat is no longer held");
        };
        if data.role != Role::Spectator {
            simulation.join(slot);
        }
        self.sessions[slot] = Some(self.begin(&data, simulation));
        self.slots.insert(id, slot);
        self.reports.push_back(Report::PlayerJoined(id));
    }

    /// `[SE3]` The connection of a player broke: the body stays where it is. False when there is none to keep.
    fn lose(&mut self, id: SeatId, cause: Departure, now_us: u64) -> bool {
        let until = Duration::from_micros(now_us) + GRACE;
        let slot = self.slots.get(&id).copied();
        let Some(session) = slot.and_then(|slot| self.sessions[slot].as_mut()) else {
            return false;
        };
        let Quality {
            rtt_us,
            jitter_us,
            loss,
        } = session.quality();
        log::info!(stage = "people", seat = id.0, cause:? = cause, rtt_us:?, jitter_us:?, loss; "player is away");
        session.away = true;
        self.seats.lose(id, until)
    }

    /// `[SE7]` A player who was away is back in the same body: with the same link when they kept it, else with a new one.
    fn come_back(&mut self, slot: usize, data: &UserData, simulation: &Simulation) {
        self.seats.connect(data.seat);
        match &mut self.sessions[slot] {
            Some(session) if data.resumed => session.come_back(),
            _ => self.sessions[slot] = Some(self.begin(data, simulation)),
        }
        log::info!(stage = "people", seat = data.seat.0, resumed = data.resumed; "player is back");
    }

    fn begin(&self, data: &UserData, simulation: &Simulation) -> Box<Session> {
        let (players, bodies) = (self.sessions.len(), simulation.bodies().len());
        Box::new(Session::new(data, self.next_tick, players, bodies))
    }

    fn take_payload(&mut self, id: SeatId, bytes: &[u8], now_us: u64) {
        if let Some(index) = self.parting(id) {
            // Only what it has heard is of interest any more.
            let _ = self.partings[index]
                .session
                .receive(now_us, self.until_tick_us, bytes);
            return;
        }
        let Some(session) = self
            .slots
            .get(&id)
            .and_then(|&slot| self.sessions[slot].as_mut())
        else {
            return;
        };
        if let Err(malformed) = session.receive(now_us, self.until_tick_us, bytes) {
            self.bad_payloads += 1;
            self.break_off(id, &malformed.to_string());
        }
    }

    fn break_off(&mut self, id: SeatId, reason: &str) {
        log::warn!(stage = "people", seat = id.0, reason; "session is broken off");
        if self.to_end.iter().all(|(known, _)| *known != id) {
            let goodbye = Goodbye {
                cause: GoodbyeCause::Protocol,
                reason: Reason::new(reason),
            };
            self.to_end.push((id, goodbye));
        }
    }

    /// Where among those who have been sent away this one is.
    fn parting(&self, id: SeatId) -> Option<usize> {
        let mut partings = self.partings.iter();
        partings.position(|parting| parting.session.seat() == id)
    }

    /// Takes a player out of the world; the seat is still theirs.
    fn take_out(&mut self, id: SeatId, simulation: &mut Simulation) -> Option<Box<Session>> {
        let slot = self.slots.remove(&id)?;
        simulation.leave(slot);
        self.sessions[slot].take()
    }

    fn leave(&mut self, id: SeatId, cause: LeaveCause, simulation: &mut Simulation) {
        self.take_out(id, simulation);
        self.free(id, cause);
    }

    fn free(&mut self, id: SeatId, cause: LeaveCause) {
        if self.seats.leave(id).is_some() {
            log::info!(stage = "people", seat = id.0, cause = cause.cause(); "seat is free");
            self.reports.push_back(Report::PlayerLeft(id, cause));
        }
    }
}

/// The pipe's time as the link counts it.
fn micros(now: Duration) -> u64 {
    now.as_micros() as u64
}
