//! Joining: the welcome and everybody's name arrive, once, on good and bad networks; and so does the goodbye.

#[path = "common/net.rs"]
mod net;

use net::Net;
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};

#[test]
fn a_join_on_a_good_network_takes_one_way() {
    let mut net = Net::new(seed(), Tick(0), 4);
    let delay = Conditions {
        delay_us: 20_000,
        ..Conditions::default()
    };
    net.join(delay);
    net.join(delay);
    let ticks = net.until(10, |net| net.knows_all(0) && net.knows_all(1));
    assert!(ticks <= 2, "{ticks}");
    let welcome = net.clients[0].client.welcome.unwrap();
    assert_eq!(
        (welcome.tick, welcome.entity),
        (Tick(0), net.clients[0].entity)
    );
}

#[test]
fn rc1_a_join_on_a_bad_network_loses_nothing() {
    let seed = seed();
    for (k, loss) in [0.05, 0.2, 0.5].into_iter().enumerate() {
        let mut net = Net::new(seed.wrapping_add(1_000 * k as u64), Tick(0), 10);
        net.join_many(10, Conditions::bad(loss));
        net.until(600, |net| (0..10).all(|client| net.knows_all(client)));
        net.until(600, |net| {
            net.clients
                .iter()
                .all(|client| client.server.channel.is_idle())
        });
    }
}

#[test]
fn rc1_a_goodbye_comes_last_and_is_known_to_have_come() {
    let mut net = Net::new(seed(), Tick(0), 4);
    let client = net.join(Conditions::bad(0.3));
    net.until(600, |net| net.knows_all(client));
    net.clients[client].server.say_goodbye();
    net.remove(client);
    net.until(600, |net| net.clients[client].server.channel.is_idle());
    let goodbye = net.clients[client].client.goodbye.unwrap();
    assert_eq!(goodbye.reason.as_str(), "be kind");
}
