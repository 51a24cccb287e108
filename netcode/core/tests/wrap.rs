//! The wraps: of ticks, of payloads' sequences and of the channel's offsets, on a bad network.

mod common;
#[path = "common/pair.rs"]
mod pair;
#[path = "common/stage.rs"]
mod stage;

use common::floor_with;
use otherworld_core::testing::{Conditions, seed};
use otherworld_core::{Tick, Vec3};
use pair::Pair;
use stage::{Stage, Still, lying};
use std::sync::Arc;

#[test]
fn the_channels_offsets_wrap_unnoticed() {
    let mut pair = Pair::starting_at(seed(), Conditions::bad(0.1), u32::MAX - 5_000);
    let mut pushed = 0;
    for _ in 0..300 {
        pushed += u32::from(pair.push(pushed, 60));
        pair.step();
    }
    pair.until(300, |pair| pair.server.channel.is_idle());
    assert_eq!(pair.client.numbers, (0..pushed).collect::<Vec<_>>());
    assert!(pushed > 100, "{pushed}");
}

#[test]
fn ticks_wrap_unnoticed() {
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(u32::MAX - 200), 3, 2);
    stage.join_walkers(2, 10.0, seed(), Conditions::bad(0.05));
    stage.bodies[0] = Some(lying(1, Vec3::ZERO));
    stage.run(150, |_| {});
    for seat in &mut stage.seats {
        seat.client.take_counts();
    }
    stage.run(300, |_| {});
    assert!(stage.tick.0 < 1_000, "ticks should have wrapped");
    for seat in &mut stage.seats {
        let counts = seat.client.take_counts();
        // Of 300; one in twenty is lost, some are overtaken.
        assert!(counts.snapshots > 250, "{counts:?}");
        assert_eq!(counts.corrections.count, 0, "{counts:?}");
        assert!(counts.missed_inputs < 15, "{counts:?}");
    }
    assert!(stage.knows_all(0) && stage.knows_all(1));
}

#[test]
fn sequences_wrap_unnoticed() {
    let world = Arc::new(floor_with(|_| {}));
    let mut stage = Stage::new(world, Tick(0), 2, 1);
    let client = stage.join(seed(), Conditions::bad(0.05), Vec3::ZERO, Box::new(Still));
    // Forty minutes: 72,000 payloads each way, with a body that comes and goes now and then.
    let mut kept = 0;
    for round in 0..720 {
        stage.bodies[0] = (round % 2 == 0).then(|| lying(round + 1, Vec3::ZERO));
        stage.run(100, |_| {});
        kept += u32::from(stage.knows_all(client));
    }
    let counts = stage.seats[client].client.take_counts();
    assert!(counts.snapshots > 65_000, "{counts:?}");
    assert_eq!((counts.unreadable, counts.unknown), (0, 0), "{counts:?}");
    assert_eq!(kept, 720);
}
