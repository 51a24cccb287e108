//! Coming back with a new connection: events go on from the last one that was acknowledged, none lost, none twice.

#[path = "common/net.rs"]
mod net;

use net::Net;
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};

#[test]
fn rc7_events_go_on_over_many_connections() {
    let mut net = Net::new(seed(), Tick(0), 1);
    let client = net.join(Conditions::bad(0.1));
    let mut pushed = 0;
    for tick in 0..900 {
        pushed += u32::from(net.clients[client].push_number(pushed, 100));
        if tick % 100 == 99 {
            net.clients[client].reconnect();
        }
        net.step();
    }
    net.until(300, |net| net.clients[client].server.channel.is_idle());
    let heard = &net.clients[client].client.numbers;
    assert_eq!(*heard, (0..pushed).collect::<Vec<_>>());
    assert!(pushed > 800, "{pushed}");
}

#[test]
fn rc7_what_happened_in_ten_silent_seconds_is_told_after_them() {
    let mut net = Net::new(seed(), Tick(0), 8);
    let client = net.join(Conditions::bad(0.05));
    let leaver = net.join(Conditions::bad(0.05));
    net.until(300, |net| net.knows_all(client));
    net.clients[client].down.conditions.loss = 1.0;
    net.clients[client].up.conditions.loss = 1.0;
    net.run(100);
    net.remove(leaver);
    net.join_many(4, Conditions::bad(0.05));
    net.run(200);
    assert!(!net.knows_all(client));
    net.clients[client].reconnect();
    net.clients[client].down.conditions.loss = 0.05;
    net.clients[client].up.conditions.loss = 0.05;
    let ticks = net.until(150, |net| net.knows_all(client));
    assert!(ticks > 0);
    assert!(net.clients[client].client.welcome.is_some());
}
