//! The client's own character: its clock, its prediction, its inputs, and where it is shown.

use super::clock::InputClock;
use super::predictor::{Outcome, Predictor};
use super::smoothing::Smoothing;
use super::{Intent, Others, Pilot};
use crate::input::{InputFrame, InputPacket};
use crate::link::Link;
use crate::snapshot::Header;
use crate::step::{DT, State};
use crate::vec3::Vec3;
use crate::world::World;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Body {
    pub clock: InputClock,
    pub predictor: Predictor,
    pub packet: Option<InputPacket>,
    pub yaw: u16,
    missed_inputs: u8,
    skipped: u32,
    smoothing: Smoothing,
    stepped_at: Duration,
    shown_at: Duration,
}

impl Body {
    /// A character that the server has just told of.
    pub fn start(
        now: Duration,
        world: Arc<World>,
        header: &Header,
        state: &State,
        link: &Link,
    ) -> Body {
        Body {
            clock: InputClock::start(now, header.tick, round_trip(link)),
            predictor: Predictor::start(world, header.tick, *state),
            packet: None,
            yaw: 0,
            missed_inputs: header.missed_inputs,
            skipped: 0,
            smoothing: Smoothing::default(),
            stepped_at: now,
            shown_at: now,
        }
    }

    /// Takes in the server's word on it; also says how many more ticks were made without our input.
    pub fn take(
        &mut self,
        now: Duration,
        header: &Header,
        state: &State,
        link: &Link,
    ) -> (Outcome, u8) {
        let missed = header.missed_inputs.wrapping_sub(self.missed_inputs);
        let before = self.unsmoothed();
        let outcome = self.predictor.reconcile(header.tick, state, missed > 0);
        if outcome == Outcome::Old {
            return (outcome, 0);
        }
        self.missed_inputs = header.missed_inputs;
        if outcome != Outcome::Agreed {
            self.smoothing.hide(before, self.unsmoothed());
        }
        self.clock.measure(header, missed, link.loss());
        if !self.clock.next_tick().is_after(header.tick) {
            // `[CK5]` What we would send could never be in time.
            self.skipped += self.clock.catch_up(now, header.tick, round_trip(link));
        }
        (outcome, missed)
    }

    /// Steps all ticks that are due; returns how many were given up.
    pub fn advance(&mut self, now: Duration, pilot: &mut dyn Pilot, others: &Others) -> u32 {
        let skipped = std::mem::take(&mut self.skipped) + self.clock.skip_to(now);
        while self.clock.due() <= now {
            self.stepped_at = self.clock.due();
            let tick = self.clock.take();
            let Intent { input, tracked } = pilot.steer(tick, self.predictor.state(), others);
            self.predictor.advance(tick, input);
            self.yaw = input.yaw;
            match &mut self.packet {
                Some(packet) if packet.newest().plus(1) == tick => packet.push(input),
                packet => *packet = Some(InputPacket::new(InputFrame { tick, input })),
            }
            if let Some(packet) = &mut self.packet {
                packet.set_tracked(tracked);
            }
        }
        skipped
    }

    /// `[VW8]` Moves what is shown on to this moment.
    pub fn show(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.shown_at);
        self.shown_at = now;
        self.smoothing.fade(passed.as_secs_f32());
    }

    /// Where it is shown.
    pub fn shown(&self) -> Vec3 {
        self.unsmoothed() + self.smoothing.offset()
    }

    /// On the way to where the newest tick leads.
    fn unsmoothed(&self) -> Vec3 {
        let since = self.shown_at.saturating_sub(self.stepped_at);
        let share = (since.as_secs_f32() / DT).min(1.0);
        let from = self.predictor.previous().position;
        from + (self.predictor.state().position - from) * share
    }
}

fn round_trip(link: &Link) -> Duration {
    Duration::from_micros(link.rtt_us().unwrap_or(0).into())
}
