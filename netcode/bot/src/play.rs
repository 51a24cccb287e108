//! One bot inside its session: payloads in, payloads out, and its own view in between. No socket, no wall clock.
//!
//! A tick takes the clock's tick, asks the walker for an input, predicts it and sends it with the last few. A snapshot
//! corrects the prediction and steers the clock; who is there, and the end, come by the reliable channel.

use crate::clock::InputClock;
use crate::ending::Ending;
use crate::predictor::{Outcome, Predictor};
use crate::route::Walker;
use crate::world::World;
use otherworld_core::Tick;
use otherworld_core::channel::Channel;
use otherworld_core::input::{InputFrame, InputPacket};
use otherworld_core::link::{Link, LinkError, MAX_PAYLOAD_BYTES};
use otherworld_core::message::{
    Goodbye, GoodbyeCause, MessageError, MessageId, ResumeToken, RosterEntry, RosterExit, Welcome,
};
use otherworld_core::roster::Roster;
use otherworld_core::snapshot::Snapshot;
use otherworld_core::step::State;
use otherworld_core::tick::{TICK_RATE_HZ, TICK_US};
use std::sync::Arc;
use std::time::Duration;

const PERIOD: Duration = Duration::from_micros(TICK_US as u64);

/// What happened since the counts were taken last.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Snapshots that were newer than all before.
    pub snapshots: u32,
    /// Predictions that a snapshot changed, though the server had our input.
    pub corrections: u32,
    /// The largest of them (unit: millimetres).
    pub correction_max_mm: f32,
    /// Predictions changed for ticks that the server made without our input.
    pub missed_corrections: u32,
    /// The largest of them (unit: millimetres).
    pub missed_correction_max_mm: f32,
    /// Ticks that the server made without our input.
    pub missed_inputs: u32,
    /// Ticks given up because this process slept.
    pub skipped_ticks: u32,
    /// Payloads or messages that could not be read.
    pub unreadable: u32,
    /// Messages of kinds that this build does not know.
    pub unknown: u32,
    /// Bytes of payloads received.
    pub bytes_down: u32,
    /// Bytes of payloads sent.
    pub bytes_up: u32,
}

/// What a bot sees of itself and others now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Its own character, predicted.
    pub state: State,
    /// Where it looks.
    pub yaw: u16,
    /// The newest tick that the server's word is known for.
    pub acknowledged: Tick,
    /// How early the newest input came (unit: milliseconds).
    pub margin_ms: i16,
    /// Players that it knows by name, itself among them.
    pub names: usize,
    /// Other players in the newest snapshot.
    pub players: usize,
    /// Bodies in the newest snapshot.
    pub bodies: usize,
}

/// A bot's side of a session.
pub struct Play {
    world: Arc<World>,
    walker: Walker,
    link: Link,
    channel: Channel,
    roster: Roster,
    snapshot: Snapshot,
    welcome: Option<Welcome>,
    resume: Option<ResumeToken>,
    body: Option<Body>,
    next_word: Duration,
    counts: Counts,
}

struct Body {
    clock: InputClock,
    predictor: Predictor,
    packet: Option<InputPacket>,
    missed_inputs: u8,
}

impl Play {
    /// A session that has just begun.
    pub fn new(world: Arc<World>, walker: Walker) -> Self {
        Self {
            world,
            walker,
            link: Link::new(),
            channel: Channel::new(),
            roster: Roster::default(),
            snapshot: Snapshot::with_capacity(),
            welcome: None,
            resume: None,
            body: None,
            next_word: Duration::ZERO,
            counts: Counts::default(),
        }
    }

    /// Takes in a payload.
    ///
    /// # Errors
    /// The session's end, when the payload says so or shows that the two sides cannot play together.
    pub fn receive(&mut self, now: Duration, payload: &[u8]) -> Result<(), Ending> {
        self.counts.bytes_down += payload.len() as u32;
        let received = match self.link.receive(now.as_micros() as u64, payload) {
            Ok(received) => received,
            Err(LinkError::Duplicate | LinkError::Stale) => return Ok(()),
            Err(_) => {
                self.counts.unreadable += 1;
                return Ok(());
            }
        };
        self.channel.acknowledge(received.newly_acked);
        for (id, bytes) in received.messages {
            match MessageId::from_u8(id) {
                Some(MessageId::Snapshot) => match self.snapshot.decode(bytes) {
                    Ok(()) => self.take_snapshot(now),
                    Err(_) => self.counts.unreadable += 1,
                },
                Some(MessageId::Events) => self.hear(bytes)?,
                Some(MessageId::ResumeToken) => match ResumeToken::decode(bytes) {
                    Ok(token) => self.resume = Some(token),
                    Err(_) => self.counts.unreadable += 1,
                },
                Some(_) => self.counts.unreadable += 1,
                None => self.counts.unknown += 1,
            }
        }
        Ok(())
    }

    /// Takes in a segment of the channel, and the events that are whole now.
    fn hear(&mut self, segment: &[u8]) -> Result<(), Ending> {
        self.channel.receive(segment).map_err(Ending::Broken)?;
        while let Some((id, bytes)) = self.channel.next().map_err(Ending::Broken)? {
            match Event::decode(id, bytes) {
                Ok(Some(event)) => self.take(event)?,
                Ok(None) => self.counts.unknown += 1,
                Err(_) => self.counts.unreadable += 1,
            }
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Result<(), Ending> {
        match event {
            Event::Welcome(welcome) => self.welcome(&welcome)?,
            Event::Entered(entry) => {
                let entered = self.roster.enter(entry);
                self.counts.unreadable += u32::from(entered.is_err());
            }
            Event::Exited(exit) => {
                self.roster.exit(exit.entity);
            }
            Event::Goodbye(goodbye) => return Err(ending(&goodbye)),
        }
        Ok(())
    }

    fn welcome(&mut self, welcome: &Welcome) -> Result<(), Ending> {
        if welcome.world_hash != self.world.hash() {
            return Err(Ending::OtherWorld {
                theirs: welcome.world_hash,
                ours: self.world.hash(),
            });
        }
        if u32::from(welcome.tick_rate_hz) != TICK_RATE_HZ {
            return Err(Ending::System(format!(
                "a tick rate of {} Hz is not played yet",
                welcome.tick_rate_hz
            )));
        }
        self.welcome.get_or_insert(*welcome);
        Ok(())
    }

    fn take_snapshot(&mut self, now: Duration) {
        let (header, own) = (self.snapshot.header, self.snapshot.own);
        let (Some(welcome), Some(own)) = (self.welcome, own) else {
            return;
        };
        if own.entity != welcome.entity {
            self.counts.unreadable += 1;
            return;
        }
        let round_trip = Duration::from_micros(self.link.rtt_us().unwrap_or(0).into());
        let Some(body) = &mut self.body else {
            self.counts.snapshots += 1;
            self.body = Some(Body {
                clock: InputClock::start(now, header.tick, round_trip),
                predictor: Predictor::start(Arc::clone(&self.world), header.tick, own.state),
                packet: None,
                missed_inputs: header.missed_inputs,
            });
            return;
        };
        let outcome = body.predictor.reconcile(header.tick, &own.state);
        if outcome == Outcome::Old {
            return;
        }
        self.counts.snapshots += 1;
        let missed = header.missed_inputs.wrapping_sub(body.missed_inputs);
        body.missed_inputs = header.missed_inputs;
        self.counts.missed_inputs += u32::from(missed);
        if let Outcome::Corrected { millimetres } = outcome {
            self.counts.correct(missed > 0, millimetres);
        }
        body.clock
            .measure(header.input_tick, header.input_margin_ms);
        if !body.clock.next_tick().is_after(header.tick) {
            // The server has overtaken us: what we would send could never be in time.
            body.clock = InputClock::start(now, header.tick, round_trip);
        }
    }

    /// `[SE8]` The newest token to come back with, good for one session.
    pub fn take_resume_token(&mut self) -> Option<ResumeToken> {
        self.resume.take()
    }

    /// When the next payload is due.
    pub fn due(&self) -> Duration {
        self.body
            .as_ref()
            .map_or(self.next_word, |body| body.clock.due())
    }

    /// Writes the next payload and returns its length. Before the server has spoken it only acknowledges.
    pub fn tick(&mut self, now: Duration, out: &mut [u8; MAX_PAYLOAD_BYTES]) -> usize {
        self.next_word = now + PERIOD;
        let mut payload = self
            .link
            .start(now.as_micros() as u64, out)
            .expect("the buffer is as long as any payload");
        if let Some(body) = &mut self.body {
            self.counts.skipped_ticks += body.clock.skip_to(now);
            while body.clock.due() <= now {
                body.advance(&mut self.walker);
            }
            if let Some(packet) = &body.packet {
                payload
                    .add(MessageId::Input, |room| packet.encode(room))
                    .expect("an empty payload has room for inputs");
            }
        }
        let length = payload.finish();
        self.counts.bytes_up += length as u32;
        length
    }

    /// What the bot sees, once it has a body.
    pub fn view(&self) -> Option<View> {
        self.body.as_ref().map(|body| View {
            state: *body.predictor.state(),
            yaw: self.walker.yaw(),
            acknowledged: body.predictor.acknowledged(),
            margin_ms: self.snapshot.header.input_margin_ms,
            names: self.roster.entries().len(),
            players: self.snapshot.players.len(),
            bodies: self.snapshot.bodies.len(),
        })
    }

    /// The smoothed round-trip time, once there is one.
    pub fn round_trip(&self) -> Option<Duration> {
        self.link
            .rtt_us()
            .map(|us| Duration::from_micros(us.into()))
    }

    /// The counts since they were taken last.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }
}

/// What comes by the channel.
enum Event {
    Welcome(Welcome),
    Entered(RosterEntry),
    Exited(RosterExit),
    Goodbye(Goodbye),
}

impl Event {
    /// Reads an event; `None` for those that this build does not know.
    fn decode(id: u8, bytes: &[u8]) -> Result<Option<Event>, MessageError> {
        let Some(id) = MessageId::from_u8(id) else {
            return Ok(None);
        };
        let event = match id {
            MessageId::Welcome => Event::Welcome(Welcome::decode(bytes)?),
            MessageId::RosterEntry => Event::Entered(RosterEntry::decode(bytes)?),
            MessageId::RosterExit => Event::Exited(RosterExit::decode(bytes)?),
            MessageId::Goodbye => Event::Goodbye(Goodbye::decode(bytes)?),
            _ => return Err(MessageError::Invalid("channel")),
        };
        Ok(Some(event))
    }
}

impl Body {
    fn advance(&mut self, walker: &mut Walker) {
        let tick = self.clock.take();
        let input = walker.steer(self.predictor.state());
        self.predictor.advance(tick, input);
        match &mut self.packet {
            Some(packet) if packet.newest().plus(1) == tick => packet.push(input),
            packet => *packet = Some(InputPacket::new(InputFrame { tick, input })),
        }
    }
}

impl Counts {
    fn correct(&mut self, missed: bool, millimetres: f32) {
        let (count, most) = if missed {
            (
                &mut self.missed_corrections,
                &mut self.missed_correction_max_mm,
            )
        } else {
            (&mut self.corrections, &mut self.correction_max_mm)
        };
        *count += 1;
        *most = most.max(millimetres);
    }
}

fn ending(goodbye: &Goodbye) -> Ending {
    let reason = goodbye.reason.as_str().to_owned();
    match goodbye.cause {
        GoodbyeCause::Kicked => Ending::Kicked(reason),
        cause => Ending::Dismissed { cause, reason },
    }
}
