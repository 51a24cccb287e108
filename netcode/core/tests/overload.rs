//! Overload: a window that is full refuses, keeps what it has, and goes on when it is heard again.

#[path = "common/net.rs"]
mod net;

use net::Net;
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};

#[test]
fn rc5_a_client_that_hears_nothing_costs_a_full_window_and_no_more() {
    let mut net = Net::new(seed(), Tick(0), 2);
    let client = net.join(Conditions::bad(0.0));
    net.until(60, |net| net.knows_all(client));
    net.clients[client].down.conditions.loss = 1.0;
    let mut pushed = 0;
    for _ in 0..600 {
        while net.clients[client].push_number(pushed, 300) {
            pushed += 1;
        }
        net.step();
    }
    // Somebody comes meanwhile, for whom there is no room.
    net.join(Conditions::bad(0.0));
    net.run(30);
    assert!((40..60).contains(&pushed), "{pushed}");
    assert!(net.clients[client].client.numbers.is_empty());
    net.clients[client].down.conditions.loss = 0.0;
    net.until(300, |net| net.knows_all(client));
    let heard = &net.clients[client].client.numbers;
    assert_eq!(*heard, (0..pushed).collect::<Vec<_>>());
}

#[test]
fn rc5_more_than_the_way_can_carry_is_refused_and_what_was_taken_arrives() {
    let mut net = Net::new(seed(), Tick(0), 1);
    let client = net.join(Conditions::bad(0.1));
    let (mut pushed, mut refused) = (0, 0);
    for _ in 0..600 {
        for _ in 0..10 {
            if net.clients[client].push_number(pushed, 200) {
                pushed += 1;
            } else {
                refused += 1;
            }
        }
        net.step();
    }
    net.until(600, |net| net.clients[client].server.channel.is_idle());
    assert_eq!(net.clients[client].client.numbers.len(), pushed as usize);
    assert!(
        refused > 1_000 && pushed > 600,
        "{pushed} taken, {refused} refused"
    );
}
