//! Overload: a window that is full refuses and goes on when it is heard again; and where more is there than snapshots have
//! room for, nobody starves and the channel delivers.

mod common;
#[path = "common/pair.rs"]
mod pair;
#[path = "common/stage.rs"]
mod stage;

use common::{Walker, floor_with};
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::select::{PATIENCE, SNAPSHOT_BYTES_PER_S, WIRE_BYTES};
use otherworld_core::testing::{Conditions, seed};
use otherworld_core::vec3::vec3;
use otherworld_core::{EntityId, Tick, Vec3};
use pair::Pair;
use stage::{Stage, Still, entity, lying};
use std::collections::HashMap;
use std::sync::Arc;

#[test]
fn rc5_a_client_that_hears_nothing_costs_a_full_window_and_no_more() {
    let mut pair = Pair::new(seed(), Conditions::bad(0.0));
    pair.server.way.conditions.loss = 1.0;
    let mut pushed = 0;
    for _ in 0..600 {
        while pair.push(pushed, 300) {
            pushed += 1;
        }
        pair.step();
    }
    assert!((40..60).contains(&pushed), "{pushed}");
    assert!(pair.client.numbers.is_empty());
    pair.server.way.conditions.loss = 0.0;
    pair.until(300, |pair| pair.server.channel.is_idle());
    assert_eq!(pair.client.numbers, (0..pushed).collect::<Vec<_>>());
}

#[test]
fn rc5_more_than_the_way_can_carry_is_refused_and_what_was_taken_arrives() {
    let mut pair = Pair::new(seed(), Conditions::bad(0.1));
    let (mut pushed, mut refused) = (0, 0);
    for _ in 0..600 {
        for _ in 0..20 {
            if pair.push(pushed, 200) {
                pushed += 1;
            } else {
                refused += 1;
            }
        }
        pair.step();
    }
    pair.until(600, |pair| pair.server.channel.is_idle());
    assert_eq!(pair.client.numbers.len(), pushed as usize);
    assert!(
        refused > 1_000 && pushed > 600,
        "{pushed} taken, {refused} refused"
    );
}

/// Three hundred players within 12 m who all gesture, and a hundred bodies that all move: ten times what fits.
#[test]
fn sl2_where_too_much_is_near_nobody_starves_and_the_channel_delivers() {
    const OTHERS: u32 = 300;
    const BODIES: u32 = 100;
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(0), OTHERS as usize + 1, BODIES as usize + 1);
    let way = Conditions::of(40_000, 0, 0.0);
    let client = stage.join(seed(), way, Vec3::ZERO, Box::new(Still));
    stage.seats[client].heard = Some(Vec::new());
    let mut walkers: Vec<_> = (0..OTHERS).map(|k| Walker::new(k + 1, 12.0)).collect();
    let mut play = |stage: &mut Stage| {
        stage.walk(&mut walkers, |_| Vec3::ZERO);
        for k in 0..BODIES {
            let mut body = lying(
                k + 1,
                vec3((k % 10) as f32, 0.01 * stage.tick.0 as f32, 3.0),
            );
            body.pose.asleep = false;
            stage.bodies[k as usize] = Some(body);
        }
    };
    stage.run(300, &mut play);
    let mut last = HashMap::new();
    let mut longest = 0;
    let from = stage.seats[client].heard.as_ref().unwrap().len();
    for _ in 0..300 {
        stage.step(&mut play);
        let others = stage.seats[client].client.others();
        for shown in others.players().chain(others.bodies()) {
            let (updates, since) = last.entry(shown.entity).or_insert((shown.updates, 0));
            *since = if *updates == shown.updates {
                *since + 1
            } else {
                0
            };
            *updates = shown.updates;
            longest = longest.max(*since);
        }
    }
    assert_eq!(last.len(), (OTHERS + BODIES) as usize);
    println!("nobody waited longer than {longest} ticks");
    // All are told in turn; with the seven widest of them in a hundred bytes that is 1.3 s for 400.
    assert!(longest < 3 * PATIENCE, "{longest} ticks");
    let heard = stage.seats[client].heard.as_ref().unwrap();
    let bytes: usize = heard[from..]
        .iter()
        .map(|(_, p)| p.len() + WIRE_BYTES)
        .sum();
    let most = SNAPSHOT_BYTES_PER_S as usize * 10 + 5_000;
    assert!(bytes <= most, "{bytes} in ten seconds");
    assert!(heard.iter().all(|(_, p)| p.len() <= MAX_PAYLOAD_BYTES));
    // A new body and a new name are known within moments all the same.
    stage.bodies[BODIES as usize] = Some(lying(BODIES + 1, vec3(0.0, 0.0, 2.0)));
    stage.players[5] = Some(stage::player(999, stage.seats[client].state));
    let mut ticks = 0;
    let is_told = |stage: &Stage| {
        let client = &stage.seats[client].client;
        let body = client.others().body(EntityId(BODIES + 1));
        body.is_some() && client.roster().of(entity(999)).is_some()
    };
    while !is_told(&stage) {
        let newcomer = stage.players[5];
        stage.step(|stage| {
            play(stage);
            stage.players[5] = newcomer;
        });
        ticks += 1;
        assert!(ticks < 10, "{ticks}");
    }
}
