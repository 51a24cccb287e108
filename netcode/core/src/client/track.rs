//! One of the others as this client knows it: the last samples, and the time at which it is shown.
//!
//! It is shown a little in the past, so that there is a sample before and one after. How far follows from how usual
//! arrivals jitter ([`super::Timeline`]) and how often this one is told of; the time moves on smoothly, whatever arrives.
//! When nothing has come for too long it goes on as it went, briefly, and is held.

use super::smoothing::{Smoothing, TELEPORT};
use crate::snapshot::{BodyPose, PlayerPose};
use crate::step::{DT, MAX_SPEED};
use crate::tick::EntityId;
use crate::vec3::Vec3;
use std::time::Duration;

/// Samples that are kept: more than any delay spans.
const SAMPLES: usize = 16;

/// Intervals that the usual one is chosen from.
const INTERVALS: usize = 12;

/// `[VW2]` Of these so many may be longer than the usual one. (Tried: the interval beyond which a sixth of the time lies.
/// It is no quicker where it counts, since time is slewed, and worse for those who are near: 31 mm for 25.)
const LONGER: usize = 2;

/// `[VW6]` What moves is told of at least this often; after more than that it rested (unit: ticks).
const LONGEST_INTERVAL: i64 = 32;

/// `[VW6]` A smaller difference is none (unit: metres): places come in steps of a millimetre.
const STILL: f32 = 2e-3;

/// `[VW2]` Nobody is shown farther back for being told of seldom (unit: ticks).
const MOST_INTERVAL: u8 = 24;

/// `[VW3]` The time of an entity is at most this much faster or slower than time.
const SLEW: f64 = 0.1;

/// `[VW3]` A difference of a tick changes the speed by so much.
const GAIN: f64 = 0.2;

/// `[VW3]` From this difference on time jumps ahead, or stands still (unit: ticks).
const JUMP: f64 = 30.0;

/// `[VW5]` How far is extrapolated (unit: ticks; 100 ms), how long it is held there at least, and how long it takes to go
/// back: who moves is told of more often, so it will have stopped where it was seen last.
const AHEAD: f32 = 3.0;
const HELD: f32 = 9.0;
const BACK: f32 = 6.0;

/// `[VW5]` So little past the newest sample is no guess (unit: ticks).
const BARELY: f32 = 0.1;

/// What is interpolated.
pub(super) trait Pose: Copy {
    fn position(&self) -> Vec3;
    /// Whether it is known to lie still.
    fn rests(&self) -> bool;
    /// Whether nothing moved between this pose and that.
    fn is_as(&self, other: &Self) -> bool;
}

fn is_near(a: Vec3, b: Vec3) -> bool {
    (a - b).length() < STILL
}

impl Pose for PlayerPose {
    fn position(&self) -> Vec3 {
        self.position
    }

    fn rests(&self) -> bool {
        false
    }

    fn is_as(&self, other: &Self) -> bool {
        self.tracked == other.tracked && is_near(self.position, other.position)
    }
}

impl Pose for BodyPose {
    fn position(&self) -> Vec3 {
        self.position
    }

    fn rests(&self) -> bool {
        self.asleep
    }

    fn is_as(&self, other: &Self) -> bool {
        self.rotation == other.rotation && is_near(self.position, other.position)
    }
}

/// The span of a sample without one before it.
const FROM_NOWHERE: i64 = i64::MAX;

/// How something was at a tick, and since when it had been moving there.
#[derive(Clone, Copy, Debug)]
struct Sample<P> {
    tick: i64,
    /// Ticks that the way from the sample before took.
    span: i64,
    pose: P,
}

/// Where the time of an entity lies among its samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a, P> {
    pub from: &'a P,
    pub to: &'a P,
    /// 0 at `from`, 1 at `to`, above when nothing newer is known.
    pub share: f32,
    pub extrapolated: bool,
}

/// One of the others.
#[derive(Clone, Debug)]
pub(super) struct Track<P> {
    pub entity: EntityId,
    /// Which body of the world's file it is a copy of; 0 for a player.
    pub of: u16,
    /// Snapshots that it was in.
    pub updates: u32,
    /// When it was in one last.
    pub heard: Duration,
    samples: [Sample<P>; SAMPLES],
    count: usize,
    intervals: [u8; INTERVALS],
    intervals_seen: usize,
    interval: f64,
    time: Option<f64>,
    smoothing: Smoothing,
}

impl<P: Pose> Track<P> {
    /// Nothing is known yet but a pose that fills the place of samples.
    pub fn new(entity: EntityId, nothing: P) -> Track<P> {
        let nothing = Sample {
            tick: 0,
            span: FROM_NOWHERE,
            pose: nothing,
        };
        Track {
            entity,
            of: 0,
            updates: 0,
            heard: Duration::ZERO,
            samples: [nothing; SAMPLES],
            count: 0,
            intervals: [1; INTERVALS],
            intervals_seen: 0,
            interval: 1.0,
            time: None,
            smoothing: Smoothing::default(),
        }
    }

    /// Whether there is anything to show.
    pub fn is_known(&self) -> bool {
        self.count > 0 && self.time.is_some()
    }

    /// Where it was when it came, if no snapshot says so.
    pub fn begin(&mut self, now: Duration, tick: i64, pose: P) {
        self.heard = now;
        let span = FROM_NOWHERE;
        self.put(0, Sample { tick, span, pose });
    }

    /// Takes in a snapshot's sample, in whatever order they come.
    pub fn insert(&mut self, now: Duration, tick: i64, pose: P) {
        let at = self.samples().partition_point(|held| held.tick < tick);
        if self.samples().get(at).is_some_and(|held| held.tick == tick) {
            return;
        }
        self.updates = self.updates.wrapping_add(1);
        self.heard = now;
        if at == 0 && self.count == SAMPLES {
            return;
        }
        let shown = self.starved().then(|| self.raw_position());
        let span = self.span_after(at, tick, &pose);
        self.put(at, Sample { tick, span, pose });
        if let Some(before) = shown {
            self.smoothing.hide(before, self.raw_position());
        }
    }

    /// `[VW6]` The ticks that the way to a sample takes from the one before it: who rested until lately has just begun.
    fn span_after(&mut self, at: usize, tick: i64, pose: &P) -> i64 {
        let Some(before) = at.checked_sub(1).map(|before| self.samples[before]) else {
            return FROM_NOWHERE;
        };
        let gap = tick - before.tick;
        let rested = before.pose.rests()
            || gap > LONGEST_INTERVAL
            || (at >= 2 && before.pose.is_as(&self.samples[at - 2].pose));
        if rested {
            return gap.min(self.interval as i64).max(1);
        }
        if at == self.count && !pose.is_as(&before.pose) {
            self.note_interval(gap);
        }
        gap
    }

    fn put(&mut self, at: usize, sample: Sample<P>) {
        let mut at = at;
        if self.count == SAMPLES {
            self.samples.copy_within(1..at, 0);
            at -= 1;
        } else {
            self.samples.copy_within(at..self.count, at + 1);
            self.count += 1;
        }
        self.samples[at] = sample;
        if let Some(next) = self.samples[..self.count].get_mut(at + 1) {
            next.span = next.span.min(next.tick - sample.tick);
        }
    }

    /// `[VW2]` The interval that most updates keep.
    fn note_interval(&mut self, gap: i64) {
        self.intervals[self.intervals_seen % INTERVALS] = gap as u8;
        self.intervals_seen += 1;
        let held = self.intervals_seen.min(INTERVALS);
        let mut sorted = self.intervals;
        let sorted = &mut sorted[..held];
        sorted.sort_unstable();
        let longer = LONGER.min((held - 1) / 4);
        self.interval = f64::from(sorted[held - 1 - longer].min(MOST_INTERVAL));
    }

    /// `[VW3]` So much time passes (unit: ticks); everything up to `arrived` should be here.
    pub fn advance(&mut self, passed: f64, arrived: f64) {
        self.smoothing.fade(passed as f32 * DT);
        if self.count == 0 {
            return;
        }
        let target = arrived - self.interval;
        let Some(time) = self.time else {
            self.time = Some(target);
            return;
        };
        let off = target - (time + passed);
        self.time = Some(if off > JUMP {
            target
        } else if off < -JUMP {
            time
        } else {
            time + passed * (1.0 + (off * GAIN).clamp(-SLEW, SLEW))
        });
    }

    /// The time at which it is shown (unit: ticks, counted on over the wrap).
    pub fn time(&self) -> f64 {
        self.time.unwrap_or_default()
    }

    /// What is shown.
    pub fn moment(&self) -> Moment<'_, P> {
        let samples = self.samples();
        let time = self.time();
        let after = samples.partition_point(|sample| (sample.tick as f64) < time);
        let Some(to) = samples.get(after) else {
            return self.moment_after_all(time);
        };
        let from = &samples[after.saturating_sub(1)];
        let left = (to.tick as f64 - time) as f32 / to.span as f32;
        let share = (1.0 - left).max(0.0);
        Moment {
            from: &from.pose,
            to: &to.pose,
            share: if is_teleport(from, to) {
                share.floor()
            } else {
                share
            },
            extrapolated: false,
        }
    }

    /// `[VW5]` Past the newest sample.
    fn moment_after_all(&self, time: f64) -> Moment<'_, P> {
        let samples = self.samples();
        let to = &samples[samples.len() - 1];
        let from = &samples[samples.len().saturating_sub(2)];
        let is_moving = !to.pose.rests()
            && to.pose.position() != from.pose.position()
            && !is_teleport(from, to);
        let past = (time - to.tick as f64) as f32;
        let held = HELD.max(2.0 * self.interval as f32 + 1.0);
        let back = ((held + BACK - past) / BACK).clamp(0.0, 1.0);
        let ahead = past.min(AHEAD) * back;
        Moment {
            from: &from.pose,
            to: &to.pose,
            share: if is_moving {
                1.0 + ahead / to.span as f32
            } else {
                1.0
            },
            extrapolated: is_moving && past > BARELY,
        }
    }

    /// Where it is shown.
    pub fn position(&self) -> Vec3 {
        self.raw_position() + self.smoothing.offset()
    }

    fn raw_position(&self) -> Vec3 {
        let Moment {
            from, to, share, ..
        } = self.moment();
        // Exactly the sample when there is nothing between.
        if share == 1.0 {
            return to.position();
        }
        from.position() + (to.position() - from.position()) * share
    }

    fn starved(&self) -> bool {
        self.count > 0
            && self
                .time
                .is_some_and(|time| time > self.samples[self.count - 1].tick as f64)
    }

    fn samples(&self) -> &[Sample<P>] {
        &self.samples[..self.count]
    }
}

/// `[VW7]` Faster than anything moves.
fn is_teleport<P: Pose>(from: &Sample<P>, to: &Sample<P>) -> bool {
    let way = to.pose.position() - from.pose.position();
    way.length() > TELEPORT + to.span as f32 * DT * MAX_SPEED
}

#[cfg(test)]
mod tests;
