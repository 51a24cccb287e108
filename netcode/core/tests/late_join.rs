//! Coming late, and coming and going: whoever joins is told everybody, and all agree on who is there in the end.

#[path = "common/net.rs"]
mod net;

use net::Net;
use otherworld_core::Tick;
use otherworld_core::testing::{Conditions, seed};

#[test]
fn ro1_who_comes_late_is_told_everybody() {
    let mut net = Net::new(seed(), Tick(0), 100);
    net.join_many(99, Conditions::bad(0.05));
    net.run(150);
    let late = net.join(Conditions::bad(0.05));
    let ticks = net.until(300, |net| net.knows_all(late));
    // 100 names are 5 KiB and a payload takes 512 bytes of them.
    assert!(ticks < 120, "{ticks}");
    net.until(300, |net| (0..100).all(|client| net.knows_all(client)));
}

#[test]
fn ro1_all_agree_after_much_coming_and_going() {
    let mut net = Net::new(seed(), Tick(0), 8);
    for k in 0..40 {
        net.join(Conditions::bad(0.2));
        if k >= 6 {
            net.remove(k - 6);
        }
        net.run(k as u32 % 5);
    }
    net.until(600, |net| (34..40).all(|client| net.knows_all(client)));
}
