//! Coming late, and coming and going: whoever joins is told everybody and every body, at a pace that costs the snapshots
//! little, and all agree on who and what is there in the end.

mod common;
#[path = "common/stage.rs"]
mod stage;

use common::{Walker, floor_with};
use otherworld_core::server::{REGION_BURST, REGION_BYTES_PER_S};
use otherworld_core::step::State;
use otherworld_core::testing::{Conditions, Random, seed};
use otherworld_core::vec3::vec3;
use otherworld_core::{EntityId, Tick, Vec3};
use stage::{Stage, Still, Wanderer, lying, player};
use std::sync::Arc;

const PLAYERS: usize = 100;
const BODIES: usize = 200;

/// Ninety-nine players who gesture and two hundred bodies, and one who joins them.
fn late(conditions: Conditions) -> (Stage, Vec<Walker>, usize) {
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(70), PLAYERS, BODIES);
    let walkers: Vec<_> = (1..PLAYERS as u32).map(|k| Walker::new(k, 20.0)).collect();
    for k in 0..BODIES {
        let at = vec3((k % 20) as f32 - 10.0, 0.5, (k / 20) as f32 - 5.0);
        stage.bodies[k] = Some(lying(k as u32 + 1, at));
    }
    let late = stage.join(seed(), conditions, Vec3::ZERO, Box::new(Still));
    (stage, walkers, late)
}

#[test]
fn rg4_a_join_among_many_is_quick_and_the_snapshots_keep_their_rate() {
    let (mut stage, mut walkers, late) = late(Conditions::bad(0.05));
    let (mut named, mut shown) = (None, None);
    for tick in 0..150 {
        stage.step(|stage| stage.walk(&mut walkers, |_| Vec3::ZERO));
        let client = &stage.seats[late].client;
        if client.roster().entries().len() == PLAYERS {
            named = named.or(Some(tick));
        }
        if client.others().bodies().count() == BODIES {
            shown = shown.or(Some(tick));
        }
    }
    assert!(stage.knows_all(late));
    // 100 names are 4 KiB and a payload takes 512 bytes of them; 200 bodies are 5,000 bytes at 267 a tick.
    let (named, shown) = (named.unwrap(), shown.unwrap());
    println!("100 names after {named} ticks, 200 bodies after {shown}");
    assert!(named < 45 && shown < 60, "{named}, {shown}");
    let counts = stage.seats[late].client.take_counts();
    // Loss and the way take their share; those that overtake each other are counted once.
    assert!(counts.snapshots > 150 - 25, "{counts:?}");
    // A third of the snapshots' room at worst: twenty players in each on average, of thirty without a join.
    assert!(counts.player_updates > 150 * 20, "{counts:?}");
    assert_eq!((counts.unreadable, counts.unknown), (0, 0), "{counts:?}");
}

#[test]
fn rg3_the_nearest_bodies_come_first_and_none_faster_than_its_budget() {
    let way = Conditions::of(20_000, 0, 0.0);
    let (mut stage, _, late) = late(way);
    let mut before = 0;
    for tick in 0..40 {
        stage.step(|_| {});
        let shown: Vec<_> = stage.seats[late].client.others().bodies().collect();
        let farthest = shown.iter().map(|body| body.position.length());
        let farthest = farthest.fold(0.0, f32::max);
        let nearer = stage.bodies.iter().flatten();
        let nearer = nearer.filter(|body| body.pose.position.length() < farthest - 0.01);
        assert!(nearer.count() < shown.len(), "a nearer one is missing");
        let bytes = (shown.len() - before) * 25;
        let most = REGION_BURST + REGION_BYTES_PER_S / 30;
        assert!(bytes <= most as usize, "{bytes} in tick {tick}");
        before = shown.len();
    }
    assert_eq!(before, BODIES);
}

#[test]
fn rg1_bodies_come_and_go_while_all_watch() {
    let mut random = Random(seed());
    let mut stage = Stage::new(Arc::new(floor_with(|_| {})), Tick(0), 6, 40);
    stage.join_walkers(6, 10.0, random.bits(), Conditions::bad(0.1));
    for entity in 1..=300 {
        // Somebody else in the slot, as often as nobody.
        let slot = random.below(40) as usize;
        let at = vec3(random.below(10) as f32, 0.0, 0.0);
        stage.bodies[slot] = random.chance(0.5).then(|| lying(entity, at));
        stage.step(|_| {});
        for seat in &stage.seats {
            let bodies = seat.client.others().bodies();
            assert!(bodies.count() <= 40 + 6, "what went is still shown");
        }
    }
    stage.until(600, |stage| (0..6).all(|client| stage.knows_all(client)));
    for seat in &mut stage.seats {
        let counts = seat.client.take_counts();
        assert_eq!(counts.unreadable, 0, "{counts:?}");
    }
    for body in stage.bodies.iter().flatten() {
        let shown = stage.seats[0].client.others().body(body.pose.entity);
        let off = shown.unwrap().position - body.pose.position;
        assert!(off.length() < 2e-3, "{off:?}");
    }
}

#[test]
fn ro1_all_agree_after_much_coming_and_going() {
    let mut stage = Stage::new(Arc::new(floor_with(|_| {})), Tick(0), 8, 0);
    let seed = seed();
    for k in 0..40u32 {
        let walker = Walker::new(k + 1, 10.0);
        let at = walker.state.position;
        let seed = seed.wrapping_add(u64::from(k) << 16);
        stage.join(seed, Conditions::bad(0.2), at, Wanderer::with(walker));
        if k >= 6 {
            stage.leave(k as usize - 6);
        }
        stage.run(k % 5, |_| {});
    }
    stage.until(600, |stage| (34..40).all(|client| stage.knows_all(client)));
}

#[test]
fn ro3_somebody_else_in_a_slot_is_shown_once_named_and_as_somebody_else() {
    let mut stage = Stage::new(Arc::new(floor_with(|_| {})), Tick(0), 2, 0);
    stage.join(seed(), Conditions::bad(0.05), Vec3::ZERO, Box::new(Still));
    for k in 1..20 {
        let at = State::at(vec3(3.0, 0.0, k as f32));
        stage.players[1] = Some(player(k, at));
        let mut shown = Vec::new();
        // Who stands still is told of every 24 ticks, and one telling in twenty is lost.
        for _ in 0..150 {
            stage.step(|_| {});
            let client = &stage.seats[0].client;
            let others = client.others().players();
            shown = others.map(|s| (s.entity, s.position)).collect();
            assert!(
                shown
                    .iter()
                    .all(|(who, _)| client.roster().of(*who).is_some())
            );
        }
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].0, EntityId(1_000 + k as u32));
        let off = shown[0].1 - at.position;
        assert!(off.length() < 1e-3, "{off:?}: the other one's keyframe?");
    }
}
