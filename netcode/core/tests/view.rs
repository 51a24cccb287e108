//! The view: what a client shows of the others, against what truly was at the view's time.

mod common;
#[path = "common/stage.rs"]
mod stage;

use common::{Walker, floor_with};
use otherworld_core::server::Body;
use otherworld_core::snapshot::BodyPose;
use otherworld_core::testing::{Conditions, seed};
use otherworld_core::vec3::vec3;
use otherworld_core::{EntityId, Tick, Vec3};
use stage::{Stage, Still, percentile};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// One who watches, walkers who are near and walkers who are far.
struct Watch {
    stage: Stage,
    walkers: Vec<Walker>,
    near: Errors,
    between: Errors,
    far: Errors,
    last: HashMap<EntityId, (f64, u64)>,
}

#[derive(Default)]
struct Errors {
    root: Vec<f32>,
    points: Vec<f32>,
    delay_ms: Vec<f32>,
    extrapolated: usize,
}

const NEAR: u32 = 6;
const FAR: u32 = 6;

impl Watch {
    fn new(conditions: Conditions, first: Tick) -> Watch {
        Watch::of(conditions, first, NEAR + FAR, 6.0)
    }

    fn of(conditions: Conditions, first: Tick, walkers: u32, area: f32) -> Watch {
        let world = Arc::new(floor_with(|_| {}));
        let mut stage = Stage::new(world, first, 1 + walkers as usize, 1);
        stage.join(seed(), conditions, Vec3::ZERO, Box::new(Still));
        let walkers = (0..walkers).map(|k| Walker::new(k + 1, area));
        Watch {
            stage,
            walkers: walkers.collect(),
            near: Errors::default(),
            between: Errors::default(),
            far: Errors::default(),
            last: Default::default(),
        }
    }

    fn run(&mut self, ticks: usize, judge: bool) {
        for _ in 0..ticks {
            let walkers = &mut self.walkers;
            let count = walkers.len() as u32;
            self.stage.step(|stage| {
                let is_far = |k: u32| (NEAR..NEAR + FAR).contains(&k) && count == NEAR + FAR;
                let away = |k| vec3(if is_far(k as u32) { 22.0 } else { 0.0 }, 0.0, 0.0);
                stage.walk(walkers, away);
            });
            if judge {
                self.judge();
            }
        }
    }

    fn judge(&mut self) {
        let now_us = self.stage.now_us;
        let seat = &mut self.stage.seats[0];
        seat.client.show(Duration::from_micros(now_us));
        let seat = &self.stage.seats[0];
        let mut count = 0;
        for shown in seat.client.others().players() {
            count += 1;
            let truth = self.stage.truth_at(shown.entity, shown.tick).unwrap();
            let errors = match truth.position.length() {
                ..=5.0 => &mut self.near,
                15.0.. => &mut self.far,
                _ => &mut self.between,
            };
            // Ticks of the stage's own clock wrap as the view's do.
            let behind = (f64::from(self.stage.tick.0) - shown.tick).rem_euclid(4_294_967_296.0);
            errors.delay_ms.push(behind as f32 * 33.333);
            errors.extrapolated += usize::from(shown.extrapolated);
            if let Some((tick, at_us)) = self.last.insert(shown.entity, (shown.tick, now_us)) {
                let passed = (shown.tick - tick + 10.0).rem_euclid(4_294_967_296.0) - 10.0;
                let speed = passed * 33_333.0 / (now_us - at_us) as f64;
                assert!(
                    (0.899..1.101).contains(&speed),
                    "time goes {speed} times as fast"
                );
            }
            let truth = self.stage.truth_at(shown.entity, shown.tick).unwrap();
            errors.root.push((shown.position - truth.position).length());
            // Heads and hands of who is far are not told.
            let points = shown.points().zip(truth.points);
            let points = points.into_iter().flat_map(|(a, b)| a.into_iter().zip(b));
            let errors_of = points.map(|(shown, truth)| (shown.position - truth).length());
            errors.points.extend(errors_of);
        }
        assert_eq!(count, self.walkers.len());
    }
}

fn report(name: &str, errors: &mut Errors) -> (f32, f32, f32) {
    if errors.points.is_empty() {
        errors.points.push(f32::NAN);
    }
    let root = percentile(&mut errors.root, 0.95) * 1e3;
    let points = percentile(&mut errors.points, 0.95) * 1e3;
    let delay = percentile(&mut errors.delay_ms, 0.95);
    println!(
        "{name}: root p50 {:.1} p95 {root:.1} max {:.1} mm, points p50 {:.1} p95 {points:.1} mm, delay p50 {:.0} p95 {delay:.0} ms, \
         {:.1} % extrapolated",
        percentile(&mut errors.root, 0.5) * 1e3,
        percentile(&mut errors.root, 1.0) * 1e3,
        percentile(&mut errors.points, 0.5) * 1e3,
        percentile(&mut errors.delay_ms, 0.5),
        errors.extrapolated as f64 * 100.0 / errors.root.len() as f64,
    );
    (root, points, delay)
}

#[test]
fn vw4_others_are_shown_where_they_were_a_moment_ago() {
    for (name, conditions, near_mm, delay_ms) in [
        ("steady", Conditions::of(1_000, 0, 0.0), 20.0, 90.0),
        ("far away", Conditions::of(40_000, 0, 0.0), 20.0, 130.0),
        ("jitter", Conditions::of(40_000, 30_000, 0.0), 20.0, 170.0),
        (
            "loss 5 %",
            Conditions::of(40_000, 30_000, 0.05),
            30.0,
            180.0,
        ),
        ("all of it", Conditions::bad(0.05), 40.0, 220.0),
    ] {
        let mut watch = Watch::new(conditions, Tick(u32::MAX - 600));
        watch.run(150, false);
        watch.run(900, true);
        let (root_mm, points_mm, delay) = report(&format!("{name}, near"), &mut watch.near);
        report(&format!("{name}, between"), &mut watch.between);
        report(&format!("{name}, far"), &mut watch.far);
        assert!(root_mm < near_mm, "{name}: {root_mm} mm");
        assert!(points_mm < 2.0 * near_mm, "{name}: {points_mm} mm");
        assert!(delay < delay_ms, "{name}: {delay} ms");
    }
}

/// A ball that lies still, rolls from `start` on for two seconds, slower and slower, and lies still again.
fn ball(tick: i32, start: i32) -> BodyPose {
    let rolled = (tick - start).clamp(0, 60) as f32 / 30.0;
    // From 2 m/s to nothing.
    let x = 4.0 + 2.0 * rolled - 0.5 * rolled * rolled;
    let half = x * 0.5;
    BodyPose {
        entity: EntityId::of_body(0),
        position: vec3(x, 0.5, -2.0),
        rotation: [0.0, 0.0, half.sin(), half.cos()],
        asleep: !(0..60).contains(&(tick - start)),
    }
}

/// A hundred within 10 m, everybody with tracked hands, in the byte budget of one client.
#[test]
fn vw4_in_a_crowd_those_who_are_near_are_where_they_were() {
    for (name, conditions, near_mm) in [
        ("crowd, steady", Conditions::of(1_000, 0, 0.0), 50.0),
        (
            "crowd, loss 5 %",
            Conditions::of(40_000, 30_000, 0.05),
            80.0,
        ),
    ] {
        let mut watch = Watch::of(conditions, Tick(0), 99, 8.0);
        watch.run(150, false);
        let updates = |watch: &Watch| -> u32 {
            let players = watch.stage.seats[0].client.others().players();
            players.map(|shown| shown.updates).sum()
        };
        let before = updates(&watch);
        watch.run(600, true);
        let rate_hz = f64::from(updates(&watch) - before) / 99.0 / 20.0;
        println!("{name}: {rate_hz:.1} updates a second of each");
        let (root_mm, ..) = report(&format!("{name}, near"), &mut watch.near);
        report(&format!("{name}, between"), &mut watch.between);
        assert!(root_mm < near_mm, "{name}: {root_mm} mm");
    }
}

#[test]
fn vw6_a_push_is_seen_at_once_and_what_rests_is_shown_where_it_rests() {
    for (name, conditions) in [
        ("steady", Conditions::of(1_000, 0, 0.0)),
        ("bad", Conditions::of(40_000, 30_000, 0.05)),
    ] {
        let mut waits_ms = Vec::new();
        for k in 0..20 {
            let mut stage = Stage::new(Arc::new(floor_with(|_| {})), Tick(0), 2, 1);
            stage.join(
                seed().wrapping_add(k),
                conditions,
                Vec3::ZERO,
                Box::new(Still),
            );
            let start = 150 + k as i32;
            let (mut moved_at, mut seen_at) = (None, None);
            for tick in 0..600 {
                stage.step(|stage| {
                    let pose = ball(tick, start);
                    stage.bodies[0] = Some(Body { of: 0, pose });
                });
                let now_us = stage.now_us;
                let moved = ball(tick, start).position.x > 4.03;
                moved_at = moved_at.or(moved.then_some(now_us));
                stage.seats[0].client.show(Duration::from_micros(now_us));
                let others = stage.seats[0].client.others();
                let Some(shown) = others.body(EntityId::of_body(0)) else {
                    continue;
                };
                seen_at = seen_at.or((shown.position.x > 4.03).then_some(now_us));
                if tick == start - 1 || tick == 599 {
                    let truth = ball(tick, start);
                    assert!((shown.position - truth.position).length() < 1e-3);
                    // Told of every 0.8 s; four of these in a row are never lost.
                    assert!(shown.rests && !shown.extrapolated && shown.age_s < 3.3);
                }
            }
            waits_ms.push((seen_at.unwrap() - moved_at.unwrap()) as f32 / 1e3);
        }
        let (median, most) = (
            percentile(&mut waits_ms, 0.5),
            percentile(&mut waits_ms, 1.0),
        );
        println!("{name}: a push is seen after {median:.0} ms, at most {most:.0} ms");
        assert!(
            most <= conditions.delay_us as f32 / 1e3 + 150.0,
            "{name}: {most}"
        );
    }
}

#[test]
fn vw5_when_nothing_comes_it_goes_on_briefly_and_says_so() {
    let mut watch = Watch::new(Conditions::of(20_000, 0, 0.0), Tick(0));
    watch.run(200, false);
    watch.stage.seats[0].down.conditions.loss = 1.0;
    let before: HashMap<_, _> = shown(&watch.stage).collect();
    watch.run(100, false);
    let now = Duration::from_micros(watch.stage.now_us);
    watch.stage.seats[0].client.show(now);
    for (entity, (position, _)) in shown(&watch.stage) {
        let way = (position - before[&entity].0).length();
        // What it was behind, and 100 ms more, at running speed.
        assert!(way < 6.0 * 0.3, "{entity:?} went on for {way} m");
    }
    let others = watch.stage.seats[0].client.others();
    assert!(others.players().all(|shown| shown.age_s > 3.0));
    // And when it comes again, all are at their places within a moment.
    watch.stage.seats[0].down.conditions.loss = 0.0;
    watch.run(60, false);
    watch.last.clear();
    watch.near = Errors::default();
    watch.run(60, true);
    let (root_mm, ..) = report("after three seconds of nothing, near", &mut watch.near);
    assert!(root_mm < 20.0);
}

fn shown(stage: &Stage) -> impl Iterator<Item = (EntityId, (Vec3, f64))> + '_ {
    let players = stage.seats[0].client.others().players();
    players.map(|shown| (shown.entity, (shown.position, shown.tick)))
}

#[test]
fn vw9_who_goes_is_not_shown_and_who_comes_is() {
    let mut watch = Watch::new(Conditions::of(40_000, 30_000, 0.05), Tick(0));
    watch.run(150, false);
    let gone = stage::entity(3);
    let keep = watch.walkers.clone();
    // The walkers put themselves back each tick; without them only the watcher is left.
    watch.walkers.clear();
    watch.stage.players[3] = None;
    watch.run(30, false);
    let others = watch.stage.seats[0].client.others();
    assert!(others.player(gone).is_none());
    assert_eq!(others.players().count() as u32, NEAR + FAR - 1);
    watch.walkers = keep;
    watch.run(30, false);
    assert!(watch.stage.seats[0].client.others().player(gone).is_some());
}
