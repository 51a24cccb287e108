//! Coming back with a new connection: the same body, events from the last one that was acknowledged on, none lost, none
//! twice, and snapshots that are differences again.

mod common;
#[path = "common/pair.rs"]
mod pair;
#[path = "common/stage.rs"]
mod stage;

use common::{Walker, floor_with};
use otherworld_core::testing::{Conditions, seed};
use otherworld_core::vec3::vec3;
use otherworld_core::{Tick, Vec3};
use pair::Pair;
use stage::{Stage, Still, lying};
use std::sync::Arc;

#[test]
fn rc7_events_go_on_over_many_connections() {
    let mut pair = Pair::new(seed(), Conditions::bad(0.1));
    let mut pushed = 0;
    for tick in 0..900 {
        pushed += u32::from(pair.push(pushed, 100));
        if tick % 100 == 99 {
            pair.reconnect();
        }
        pair.step();
    }
    pair.until(300, |pair| pair.server.channel.is_idle());
    assert_eq!(pair.client.numbers, (0..pushed).collect::<Vec<_>>());
    assert!(pushed > 800, "{pushed}");
}

#[test]
fn rc7_after_ten_silent_seconds_events_go_on() {
    let mut pair = Pair::new(seed(), Conditions::bad(0.05));
    assert!((0..30).all(|number| pair.push(number, 100)));
    pair.step();
    pair.set_loss(1.0);
    (0..300).for_each(|_| pair.step());
    pair.reconnect();
    pair.set_loss(0.05);
    let ticks = pair.until(60, |pair| pair.server.channel.is_idle());
    assert!(ticks > 0);
    assert_eq!(pair.client.numbers, (0..30).collect::<Vec<_>>());
}

/// Twenty others, forty bodies; the client in seat 0 is lost for so many ticks, during which some come and some go.
fn away_for(ticks: u32, conditions: Conditions) -> Stage {
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(u32::MAX - 200), 22, 42);
    stage.join(seed(), conditions, vec3(1.0, 3.0, 1.0), Box::new(Still));
    let mut walkers: Vec<_> = (0..20).map(|k| Walker::new(k + 1, 6.0)).collect();
    for k in 0..40 {
        stage.bodies[k] = Some(lying(k as u32 + 1, vec3(k as f32 * 0.1, 0.0, 2.0)));
    }
    let mut play = |stage: &mut Stage| stage.walk(&mut walkers, |_| Vec3::ZERO);
    stage.run(150, &mut play);
    assert!(stage.knows_all(0));
    let entity = stage.seats[0].client.view().unwrap().entity;
    stage.seats[0].client.take_counts();
    stage.lose(0);
    stage.run(ticks / 2, &mut play);
    stage.bodies[3] = None;
    stage.bodies[4] = Some(lying(100, vec3(0.0, 0.0, 1.0)));
    stage.bodies[41] = Some(lying(101, vec3(0.0, 0.0, 3.0)));
    stage.players[21] = Some(stage::player(700, stage.seats[0].state));
    stage.run(ticks / 2, &mut play);
    assert!(!stage.knows_all(0));
    assert_eq!(
        stage.players[0].unwrap().shown.entity,
        entity,
        "the body waits"
    );
    stage.come_back(0);
    stage.run(90, &mut play);
    assert!(stage.knows_all(0));
    assert_eq!(stage.seats[0].client.view().unwrap().entity, entity);
    stage
}

#[test]
fn se7_after_ten_seconds_away_it_is_the_same_body_and_everything_is_known_again() {
    let mut stage = away_for(300, Conditions::bad(0.05));
    let counts = stage.seats[0].client.take_counts();
    assert_eq!((counts.unreadable, counts.unknown), (0, 0), "{counts:?}");
    assert_eq!(counts.corrections.count, 0, "{counts:?}");
    assert!(counts.snapshots > 75, "{counts:?}");
    let state = stage.seats[0].client.view().unwrap().state;
    let off = state.position - stage.seats[0].state.position;
    assert!(off.length() < 1e-3, "{off:?}");
}

#[test]
fn se7_a_blink_is_no_different() {
    for ticks in [2, 10, 40] {
        let mut stage = away_for(ticks, Conditions::bad(0.05));
        let counts = stage.seats[0].client.take_counts();
        assert_eq!(counts.unreadable, 0, "{ticks}: {counts:?}");
    }
}

#[test]
fn se7_with_another_token_everything_is_told_anew_of_the_same_body() {
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(0), 3, 20);
    for k in 0..20 {
        stage.bodies[k] = Some(lying(k as u32 + 1, vec3(k as f32, 0.0, 2.0)));
    }
    stage.join_walkers(3, 6.0, seed(), Conditions::bad(0.05));
    stage.until(150, |stage| stage.knows_all(0));
    let entity = stage.seats[0].client.view().unwrap().entity;
    stage.lose(0);
    stage.run(100, |_| {});
    let place = stage.seats[0].state.position;
    stage.begin_anew(0);
    assert!(!stage.knows_all(0));
    stage.step(|_| {});
    assert!((stage.seats[0].state.position - place).length() < 0.3);
    stage.until(150, |stage| stage.knows_all(0));
    assert_eq!(stage.seats[0].client.view().unwrap().entity, entity);
}

/// Mean length of the payloads that the client hears in a second from now on (unit: bytes).
fn payload_bytes(stage: &mut Stage, play: &mut impl FnMut(&mut Stage)) -> usize {
    stage.seats[0].heard = Some(Vec::new());
    stage.run(30, play);
    let heard = stage.seats[0].heard.take().unwrap();
    heard
        .iter()
        .map(|(_, payload)| payload.len())
        .sum::<usize>()
        / heard.len()
}

#[test]
fn kf2_baselines_recover_after_an_outage() {
    let way = Conditions::of(40_000, 0, 0.0);
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(0), 21, 0);
    stage.join(seed(), way, Vec3::ZERO, Box::new(Still));
    let mut walkers: Vec<_> = (0..20).map(|k| Walker::new(k + 1, 6.0)).collect();
    let mut play = |stage: &mut Stage| stage.walk(&mut walkers, |_| Vec3::ZERO);
    stage.run(90, &mut play);
    let before = payload_bytes(&mut stage, &mut play);
    // What arrives is not acknowledged any more: soon no keyframe is known to be there.
    stage.seats[0].up.conditions.loss = 1.0;
    stage.run(40, &mut play);
    let unknown = payload_bytes(&mut stage, &mut play);
    stage.seats[0].up.conditions.loss = 0.0;
    stage.lose(0);
    stage.run(300, &mut play);
    stage.come_back(0);
    stage.run(15, &mut play);
    let after = payload_bytes(&mut stage, &mut play);
    println!("{before} bytes a payload, {unknown} without baselines, {after} after the outage");
    assert!(10 * unknown > 11 * before, "{before}, {unknown}");
    assert!(20 * after < 21 * before, "{before}, {after}");
}
