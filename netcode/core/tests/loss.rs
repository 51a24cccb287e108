//! Loss: events come once and in order, inputs ride along, and both ends measure what the network does.

#[path = "common/net.rs"]
mod net;

use net::Net;
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};

#[test]
fn rc2_events_come_once_and_in_order_at_any_loss() {
    let seed = seed();
    for (k, loss) in [0.0, 0.05, 0.2, 0.5].into_iter().enumerate() {
        let mut net = Net::new(seed.wrapping_add(1_000 * k as u64), Tick(0), 1);
        let client = net.join(Conditions::bad(loss));
        let mut pushed = 0;
        for _ in 0..900 {
            let length = 4 + pushed as usize * 37 % 200;
            pushed += u32::from(net.clients[client].push_number(pushed, length));
            net.step();
        }
        net.until(900, |net| net.clients[client].server.channel.is_idle());
        let heard = &net.clients[client].client.numbers;
        assert_eq!(*heard, (0..pushed).collect::<Vec<_>>());
        // With every other payload lost the window may fill; with every fifth it does not.
        assert!(pushed == 900 || loss > 0.2, "{pushed} at {loss}");
    }
}

#[test]
fn rc2_at_5_percent_an_event_is_late_by_a_resend_at_most() {
    let mut net = Net::new(seed(), Tick(0), 1);
    let client = net.join(Conditions::bad(0.05));
    let mut waits = Vec::new();
    for number in 0..300 {
        assert!(net.clients[client].push_number(number, 20));
        waits.push(net.until(90, |net| {
            net.clients[client].client.numbers.last() == Some(&number)
        }));
    }
    waits.sort_unstable();
    // 40 ms and up to 30 more are two or three ticks; one resend adds the round trip and four deviations.
    assert!(waits[150] <= 4, "median {}", waits[150]);
    assert!(waits[285] <= 14, "p95 {}", waits[285]);
}

#[test]
fn lk7_both_ends_measure_the_network() {
    let mut net = Net::new(seed(), Tick(0), 1);
    let client = net.join(Conditions {
        loss: 0.2,
        delay_us: 40_000,
        ..Conditions::default()
    });
    let (mut loss, mut samples) = (0.0, 0.0f32);
    net.run(300);
    for _ in 0..1_500 {
        net.step();
        loss += net.clients[client].server.link.loss();
        samples += 1.0;
    }
    let loss = loss / samples;
    assert!((0.15..0.25).contains(&loss), "{loss}");
    let rtt_us = net.clients[client].server.link.rtt_us().unwrap();
    assert!((80_000..180_000).contains(&rtt_us), "{rtt_us}");
}

#[test]
fn in1_inputs_that_ride_along_survive_loss() {
    let mut net = Net::new(seed(), Tick(0), 1);
    let client = net.join(Conditions::bad(0.05));
    net.run(60);
    let before = net.clients[client].server.inputs.counters();
    net.run(900);
    let counters = net.clients[client].server.inputs.counters();
    // Eight payloads in a row would have to get lost: 0.05^8 for each tick.
    assert_eq!(counters.missed, before.missed, "{counters:?}");
}
