//! Prediction: real clients walk in a world with everything that is hard, over a bad network.

mod common;
#[path = "common/stage.rs"]
mod stage;

use common::plaza;
use otherworld_core::client::Counts;
use otherworld_core::step::{Measured, State, reconcile};
use otherworld_core::testing::{Conditions, seed};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_core::{Tick, Vec3};
use stage::Stage;
use std::sync::Arc;
use std::time::Duration;

const CLIENTS: usize = 6;

fn crowd(conditions: Conditions, first: Tick) -> Stage {
    let world = Arc::new(World::build(&plaza()).unwrap());
    let mut stage = Stage::new(world, first, CLIENTS, 0);
    stage.join_walkers(CLIENTS as u32, 50.0, seed(), conditions);
    stage
}

fn counts(stage: &mut Stage) -> Vec<Counts> {
    let seats = stage.seats.iter_mut();
    seats.map(|seat| seat.client.take_counts()).collect()
}

fn bad(loss: f64) -> Conditions {
    Conditions::of(40_000, 30_000, loss)
}

#[test]
fn pr2_on_static_geometry_nothing_is_ever_corrected() {
    for (name, conditions, minutes, most_missed) in [
        ("steady", bad(0.0), 1, 0.002),
        ("loss 5 %", bad(0.05), 10, 0.005),
        ("loss 20 %", bad(0.2), 1, 0.01),
        ("all of it", Conditions::bad(0.05), 2, 0.006),
    ] {
        let mut stage = crowd(conditions, Tick(u32::MAX - 1_000));
        (0..300).for_each(|_| stage.step(|_| {}));
        counts(&mut stage);
        let ticks = minutes * 1_800;
        (0..ticks).for_each(|_| stage.step(|_| {}));
        let (mut missed, mut worst_mm) = (0, 0.0f32);
        for counts in counts(&mut stage) {
            assert_eq!(counts.corrections.count, 0, "{name}: {counts:?}");
            assert_eq!(counts.contact_corrections.count, 0, "{name}: {counts:?}");
            assert_eq!((counts.relocations, counts.unreadable), (0, 0), "{name}");
            missed += counts.missed_inputs;
            worst_mm = worst_mm.max(counts.missed_corrections.max_mm);
        }
        let share = f64::from(missed) / f64::from(ticks * CLIENTS as u32);
        println!(
            "{name}: {:.2} % missed, worst correction {worst_mm:.0} mm",
            share * 1e2
        );
        assert!(share < most_missed, "{name}: {share}");
    }
}

#[test]
fn pr2_a_push_is_told_from_a_missed_input_and_from_a_mistake() {
    let mut stage = crowd(bad(0.0), Tick(0));
    (0..200).for_each(|_| stage.step(|_| {}));
    counts(&mut stage);
    for tick in 0..600 {
        stage.step(|stage| {
            let world = Arc::clone(&stage.world);
            if tick % 40 == 0 {
                // As a crate would.
                let state = &mut stage.seats[0].state;
                let push = vec3(0.15, 0.0, 0.1);
                let measured = Measured {
                    position: state.position + push,
                    velocity: state.velocity + push * 10.0,
                    previous: state.position,
                };
                *state = reconcile(state, &measured, &world).0;
            }
            if tick % 150 == 0 {
                stage.seats[1].state = State::at(vec3(-20.0, 3.0, -20.0));
                show(stage, 1);
            }
            if tick % 50 == 0 {
                // A server whose step is another one.
                stage.seats[2].state.position += vec3(0.01, 0.0, 0.0);
            }
            (0..3).for_each(|slot| show(stage, slot));
        });
    }
    let counts = counts(&mut stage);
    assert!(counts[0].contact_corrections.count >= 10, "{:?}", counts[0]);
    assert_eq!(counts[0].corrections.count, 0, "{:?}", counts[0]);
    assert!(counts[1].relocations >= 3, "{:?}", counts[1]);
    assert_eq!(counts[1].corrections.count, 0, "{:?}", counts[1]);
    assert!(counts[2].corrections.count >= 10, "{:?}", counts[2]);
    assert!((9.0..11.0).contains(&counts[2].corrections.max_mm));
}

fn show(stage: &mut Stage, slot: usize) {
    let state = stage.seats[slot].state;
    stage.players[slot] = Some(stage::player(slot, state));
}

#[test]
fn vw8_a_push_is_not_seen_as_a_jump() {
    let mut stage = crowd(bad(0.0), Tick(0));
    (0..200).for_each(|_| stage.step(|_| {}));
    let (mut last, mut fastest, mut corrected) = (None::<Vec3>, 0.0f32, 0.0f32);
    for tick in 0..600 {
        stage.step(|stage| {
            if tick % 60 == 0 {
                stage.seats[0].state.position += vec3(0.4, 0.0, 0.0);
                show(stage, 0);
            }
        });
        // Between two ticks the clock says where; here once a tick, as a slow screen would.
        let client = &mut stage.seats[0].client;
        client.show(Duration::from_micros(stage.now_us));
        let shown = client.view().unwrap().shown;
        if let Some(last) = last.replace(shown) {
            fastest = fastest.max((shown - last).horizontal_length());
        }
        corrected = corrected.max(client.take_counts().corrections.max_mm);
    }
    assert!(corrected > 390.0, "{corrected}");
    // Running makes 0.2 m a tick; of 0.4 m not a third comes within the first one.
    assert!(fastest < 0.2 + 0.15, "{fastest} m in a tick");
}

#[test]
fn pr3_while_a_connection_is_away_the_inputs_are_missed_and_nothing_else() {
    let mut stage = crowd(bad(0.0), Tick(0));
    (0..200).for_each(|_| stage.step(|_| {}));
    counts(&mut stage);
    for ticks in [20, 60, 300] {
        for seat in &mut stage.seats {
            (seat.up.conditions.loss, seat.down.conditions.loss) = (1.0, 1.0);
        }
        (0..ticks).for_each(|_| stage.step(|_| {}));
        for seat in &mut stage.seats {
            (seat.up.conditions, seat.down.conditions) = (bad(0.0), bad(0.0));
        }
        (0..150).for_each(|_| stage.step(|_| {}));
        for counts in counts(&mut stage) {
            assert_eq!(counts.corrections.count, 0, "{counts:?}");
            assert!(counts.missed_inputs > 0, "{counts:?}");
        }
        // And then all is as before.
        (0..100).for_each(|_| stage.step(|_| {}));
        for counts in counts(&mut stage) {
            assert!(counts.missed_corrections.count < 3, "{counts:?}");
        }
        let seats = stage.seats.iter();
        for seat in seats {
            let view = seat.client.view().unwrap();
            let off: Vec3 = view.state.position - seat.state.position;
            assert!(off.length() < 1.5, "{off:?}");
        }
    }
}
