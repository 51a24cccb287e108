//! One player's session: what its client is told and what it wants, payload by payload.
//!
//! A payload carries what is due of the reliable channel (the welcome, who came and went, bodies, the goodbye) and a snapshot that
//! takes the rest of the room: the client's own state exactly, then of the others and of the bodies whoever's turn it is.

use super::{Player, Region, Scene};
use crate::channel::{Channel, ChannelError, FULL_SEGMENT_BYTES};
use crate::input::{Input, InputBuffer, InputCounters, InputPacket};
use crate::link::{Link, LinkError, MAX_PAYLOAD_BYTES, Quality};
use crate::message::{Goodbye, MessageError, MessageId, Name, ResumeToken, RosterEntry, Welcome};
use crate::pose::Tracked;
use crate::roster::Told;
use crate::seat::{USER_DATA_BYTES, UserData};
use crate::select::{Budget, Claim, Selector};
use crate::snapshot::{Baselines, Encoder, Header, Own, SnapshotWriter};
use crate::tick::{EntityId, SeatId, TICK_RATE_HZ, Tick};
use crate::vec3::Vec3;

/// A player slower than this stands (unit: metres a second).
const STANDING: f32 = 0.05;

/// The header and one's own state with all its blockers fit this (unit: bytes), whatever the budget says.
const LEAST_SNAPSHOT_BYTES: usize = 128;

/// What the channel may take of a payload (unit: bytes): one's own state and some others always find room beside it.
const EVENTS_BYTES: usize = FULL_SEGMENT_BYTES;

/// The payload's bytes, made anew for each session in each tick.
pub type Payload = [u8; MAX_PAYLOAD_BYTES];

/// What a client sent that no honest client sends; it costs the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The payload itself.
    Payload(LinkError),
    /// A message in it.
    Message(MessageError),
    /// The reliable channel.
    Channel(ChannelError),
}

impl core::fmt::Display for Malformed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Malformed::Payload(error) => error.fmt(f),
            Malformed::Message(error) => error.fmt(f),
            Malformed::Channel(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Malformed {}

/// A player who is in. Whether there is a body too is the scene's to know: spectators have none.
#[derive(Clone, Debug)]
pub struct Session {
    /// `[SE3]` The connection broke and the body waits: nothing is sent.
    pub away: bool,
    data: UserData,
    resume_at_us: Option<u64>,
    link: Link,
    channel: Channel,
    roster: Told,
    region: Region,
    inputs: InputBuffer,
    selector: Selector,
    budget: Option<Budget>,
    baselines: Baselines,
    welcomed: bool,
    margin_ms: i16,
}

impl Session {
    /// A player who has just come in with this token, to a scene with so many slots of players and of bodies; `next` is
    /// the tick that is taken next. Allocates all that the session will ever hold.
    #[must_use]
    pub fn new(data: &UserData, next: Tick, players: usize, bodies: usize) -> Session {
        Session {
            away: false,
            data: *data,
            resume_at_us: None,
            link: Link::new(),
            channel: Channel::new(),
            roster: Told::new(players),
            region: Region::new(bodies),
            inputs: InputBuffer::new(next),
            selector: Selector::new(players + bodies),
            budget: None,
            baselines: Baselines::new(players + bodies),
            welcomed: false,
            margin_ms: 0,
        }
    }

    /// The seat, also netcode's client id.
    #[must_use]
    pub fn seat(&self) -> SeatId {
        self.data.seat
    }

    /// Shown above the head.
    #[must_use]
    pub fn name(&self) -> Name {
        self.data.name
    }

    /// What the network does to payloads on the way to the client, and how long there and back takes.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.link.quality()
    }

    /// What became of the client's inputs.
    #[must_use]
    pub fn inputs(&self) -> InputCounters {
        self.inputs.counters()
    }

    /// Takes a payload that arrived at `now_us`, so long before the next tick is due.
    ///
    /// # Errors
    /// [`Malformed`]; the session is to be ended then.
    pub fn receive(
        &mut self,
        now_us: u64,
        until_tick_us: i32,
        payload: &[u8],
    ) -> Result<(), Malformed> {
        let received = match self.link.receive(now_us, payload) {
            Ok(received) => received,
            // What the network does to honest payloads.
            Err(LinkError::Duplicate | LinkError::Stale) => return Ok(()),
            Err(error) => return Err(Malformed::Payload(error)),
        };
        self.resume_at_us.get_or_insert(now_us);
        self.channel.acknowledge(received.newly_acked);
        self.baselines.acknowledge(received.newly_acked);
        for (id, message) in received.messages {
            match MessageId::from_u8(id) {
                Some(MessageId::Input) => {
                    let packet = InputPacket::decode(message).map_err(Malformed::Message)?;
                    self.inputs.receive(&packet, until_tick_us);
                }
                Some(MessageId::Events) => self.hear(message).map_err(Malformed::Channel)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes in a segment. Clients have no events of their own yet: what comes is skipped as any unknown message.
    fn hear(&mut self, segment: &[u8]) -> Result<(), ChannelError> {
        self.channel.receive(segment)?;
        while self.channel.next()?.is_some() {}
        Ok(())
    }

    /// The input of the tick at hand, and how the player is held.
    pub fn take_input(&mut self) -> (Input, Option<Tracked>) {
        let (input, _) = self.inputs.take();
        (input, self.inputs.tracked())
    }

    /// `[SE7]` The player is back with everything that was said still known.
    pub fn come_back(&mut self) {
        (self.away, self.resume_at_us) = (false, None);
    }

    /// `[SE6]` From the client's first word in a connection on, each time that a fresh one is due.
    #[must_use]
    pub fn wants_resume_token(&self, now_us: u64) -> bool {
        self.resume_at_us.is_some_and(|due| due <= now_us)
    }

    /// What its resume tokens say: the same, and that the link goes on.
    #[must_use]
    pub fn resume_user_data(&self) -> [u8; USER_DATA_BYTES] {
        let data = UserData {
            resumed: true,
            ..self.data
        };
        data.encode()
    }

    /// Writes a payload with a resume token, the next one being due at `next_us`, and returns its length (unit: bytes).
    ///
    /// # Errors
    /// [`LinkError::Full`] cannot happen: a resume token fits a payload of its own.
    pub fn write_resume_token(
        &mut self,
        now_us: u64,
        next_us: u64,
        token: &ResumeToken,
        out: &mut Payload,
    ) -> Result<usize, LinkError> {
        self.resume_at_us = Some(next_us);
        let mut payload = self.link.start(now_us, out)?;
        payload.add(MessageId::ResumeToken, |room| token.encode(room))?;
        Ok(payload.finish())
    }

    /// Writes what this client, whose body is in `slot`, is told of the scene, which the encoder has taken in, and
    /// returns the payload's length (unit: bytes).
    ///
    /// # Errors
    /// [`LinkError::Full`] would mean that a segment and one's own state do not fit a payload.
    pub fn write_payload(
        &mut self,
        now_us: u64,
        slot: usize,
        scene: &Scene<'_>,
        encoder: &mut Encoder,
        out: &mut Payload,
    ) -> Result<usize, LinkError> {
        let own = scene.players[slot].as_ref();
        let eye = own.map_or(Vec3::ZERO, |player| player.state.position);
        self.tell_events(scene, own);
        self.region.tell(now_us, &mut self.channel, scene, eye);
        let mut payload = self.link.start(now_us, out)?;
        self.channel
            .write(now_us, &self.link, &mut payload, EVENTS_BYTES);
        let header = self.header(scene.tick);
        let sequence = payload.sequence();
        let (selector, baselines) = (&mut self.selector, &mut self.baselines);
        let told = (&self.roster, &self.region);
        let budget = self.budget.get_or_insert_with(|| Budget::new(now_us));
        let most = budget.room(now_us).max(LEAST_SNAPSHOT_BYTES);
        let used = payload.add(MessageId::Snapshot, |room| {
            let own_state = own.map(|player| Own {
                entity: player.shown.entity,
                state: player.state,
            });
            let most = most.min(room.len());
            let (room, own_state) = (&mut room[..most], own_state.as_ref());
            let mut snapshot = SnapshotWriter::new(room, &header, own_state, encoder, baselines)?;
            add_others(&mut snapshot, selector, told, scene, slot, eye);
            Ok(snapshot.finish())
        })?;
        budget.spend(used);
        self.baselines.sent(sequence);
        Ok(payload.finish())
    }

    fn header(&mut self, tick: Tick) -> Header {
        if let Some(margin_us) = self.inputs.take_margin_us() {
            let margin_ms = margin_us / 1_000;
            self.margin_ms = margin_ms.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        }
        Header {
            tick,
            input_tick: self.inputs.newest().unwrap_or(tick),
            input_margin_ms: self.margin_ms,
            missed_inputs: self.inputs.counters().missed as u8,
        }
    }

    /// Puts into the channel what the client does not know yet: first the welcome, then who came and went, oneself too.
    fn tell_events(&mut self, scene: &Scene<'_>, own: Option<&Player>) {
        if !self.welcomed {
            let welcome = Welcome {
                tick: scene.tick,
                entity: own.map(|player| player.shown.entity).unwrap_or_default(),
                world_hash: scene.world_hash,
                tick_rate_hz: TICK_RATE_HZ as u8,
            };
            let said = self
                .channel
                .push(MessageId::Welcome, |room| welcome.encode(room));
            self.welcomed = said.is_ok();
        }
        let entity_of = |slot: usize| match &scene.players[slot] {
            Some(player) => player.shown.entity,
            None => EntityId::NONE,
        };
        let entry_of = |slot: usize| {
            scene.players[slot].as_ref().map(|player| RosterEntry {
                entity: player.shown.entity,
                seat: player.seat,
                name: player.name,
            })
        };
        self.roster.tell(&mut self.channel, entity_of, entry_of);
    }

    /// The session's last words. A channel that is full has told the client nothing for long; it hears netcode's
    /// disconnect alone.
    pub fn say_goodbye(&mut self, goodbye: &Goodbye) {
        let _ = self
            .channel
            .push(MessageId::Goodbye, |room| goodbye.encode(room));
    }

    /// Whether the client has heard everything.
    #[must_use]
    pub fn has_heard_all(&self) -> bool {
        self.channel.is_idle()
    }

    /// Writes what is due of the channel and nothing else, and returns the payload's length (unit: bytes).
    ///
    /// # Errors
    /// [`LinkError::Full`] cannot happen: the header fits.
    pub fn write_events(&mut self, now_us: u64, out: &mut Payload) -> Result<usize, LinkError> {
        let mut payload = self.link.start(now_us, out)?;
        self.channel
            .write(now_us, &self.link, &mut payload, usize::MAX);
        Ok(payload.finish())
    }
}

/// Slots of selector and encoder: the scene's players, then its bodies.
fn add_others(
    snapshot: &mut SnapshotWriter<'_>,
    selector: &mut Selector,
    (roster, region): (&Told, &Region),
    scene: &Scene<'_>,
    own_slot: usize,
    eye: Vec3,
) {
    let players = scene.players.len();
    let claim = |slot: usize| match slot.checked_sub(players) {
        Some(index) => match &scene.bodies[index] {
            None => Claim::NOTHING,
            Some(body) if !region.knows(index, body) => Claim::NOTHING,
            Some(body) => {
                let distance = (body.pose.position - eye).length();
                Claim::of_body(body.pose.entity, distance, body.pose.asleep)
            }
        },
        None => match scene.players[slot].as_ref().filter(|_| slot != own_slot) {
            None => Claim::NOTHING,
            Some(player) if !roster.knows(slot, player.shown.entity) => Claim::NOTHING,
            Some(player) => {
                let distance = (player.shown.position - eye).length();
                Claim::of_player(player.shown.entity, distance, !stands(player))
            }
        },
    };
    selector.fill(scene.tick, claim, |slot, level| {
        snapshot.add(slot, level).is_ok()
    });
}

/// Whether a glance a second is enough: tracked hands are never still.
fn stands(player: &Player) -> bool {
    player.velocity.length() < STANDING && player.shown.tracked.is_none()
}
