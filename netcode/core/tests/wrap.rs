//! The wraps: of ticks, of payloads' sequences and of the channel's offsets, on a bad network.

#[path = "common/net.rs"]
mod net;

use net::Net;
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};

#[test]
fn ticks_and_offsets_wrap_unnoticed() {
    let mut net = Net::new(seed(), Tick(u32::MAX - 100), 3);
    let client = net.join_at(Conditions::bad(0.1), u32::MAX - 5_000);
    let mut pushed = 0;
    for _ in 0..300 {
        pushed += u32::from(net.clients[client].push_number(pushed, 60));
        net.step();
    }
    net.until(300, |net| net.clients[client].server.channel.is_idle());
    assert_eq!(net.clients[client].client.numbers.len(), pushed as usize);
    assert!(net.tick.0 < 1_000, "ticks should have wrapped");
    let counters = net.clients[client].server.inputs.counters();
    assert!(counters.taken > 250, "{counters:?}");
}

#[test]
fn sequences_wrap_unnoticed() {
    let mut net = Net::new(seed(), Tick(0), 1);
    let client = net.join(Conditions::bad(0.05));
    let mut pushed = 0;
    // Forty minutes: 72,000 payloads each way, with an event now and then.
    for tick in 0..72_000 {
        if tick % 10 == 0 {
            assert!(net.clients[client].push_number(pushed, 30));
            pushed += 1;
        }
        net.step();
    }
    net.until(300, |net| net.clients[client].server.channel.is_idle());
    let heard = &net.clients[client].client.numbers;
    assert_eq!(*heard, (0..pushed).collect::<Vec<_>>());
    let missed = net.clients[client].server.inputs.counters().missed;
    assert!(missed < 20, "{missed}");
}
