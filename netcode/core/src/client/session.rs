//! A client's side of a session, from the first payload to the end.

use super::own::Body;
use super::predictor::{Cause, Outcome};
use super::{Others, Pilot};
use crate::channel::{Channel, ChannelError};
use crate::link::{Link, LinkError, MAX_PAYLOAD_BYTES};
use crate::message::{
    Despawn, Goodbye, MessageError, MessageId, ResumeToken, RosterEntry, RosterExit, Spawn, Welcome,
};
use crate::roster::Roster;
use crate::snapshot::{Decoder, Snapshot};
use crate::step::State;
use crate::tick::{EntityId, TICK_RATE_HZ, TICK_US, Tick};
use crate::vec3::Vec3;
use crate::world::World;
use std::sync::Arc;
use std::time::Duration;

const PERIOD: Duration = Duration::from_micros(TICK_US as u64);

/// Why a session is over, or cannot be played.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The server simulates another world than ours.
    OtherWorld {
        /// The hash of its world.
        theirs: u64,
        /// The hash of ours.
        ours: u64,
    },
    /// The server has so many ticks a second; only [`TICK_RATE_HZ`] is played yet.
    TickRate(u8),
    /// The server said so.
    Goodbye(Box<Goodbye>),
    /// The server broke the protocol of the reliable channel.
    Broken(ChannelError),
    /// `[KF9]` A snapshot could not be read: the server takes for known what was in it.
    Unreadable(MessageError),
}

/// Corrections of one cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Corrections {
    /// How many.
    pub count: u32,
    /// The largest (unit: millimetres).
    pub max_mm: f32,
}

/// What happened since the counts were taken last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Snapshots that were newer than all before.
    pub snapshots: u32,
    /// `[PR2]` Predictions that a snapshot changed though nothing dynamic was near: there should be none.
    pub corrections: Corrections,
    /// `[PR2]` Those where a body pushed or carried.
    pub contact_corrections: Corrections,
    /// `[PR2]` Those for ticks that the server made without our input.
    pub missed_corrections: Corrections,
    /// `[PR2]` Times that the server set the character down elsewhere.
    pub relocations: u32,
    /// Ticks that the server made without our input.
    pub missed_inputs: u32,
    /// Ticks given up because this process slept.
    pub skipped_ticks: u32,
    /// Payloads or messages that could not be read.
    pub unreadable: u32,
    /// Messages of kinds that this build does not know.
    pub unknown: u32,
    /// Samples of other players in snapshots.
    pub player_updates: u32,
    /// Samples of bodies in snapshots.
    pub body_updates: u32,
    /// Bytes of payloads received.
    pub bytes_down: u32,
    /// Bytes of payloads sent.
    pub bytes_up: u32,
}

/// What a client sees of itself now, and how well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Its own character, predicted.
    pub state: State,
    /// Where it is shown: between two ticks, and with corrections hidden (unit: metres).
    pub shown: Vec3,
    /// Where it looks.
    pub yaw: u16,
    /// Its body.
    pub entity: EntityId,
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

/// A client's side of a session.
pub struct Client {
    world: Arc<World>,
    link: Link,
    channel: Channel,
    roster: Roster,
    decoder: Decoder,
    snapshot: Snapshot,
    welcome: Option<Welcome>,
    resume: Option<ResumeToken>,
    body: Option<Body>,
    others: Others,
    next_word: Duration,
    counts: Counts,
}

impl Client {
    /// A session that has just begun.
    #[must_use]
    pub fn new(world: Arc<World>) -> Client {
        Client {
            world,
            link: Link::new(),
            channel: Channel::new(),
            roster: Roster::default(),
            decoder: Decoder::new(),
            snapshot: Snapshot::with_capacity(),
            welcome: None,
            resume: None,
            body: None,
            others: Others::default(),
            next_word: Duration::ZERO,
            counts: Counts::default(),
        }
    }

    /// Takes in a payload that arrived at `now`, by any steady clock of this end.
    ///
    /// # Errors
    /// The session's end, when the payload says so or shows that the two sides cannot play together.
    pub fn receive(&mut self, now: Duration, payload: &[u8]) -> Result<(), Ended> {
        self.counts.bytes_down += payload.len() as u32;
        let received = match self.link.receive(now.as_micros() as u64, payload) {
            Ok(received) => received,
            // What the network does to honest payloads.
            Err(LinkError::Duplicate | LinkError::Stale) => return Ok(()),
            Err(_) => {
                self.counts.unreadable += 1;
                return Ok(());
            }
        };
        self.channel.acknowledge(received.newly_acked);
        for (id, bytes) in received.messages {
            match MessageId::from_u8(id) {
                Some(MessageId::Snapshot) => {
                    let decoded = self.decoder.decode(bytes, &mut self.snapshot);
                    decoded.map_err(Ended::Unreadable)?;
                    self.take_snapshot(now);
                }
                Some(MessageId::Events) => self.hear(now, bytes)?,
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
    fn hear(&mut self, now: Duration, segment: &[u8]) -> Result<(), Ended> {
        self.channel.receive(segment).map_err(Ended::Broken)?;
        while let Some((id, bytes)) = self.channel.next().map_err(Ended::Broken)? {
            match Event::decode(id, bytes) {
                Ok(Some(event)) => self.take(now, event)?,
                Ok(None) => self.counts.unknown += 1,
                Err(_) => self.counts.unreadable += 1,
            }
        }
        Ok(())
    }

    fn take(&mut self, now: Duration, event: Event) -> Result<(), Ended> {
        match event {
            Event::Welcome(welcome) => self.welcome(&welcome)?,
            Event::Entered(entry) => {
                let is_other = self.welcome.is_some_and(|own| own.entity != entry.entity);
                match self.roster.enter(entry) {
                    Ok(()) if is_other => self.others.enter_player(entry.entity),
                    Ok(()) => {}
                    Err(_) => self.counts.unreadable += 1,
                }
            }
            Event::Exited(exit) => {
                self.roster.exit(exit.entity);
                self.others.exit_player(exit.entity);
            }
            Event::Spawned(spawn) => {
                let is_new = self.others.spawn(now, &spawn);
                self.counts.unreadable += u32::from(!is_new);
            }
            Event::Despawned(despawn) => self.others.despawn(despawn.entity),
            Event::Goodbye(goodbye) => return Err(Ended::Goodbye(Box::new(goodbye))),
        }
        Ok(())
    }

    fn welcome(&mut self, welcome: &Welcome) -> Result<(), Ended> {
        if welcome.world_hash != self.world.hash() {
            return Err(Ended::OtherWorld {
                theirs: welcome.world_hash,
                ours: self.world.hash(),
            });
        }
        if u32::from(welcome.tick_rate_hz) != TICK_RATE_HZ {
            return Err(Ended::TickRate(welcome.tick_rate_hz));
        }
        self.welcome.get_or_insert(*welcome);
        Ok(())
    }

    fn take_snapshot(&mut self, now: Duration) {
        let Some(welcome) = self.welcome else {
            return;
        };
        self.counts.player_updates += self.snapshot.players.len() as u32;
        self.counts.body_updates += self.snapshot.bodies.len() as u32;
        self.others.take(now, &self.snapshot);
        let header = self.snapshot.header;
        let Some(own) = self.snapshot.own else {
            self.counts.snapshots += 1;
            return;
        };
        if own.entity != welcome.entity {
            self.counts.unreadable += 1;
            return;
        }
        let Some(body) = &mut self.body else {
            let world = Arc::clone(&self.world);
            self.body = Some(Body::start(now, world, &header, &own.state, &self.link));
            self.counts.snapshots += 1;
            return;
        };
        let (outcome, missed) = body.take(now, &header, &own.state, &self.link);
        if outcome != Outcome::Old {
            self.counts.snapshots += 1;
            self.counts.missed_inputs += u32::from(missed);
            self.counts.note(outcome);
        }
    }

    /// `[SE8]` The newest token to come back with, good for one session.
    pub fn take_resume_token(&mut self) -> Option<ResumeToken> {
        self.resume.take()
    }

    /// When the next payload is due.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.body
            .as_ref()
            .map_or(self.next_word, |body| body.clock.due())
    }

    /// Writes the next payload and returns its length. Before the server has spoken it only acknowledges.
    pub fn tick(
        &mut self,
        now: Duration,
        pilot: &mut dyn Pilot,
        out: &mut [u8; MAX_PAYLOAD_BYTES],
    ) -> usize {
        self.next_word = now + PERIOD;
        self.show(now);
        let mut payload = self
            .link
            .start(now.as_micros() as u64, out)
            .expect("the buffer is as long as any payload");
        if let Some(body) = &mut self.body {
            self.counts.skipped_ticks += body.advance(now, pilot, &self.others);
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

    /// Moves what is shown on to this moment: once a frame. [`Client::tick`] does it too.
    pub fn show(&mut self, now: Duration) {
        self.others.show(now);
        if let Some(body) = &mut self.body {
            body.show(now);
        }
    }

    /// The others as they are shown since [`Client::show`].
    #[must_use]
    pub fn others(&self) -> &Others {
        &self.others
    }

    /// What the client sees of itself, once it has a body.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        let (body, welcome) = (self.body.as_ref()?, self.welcome?);
        Some(View {
            state: *body.predictor.state(),
            shown: body.shown(),
            yaw: body.yaw,
            entity: welcome.entity,
            acknowledged: body.predictor.acknowledged(),
            margin_ms: self.snapshot.header.input_margin_ms,
            names: self.roster.entries().len(),
            players: self.snapshot.players.len(),
            bodies: self.snapshot.bodies.len(),
        })
    }

    /// Who is there.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The network as it is measured.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The counts since they were taken last.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }
}

impl Counts {
    fn note(&mut self, outcome: Outcome) {
        let Outcome::Corrected { millimetres, cause } = outcome else {
            return;
        };
        let corrections = match cause {
            Cause::Nothing => &mut self.corrections,
            Cause::Contact => &mut self.contact_corrections,
            Cause::Missed => &mut self.missed_corrections,
            Cause::SetDown => {
                self.relocations += 1;
                return;
            }
        };
        corrections.count += 1;
        corrections.max_mm = corrections.max_mm.max(millimetres);
    }
}

/// What comes by the channel.
enum Event {
    Welcome(Welcome),
    Entered(RosterEntry),
    Exited(RosterExit),
    Spawned(Spawn),
    Despawned(Despawn),
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
            MessageId::Spawn => Event::Spawned(Spawn::decode(bytes)?),
            MessageId::Despawn => Event::Despawned(Despawn::decode(bytes)?),
            _ => return Err(MessageError::Invalid("channel")),
        };
        Ok(Some(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vec3::vec3;

    #[test]
    fn kf9_a_snapshot_that_cannot_be_read_ends_the_session() {
        let floor = [
            vec3(-9.0, 0.0, -9.0),
            vec3(-9.0, 0.0, 9.0),
            vec3(9.0, 0.0, 0.0),
        ];
        let mut client = Client::new(Arc::new(World::build(&[floor]).unwrap()));
        let mut bytes = [0; MAX_PAYLOAD_BYTES];
        let mut payload = Link::new().start(0, &mut bytes).unwrap();
        payload.add_bytes(MessageId::Snapshot, &[1, 2, 3]).unwrap();
        let length = payload.finish();
        let ended = client.receive(Duration::ZERO, &bytes[..length]);
        assert!(matches!(ended, Err(Ended::Unreadable(_))), "{ended:?}");
    }
}
