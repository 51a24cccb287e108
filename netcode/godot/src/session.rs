//! One player's session: what its client is told and what it wants, payload by payload.
//!
//! A payload carries what is due of the reliable channel (the welcome, who came and went, the goodbye) and a snapshot that
//! takes the rest of the room: the client's own state exactly, then of the others and of the bodies whoever's turn it is.

use otherworld_core::channel::{Channel, ChannelError, FULL_SEGMENT_BYTES};
use otherworld_core::input::{Input, InputBuffer, InputPacket};
use otherworld_core::link::{Link, LinkError, MAX_PAYLOAD_BYTES};
use otherworld_core::message::{
    Goodbye, MessageError, MessageId, Name, ResumeToken, RosterEntry, Welcome,
};
use otherworld_core::roster::Told;
use otherworld_core::seat::{USER_DATA_BYTES, UserData};
use otherworld_core::select::{AT_REST, Selector, weight_of_moving};
use otherworld_core::snapshot::{Header, Own, SnapshotWriter};
use otherworld_core::{EntityId, SeatId, Tick, Vec3};

use crate::simulation::{Avatar, Simulation};

/// A player slower than this stands (unit: metres a second).
const STANDING: f32 = 0.05;

/// What the channel may take of a payload (unit: bytes): one's own state and some others always find room beside it.
const EVENTS_BYTES: usize = FULL_SEGMENT_BYTES;

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

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Payload(error) => error.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::Channel(error) => error.fmt(f),
        }
    }
}

/// A player who is in. Whether there is a body too is the simulation's to know: spectators have none.
pub struct Session {
    /// The seat, also netcode's client id.
    pub seat: SeatId,
    /// Shown above the head.
    pub name: Name,
    /// `[SE3]` The connection broke and the body waits: nothing is sent.
    pub away: bool,
    data: UserData,
    resume_at_us: Option<u64>,
    link: Link,
    channel: Channel,
    told: Told,
    inputs: InputBuffer,
    selector: Selector,
    welcomed: bool,
    margin_ms: i16,
}

/// The payload's bytes, made anew for each session in each tick.
pub type Payload = [u8; MAX_PAYLOAD_BYTES];

impl Session {
    /// A player who has just come in with this token; `next` is the tick that is taken next.
    pub fn new(data: &UserData, next: Tick, simulation: &Simulation) -> Self {
        let slots = simulation.avatars().len();
        Self {
            seat: data.seat,
            name: data.name,
            away: false,
            data: *data,
            resume_at_us: None,
            link: Link::new(),
            channel: Channel::new(),
            told: Told::new(slots),
            inputs: InputBuffer::new(next),
            selector: Selector::new(slots + simulation.bodies().len()),
            welcomed: false,
            margin_ms: 0,
        }
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

    /// `[SE7]` The player is back with everything that was said still known.
    pub fn come_back(&mut self) {
        (self.away, self.resume_at_us) = (false, None);
    }

    /// `[SE6]` From the client's first word in a connection on, each time that a fresh one is due.
    pub fn wants_resume_token(&self, now_us: u64) -> bool {
        self.resume_at_us.is_some_and(|due| due <= now_us)
    }

    /// What its resume tokens say: the same, and that the link goes on.
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

    /// The input of the tick at hand.
    pub fn take_input(&mut self) -> Input {
        self.inputs.take().0
    }

    /// Writes what this client is told of `tick` and returns its length (unit: bytes).
    ///
    /// # Errors
    /// [`LinkError::Full`] would mean that a segment and one's own state do not fit a payload.
    pub fn write_payload(
        &mut self,
        now_us: u64,
        tick: Tick,
        slot: usize,
        simulation: &Simulation,
        names: &impl Fn(usize) -> Option<(SeatId, Name)>,
        out: &mut Payload,
    ) -> Result<usize, LinkError> {
        let own = simulation.avatar(slot);
        self.tell_events(tick, own, simulation, names);
        let mut payload = self.link.start(now_us, out)?;
        self.channel
            .write(now_us, &self.link, &mut payload, EVENTS_BYTES);
        if let Some(margin_us) = self.inputs.take_margin_us() {
            let margin_ms = margin_us / 1_000;
            self.margin_ms = margin_ms.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        }
        let header = Header {
            tick,
            input_tick: self.inputs.newest().unwrap_or(tick),
            input_margin_ms: self.margin_ms,
            missed_inputs: self.inputs.counters().missed as u8,
        };
        let selector = &mut self.selector;
        payload.add(MessageId::Snapshot, |room| {
            let own_state = own.map(|avatar| Own {
                entity: avatar.entity,
                state: avatar.state,
            });
            let mut snapshot = SnapshotWriter::new(room, &header, own_state.as_ref())?;
            let eye = own.map_or(Vec3::ZERO, |avatar| avatar.state.position);
            add_others(&mut snapshot, selector, simulation, slot, eye);
            Ok(snapshot.finish())
        })?;
        Ok(payload.finish())
    }

    /// Puts into the channel what the client does not know yet: first the welcome, then who came and went, oneself too.
    fn tell_events(
        &mut self,
        tick: Tick,
        own: Option<&Avatar>,
        simulation: &Simulation,
        names: &impl Fn(usize) -> Option<(SeatId, Name)>,
    ) {
        if !self.welcomed {
            let welcome = Welcome {
                tick,
                entity: own.map(|avatar| avatar.entity).unwrap_or_default(),
                world_hash: simulation.world().hash(),
                tick_rate_hz: otherworld_core::tick::TICK_RATE_HZ as u8,
            };
            let said = self
                .channel
                .push(MessageId::Welcome, |room| welcome.encode(room));
            self.welcomed = said.is_ok();
        }
        let entity_of = |slot| match simulation.avatar(slot) {
            Some(avatar) => avatar.entity,
            None => EntityId::NONE,
        };
        let entry_of = |slot| {
            let (seat, name) = names(slot)?;
            Some(RosterEntry {
                entity: entity_of(slot),
                seat,
                name,
            })
        };
        self.told.tell(&mut self.channel, entity_of, entry_of);
    }

    /// The session's last words. A channel that is full has told the client nothing for long; it hears netcode's
    /// disconnect alone.
    pub fn say_goodbye(&mut self, goodbye: &Goodbye) {
        let _ = self
            .channel
            .push(MessageId::Goodbye, |room| goodbye.encode(room));
    }

    /// Whether the client has heard everything.
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

/// Slots of the selector: the simulation's slots for players, then its bodies.
fn add_others(
    snapshot: &mut SnapshotWriter<'_>,
    selector: &mut Selector,
    simulation: &Simulation,
    own_slot: usize,
    eye: Vec3,
) {
    let (avatars, bodies) = (simulation.avatars(), simulation.bodies());
    let other = |index: usize| -> Option<&Avatar> {
        avatars.get(index)?.as_ref().filter(|_| index != own_slot)
    };
    let weight = |index: usize| {
        if let Some(body) = index.checked_sub(avatars.len()).map(|k| &bodies[k]) {
            return match body.asleep {
                true => AT_REST,
                false => weight_of_moving((body.position - eye).length()),
            };
        }
        match other(index) {
            None => 0,
            Some(avatar) if avatar.measured.velocity.length() < STANDING => AT_REST,
            Some(avatar) => weight_of_moving((avatar.shown.position - eye).length()),
        }
    };
    selector.fill(weight, |index| {
        let added = match index.checked_sub(avatars.len()) {
            Some(k) => snapshot.add_body(&bodies[k]),
            None => match other(index) {
                Some(avatar) => snapshot.add_player(&avatar.shown),
                None => Ok(()),
            },
        };
        added.is_ok()
    });
}
