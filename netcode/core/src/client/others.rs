//! What a client shows of the others: players and bodies, each where it was a moment ago. Rules `[VW1]`… in
//! `netcode/spec/RULES.md`.
//!
//! A player is there from its roster entry to its exit, a body from its spawn to its despawn; snapshots bring the samples. Each has a time of its own, since
//! what is near is told of each tick and what is far a few times a second. Heads and hands are interpolated in the
//! player's frame, which turns with it, and given out in the world.

use super::timeline::Timeline;
use super::track::{Moment, Pose, Track};
use crate::input::radians;
use crate::message::Spawn;
use crate::pose::{PackedPoint, Point, Tracked, multiply};
use crate::snapshot::{BodyPose, PlayerPose, Snapshot};
use crate::step::DT;
use crate::tick::EntityId;
use crate::vec3::Vec3;
use std::time::Duration;

/// `[RG5]` Most bodies that are shown: more than any scene has.
const MAX_BODIES: usize = 4096;

/// What a client shows of the others.
#[derive(Clone, Debug, Default)]
pub struct Others {
    timeline: Timeline,
    shown_at: Option<Duration>,
    players: Tracks<PlayerPose>,
    bodies: Tracks<BodyPose>,
}

/// By entity, in order.
#[derive(Clone, Debug)]
struct Tracks<P>(Vec<Box<Track<P>>>);

/// How one of the others is shown now.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// Which one.
    pub entity: EntityId,
    /// Which body of the world's file it is a copy of; 0 for a player.
    pub of: u16,
    /// Feet of a player, origin of a body (unit: metres).
    pub position: Vec3,
    /// Where a player looks, as in [`crate::input::Input`]; 0 for a body.
    pub yaw: u16,
    /// Quaternion of length one: x, y, z, w.
    pub rotation: [f32; 4],
    /// Whether a player stands on something, or a body lies still.
    pub rests: bool,
    /// The time at which it is shown (unit: ticks of the server; wraps at 2^32).
    pub tick: f64,
    /// `[VW5]` Nothing new has come for so long that this is a guess.
    pub extrapolated: bool,
    /// Snapshots that it was in so far; wraps.
    pub updates: u32,
    /// Since it was in a snapshot (unit: seconds). What rests is told of once a second; after two this is history.
    pub age_s: f32,
    tracked: Option<(&'a Tracked, &'a Tracked, f32)>,
}

impl Shown<'_> {
    /// Head, left hand and right hand in the world, when they are known.
    #[must_use]
    pub fn points(&self) -> Option<[Point; 3]> {
        let (from, to, share) = self.tracked?;
        let (from, to) = (from.points(), to.points());
        Some(core::array::from_fn(|k| {
            let point = mix_points(&from[k], &to[k], share);
            Point {
                position: point.in_world(self.position, self.yaw),
                rotation: multiply(self.rotation, point.rotation),
            }
        }))
    }
}

impl Others {
    /// A player is there from now on.
    pub(super) fn enter_player(&mut self, entity: EntityId) {
        let nothing = PlayerPose::default();
        self.players.enter(entity, nothing);
    }

    /// A player is gone.
    pub(super) fn exit_player(&mut self, entity: EntityId) {
        self.players.exit(entity);
    }

    /// `[RG5]` A body is there from now on; false when it was already, or there are too many.
    pub(super) fn spawn(&mut self, now: Duration, spawn: &Spawn) -> bool {
        let entity = spawn.pose.entity;
        if self.bodies.of(entity).is_some() || self.bodies.0.len() >= MAX_BODIES {
            return false;
        }
        self.bodies.enter(entity, spawn.pose);
        let tick = self.timeline.unwrapped(spawn.tick);
        if let Some(track) = self.bodies.of(entity) {
            track.of = spawn.of;
            if let Some(tick) = tick {
                track.begin(now, tick, spawn.pose);
            }
        }
        true
    }

    /// `[RG5]` A body is gone.
    pub(super) fn despawn(&mut self, entity: EntityId) {
        self.bodies.exit(entity);
    }

    /// Takes in the samples of a snapshot. What was not spawned, or is gone, is not shown.
    pub(super) fn take(&mut self, now: Duration, snapshot: &Snapshot) {
        let tick = self.timeline.arrived(now, snapshot.header.tick);
        for pose in &snapshot.players {
            if let Some(track) = self.players.of(pose.entity) {
                track.insert(now, tick, *pose);
            }
        }
        for pose in &snapshot.bodies {
            if let Some(track) = self.bodies.of(pose.entity) {
                track.insert(now, tick, *pose);
            }
        }
    }

    /// Moves what is shown on to this moment.
    pub(super) fn show(&mut self, now: Duration) {
        let passed = self
            .shown_at
            .map_or(Duration::ZERO, |shown| now.saturating_sub(shown));
        self.shown_at = Some(now);
        if !self.timeline.is_running() {
            return;
        }
        let passed = passed.as_secs_f64() / f64::from(DT);
        let arrived = self.timeline.tick_at(now);
        self.players.advance(passed, arrived);
        self.bodies.advance(passed, arrived);
    }

    /// The other players, by entity.
    pub fn players(&self) -> impl Iterator<Item = Shown<'_>> {
        let known = self.players.0.iter().filter(|track| track.is_known());
        known.map(|track| self.shown_player(track))
    }

    /// The bodies, by entity.
    pub fn bodies(&self) -> impl Iterator<Item = Shown<'_>> {
        let known = self.bodies.0.iter().filter(|track| track.is_known());
        known.map(|track| self.shown_body(track))
    }

    /// One of the players.
    #[must_use]
    pub fn player(&self, entity: EntityId) -> Option<Shown<'_>> {
        let track = self.players.find(entity)?;
        track.is_known().then(|| self.shown_player(track))
    }

    /// One of the bodies.
    #[must_use]
    pub fn body(&self, entity: EntityId) -> Option<Shown<'_>> {
        let track = self.bodies.find(entity)?;
        track.is_known().then(|| self.shown_body(track))
    }

    /// What is known of the server's time.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// How far back the players are shown, on average, against what could have arrived (unit: seconds).
    #[must_use]
    pub fn delay_s(&self) -> Option<f32> {
        let newest = self.timeline.newest_at(self.shown_at?);
        let known = || self.players.0.iter().filter(|track| track.is_known());
        let sum: f64 = known().map(|track| newest - track.time()).sum();
        let count = known().count();
        (count > 0).then(|| (sum / count as f64) as f32 * DT)
    }

    fn shown_player<'a>(&self, track: &'a Track<PlayerPose>) -> Shown<'a> {
        let moment = track.moment();
        let Moment {
            from, to, share, ..
        } = moment;
        let share = share.min(1.0);
        let turn = to.yaw.wrapping_sub(from.yaw).cast_signed();
        let yaw = from
            .yaw
            .wrapping_add_signed((f32::from(turn) * share) as i16);
        let half = radians(yaw) * 0.5;
        let tracked = match (&from.tracked, &to.tracked) {
            (Some(from), Some(to)) => Some((from, to, share)),
            (None, Some(to)) => Some((to, to, share)),
            (_, None) => None,
        };
        Shown {
            yaw,
            rotation: [0.0, half.sin(), 0.0, half.cos()],
            rests: to.grounded,
            tracked,
            ..self.shown(track, &moment)
        }
    }

    fn shown_body<'a>(&self, track: &'a Track<BodyPose>) -> Shown<'a> {
        let moment = track.moment();
        let Moment {
            from, to, share, ..
        } = moment;
        Shown {
            rotation: mix_rotations(from.rotation, to.rotation, share.min(1.0)),
            rests: to.asleep && (from.asleep || share >= 1.0),
            ..self.shown(track, &moment)
        }
    }

    fn shown<'a, P: Pose>(&self, track: &'a Track<P>, moment: &Moment<'a, P>) -> Shown<'a> {
        let age = self
            .shown_at
            .unwrap_or_default()
            .saturating_sub(track.heard);
        Shown {
            entity: track.entity,
            of: track.of,
            position: track.position(),
            yaw: 0,
            rotation: [0.0, 0.0, 0.0, 1.0],
            rests: false,
            tick: track.time().rem_euclid(f64::from(u32::MAX) + 1.0),
            extrapolated: moment.extrapolated,
            updates: track.updates,
            age_s: age.as_secs_f32(),
            tracked: None,
        }
    }
}

impl<P> Default for Tracks<P> {
    fn default() -> Tracks<P> {
        Tracks(Vec::new())
    }
}

impl<P: Pose> Tracks<P> {
    fn place(&self, entity: EntityId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&entity, |track| track.entity)
    }

    fn of(&mut self, entity: EntityId) -> Option<&mut Track<P>> {
        let index = self.place(entity).ok()?;
        Some(&mut self.0[index])
    }

    fn find(&self, entity: EntityId) -> Option<&Track<P>> {
        let index = self.place(entity).ok()?;
        Some(&self.0[index])
    }

    fn enter(&mut self, entity: EntityId, nothing: P) {
        if let Err(index) = self.place(entity) {
            self.0.insert(index, Box::new(Track::new(entity, nothing)));
        }
    }

    fn exit(&mut self, entity: EntityId) {
        if let Ok(index) = self.place(entity) {
            self.0.remove(index);
        }
    }

    fn advance(&mut self, passed: f64, arrived: f64) {
        for track in &mut self.0 {
            track.advance(passed, arrived);
        }
    }
}

fn mix_points(from: &PackedPoint, to: &PackedPoint, share: f32) -> Point {
    let end = to.unpack();
    if from == to || share >= 1.0 {
        return end;
    }
    let start = from.unpack();
    Point {
        position: start.position + (end.position - start.position) * share,
        rotation: mix_rotations(start.rotation, end.rotation, share),
    }
}

/// Along the shorter way; of samples so close together a straight line is as good as an arc.
fn mix_rotations(from: [f32; 4], to: [f32; 4], share: f32) -> [f32; 4] {
    if from == to || share >= 1.0 {
        return to;
    }
    let product: f32 = (0..4).map(|k| from[k] * to[k]).sum();
    let sign = if product < 0.0 { -1.0 } else { 1.0 };
    let mixed: [f32; 4] = core::array::from_fn(|k| from[k] * sign * (1.0 - share) + to[k] * share);
    let square: f32 = mixed.iter().map(|part| part * part).sum();
    mixed.map(|part| part / square.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Header;
    use crate::tick::{TICK_US, Tick};
    use crate::vec3::vec3;

    fn pose(x: f32) -> BodyPose {
        BodyPose {
            entity: EntityId(7),
            position: vec3(x, 0.0, 0.0),
            rotation: [0.0, 0.0, 0.0, 1.0],
            asleep: true,
        }
    }

    fn spawn(tick: u32) -> Spawn {
        Spawn {
            of: 3,
            tick: Tick(tick),
            pose: pose(tick as f32),
        }
    }

    /// Half a second of snapshots with this body in each.
    fn half_a_second(others: &mut Others, from: u32, bodies: &[BodyPose]) {
        for tick in from..from + 15 {
            let now = Duration::from_micros(u64::from(tick) * u64::from(TICK_US));
            let header = Header {
                tick: Tick(tick),
                ..Header::default()
            };
            let snapshot = Snapshot {
                header,
                bodies: bodies.to_vec(),
                ..Snapshot::default()
            };
            others.take(now, &snapshot);
            others.show(now);
        }
    }

    #[test]
    fn rg5_a_body_is_shown_from_its_spawn_to_its_despawn() {
        let mut others = Others::default();
        half_a_second(&mut others, 100, &[pose(1.0)]);
        assert!(others.body(EntityId(7)).is_none(), "not spawned");
        assert!(others.spawn(Duration::ZERO, &spawn(114)));
        half_a_second(&mut others, 115, &[]);
        let shown = others.body(EntityId(7)).expect("where it was spawned");
        assert_eq!((shown.of, shown.position.x, shown.updates), (3, 114.0, 0));
        half_a_second(&mut others, 130, &[pose(1.0)]);
        assert_eq!(others.body(EntityId(7)).unwrap().position.x, 1.0);
        others.despawn(EntityId(7));
        half_a_second(&mut others, 145, &[pose(1.0)]);
        assert!(others.body(EntityId(7)).is_none(), "despawned");
    }

    #[test]
    fn rg5_no_body_twice_and_not_too_many() {
        let mut others = Others::default();
        for entity in 1..=MAX_BODIES as u32 {
            let mut spawn = spawn(0);
            spawn.pose.entity = EntityId(entity);
            assert!(others.spawn(Duration::ZERO, &spawn));
            assert!(!others.spawn(Duration::ZERO, &spawn));
        }
        let mut spawn = spawn(0);
        spawn.pose.entity = EntityId(u32::MAX);
        assert!(!others.spawn(Duration::ZERO, &spawn));
    }
}
