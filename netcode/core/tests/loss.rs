//! Loss: events come once and in order, inputs ride along, and both ends measure what the network does.

mod common;
#[path = "common/pair.rs"]
mod pair;
#[path = "common/stage.rs"]
mod stage;

use common::{Walker, floor_with};
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};
use pair::Pair;
use stage::{Stage, Wanderer};
use std::sync::Arc;

#[test]
fn rc2_events_come_once_and_in_order_at_any_loss() {
    let seed = seed();
    for (k, loss) in [0.0, 0.05, 0.2, 0.5].into_iter().enumerate() {
        let mut pair = Pair::new(seed.wrapping_add(1_000 * k as u64), Conditions::bad(loss));
        let mut pushed = 0;
        for _ in 0..900 {
            let length = 4 + pushed as usize * 37 % 200;
            pushed += u32::from(pair.push(pushed, length));
            pair.step();
        }
        pair.until(900, |pair| pair.server.channel.is_idle());
        assert_eq!(pair.client.numbers, (0..pushed).collect::<Vec<_>>());
        // With every other payload lost the window may fill; with every fifth it does not.
        assert!(pushed == 900 || loss > 0.2, "{pushed} at {loss}");
    }
}

#[test]
fn rc2_at_5_percent_an_event_is_late_by_a_resend_at_most() {
    let mut pair = Pair::new(seed(), Conditions::bad(0.05));
    let mut waits = Vec::new();
    for number in 0..300 {
        assert!(pair.push(number, 20));
        waits.push(pair.until(90, |pair| pair.client.numbers.last() == Some(&number)));
    }
    waits.sort_unstable();
    // 40 ms and up to 30 more are two or three ticks; one resend adds the round trip and four deviations.
    assert!(waits[150] <= 4, "median {}", waits[150]);
    assert!(waits[285] <= 14, "p95 {}", waits[285]);
}

/// Somebody who walks about alone.
fn alone(conditions: Conditions) -> Stage {
    let mut stage = Stage::new(Arc::new(floor_with(|_| {})), Tick(0), 1, 0);
    let walker = Walker::new(7, 20.0);
    let at = walker.state.position;
    stage.join(seed(), conditions, at, Wanderer::with(walker));
    stage
}

#[test]
fn lk7_both_ends_measure_the_network() {
    let mut stage = alone(Conditions::of(40_000, 30_000, 0.2));
    stage.run(300, |_| {});
    let (mut losses, samples) = ([0.0; 2], 1_500);
    for _ in 0..samples {
        stage.step(|_| {});
        let seat = &stage.seats[0];
        losses[0] += seat.session.quality().loss / samples as f32;
        losses[1] += seat.client.link().quality().loss / samples as f32;
    }
    assert!(
        losses.iter().all(|loss| (0.15..0.25).contains(loss)),
        "{losses:?}"
    );
    let seat = &stage.seats[0];
    for quality in [seat.session.quality(), seat.client.link().quality()] {
        // 80 ms and twice up to 30 more, and a wait for the other end's next payload.
        let rtt_us = quality.rtt_us.unwrap();
        assert!((90_000..170_000).contains(&rtt_us), "{quality:?}");
        let jitter_us = quality.jitter_us.unwrap();
        assert!((3_000..40_000).contains(&jitter_us), "{quality:?}");
    }
}

#[test]
fn in1_inputs_that_ride_along_survive_loss() {
    let mut stage = alone(Conditions::bad(0.05));
    stage.run(300, |_| {});
    let before = stage.seats[0].session.inputs();
    stage.run(3_000, |_| {});
    let after = stage.seats[0].session.inputs();
    // One in twenty would be missed if they did not; what is missed came late, being overtaken.
    let missed = after.missed - before.missed;
    assert!(missed < 20, "{missed} of 3,000");
    assert_eq!(after.taken - before.taken + missed, 3_000);
}
