use super::*;
use crate::client::Timeline;
use crate::tick::{TICK_US, Tick};
use crate::vec3::vec3;
use proptest::prelude::*;

const SPEED: f32 = 3.0;

fn at(position: Vec3, asleep: bool) -> BodyPose {
    BodyPose {
        entity: EntityId(1),
        position,
        rotation: [0.0, 0.0, 0.0, 1.0],
        asleep,
    }
}

fn along_x(metres: f32) -> BodyPose {
    at(vec3(metres, 0.0, 0.0), false)
}

/// Where something is after so many ticks that goes along x steadily.
fn steady(ticks: f64) -> f32 {
    (ticks as f32) * DT * SPEED
}

fn track() -> Track<BodyPose> {
    Track::new(EntityId(1), along_x(0.0))
}

/// A track whose samples came on time, one each tick, shown up to the last of them.
fn shown(poses: &[BodyPose]) -> Track<BodyPose> {
    let mut track = track();
    for (tick, pose) in poses.iter().enumerate() {
        track.insert(Duration::ZERO, tick as i64, *pose);
        track.advance(1.0, tick as f64);
    }
    track
}

proptest! {
    /// Whatever gets lost, overtakes or comes twice: time goes on smoothly, and who goes steadily is shown going so.
    #[test]
    fn vw3_time_goes_on_and_who_goes_steadily_is_shown_so(
        start in prop_oneof![Just(0u32), Just(u32::MAX - 60)], every in 1usize..9,
        fates in prop::collection::vec((0u64..60_000, 0u8..100), 240..300),
        frames in prop::collection::vec(2_000u64..40_000, 1..50),
    ) {
        let mut arrivals = Vec::new();
        for (k, &(late_us, fate)) in fates.iter().enumerate().filter(|(k, _)| k % every == 0) {
            let arrives_us = 1_000_000 + k as u64 * u64::from(TICK_US) + late_us;
            // Of a hundred 5 get lost, never three in a row, 3 come twice, 2 are overtaken.
            match fate {
                0..5 if k / every % 3 != 0 => {}
                5..8 => arrivals.extend([(arrives_us, k), (arrives_us + 9_000, k)]),
                8..10 => arrivals.push((arrives_us + 100_000, k)),
                _ => arrivals.push((arrives_us, k)),
            }
        }
        arrivals.sort_unstable();
        let (mut timeline, mut track) = (Timeline::default(), track());
        let (mut now_us, mut arrived, mut frame) = (1_000_000, 0, 0);
        let mut last: Option<f64> = None;
        while now_us < arrivals[arrivals.len() - 1].0 {
            let passed_us = frames[frame % frames.len()];
            (now_us, frame) = (now_us + passed_us, frame + 1);
            while let Some(&(at_us, k)) = arrivals.get(arrived).filter(|next| next.0 <= now_us) {
                let tick = timeline.arrived(Duration::from_micros(at_us), Tick(start.wrapping_add(k as u32)));
                track.insert(Duration::from_micros(at_us), tick, along_x(steady(k as f64)));
                arrived += 1;
            }
            if !timeline.is_running() {
                continue;
            }
            let passed = passed_us as f64 / f64::from(TICK_US);
            track.advance(passed, timeline.tick_at(Duration::from_micros(now_us)));
            let time = track.time() - f64::from(start);
            if let Some(last) = last.replace(time) {
                let speed = (time - last) / passed;
                prop_assert!((0.899..1.101).contains(&speed), "{speed}");
            }
            let newest = (track.samples[track.count - 1].tick - i64::from(start)) as f64;
            let oldest = (track.samples[0].tick - i64::from(start)) as f64;
            let reach = newest + f64::from(AHEAD);
            if (oldest..reach).contains(&time) && track.count > 1 {
                let off = track.position().x - track.smoothing.offset().x - steady(time);
                prop_assert!(off.abs() < 2e-3, "{off} m at {time}");
            }
            // What is farther back than the samples reach would be shown frozen.
            prop_assert!(frame < 60 || time >= oldest, "{time} {oldest}");
        }
    }
}

#[test]
fn vw2_the_delay_is_the_interval_that_most_updates_keep() {
    for every in [1, 2, 4, 8] {
        let mut track = track();
        for k in 0..40 {
            // One in ten gets lost.
            if k % 10 != 7 {
                track.insert(Duration::ZERO, k * every, along_x(k as f32));
            }
        }
        assert_eq!(track.interval, every as f64);
    }
}

#[test]
fn vw5_the_starved_goes_on_for_100_ms_then_is_held_and_goes_back() {
    let poses: Vec<_> = (0..20).map(|k| along_x(steady(f64::from(k)))).collect();
    let mut track = shown(&poses);
    let newest = steady(19.0);
    let mut farthest = 0.0f32;
    for k in 0..40 {
        track.advance(1.0, 20.0 + f64::from(k));
        let ahead = track.position().x - newest;
        farthest = farthest.max(ahead);
        let past = track.time() - 19.0;
        if past > 1.0 && past < 14.0 {
            assert!(track.moment().extrapolated);
        }
        if (3.0..9.0).contains(&past) {
            assert!(
                (ahead - steady(3.0)).abs() < 1e-4,
                "{ahead} m after {past} ticks"
            );
        }
        if past > 15.0 {
            assert!(ahead.abs() < 1e-4, "{ahead} m after {past} ticks");
        }
    }
    assert!((farthest - steady(3.0)).abs() < 1e-4);
    // When it comes again, nothing jumps.
    let before = track.position();
    track.insert(Duration::ZERO, 60, along_x(newest + 0.3));
    assert!((track.position() - before).length() < 1e-5);
}

#[test]
fn vw6_what_rests_is_shown_exactly_and_begins_to_move_only_when_it_did() {
    let mut track = track();
    let rest = at(vec3(1.234, 0.5, -7.0), true);
    for k in 0..4 {
        track.insert(Duration::ZERO, 24 * k, rest);
    }
    (0..80).for_each(|k| track.advance(1.0, f64::from(k)));
    assert_eq!(track.position(), rest.position);
    assert!(!track.moment().extrapolated);
    // Pushed in tick 90: it did not glide there since tick 72.
    track.insert(Duration::ZERO, 90, along_x(1.4));
    while track.time() < 88.9 {
        track.advance(0.5, 90.0);
        assert_eq!(track.position(), rest.position, "at {}", track.time());
    }
    (0..8).for_each(|_| track.advance(0.5, 92.0));
    assert!(track.position().x > 1.3);
}

#[test]
fn vw7_a_teleport_is_no_movement() {
    let mut poses: Vec<_> = (0..10).map(|k| along_x(steady(f64::from(k)))).collect();
    poses.extend((0..10).map(|k| along_x(100.0 + steady(f64::from(k)))));
    let mut track = track();
    for (tick, pose) in poses.iter().enumerate() {
        track.insert(Duration::ZERO, tick as i64, *pose);
        for _ in 0..4 {
            track.advance(0.25, tick as f64);
            let x = track.position().x;
            assert!(!(2.0..99.0).contains(&x), "{x} is between here and there");
        }
    }
    assert!(track.position().x > 100.0);
}

#[test]
fn vw3_after_a_long_silence_time_jumps_and_never_back() {
    let poses: Vec<_> = (0..20).map(|k| along_x(steady(f64::from(k)))).collect();
    let mut track = shown(&poses);
    track.insert(Duration::ZERO, 320, along_x(steady(20.0)));
    track.advance(1.0, 320.0);
    assert_eq!(track.time(), 319.0, "it jumps ahead");
    track.advance(1.0, 200.0);
    assert_eq!(track.time(), 319.0, "and waits rather than go back");
}
