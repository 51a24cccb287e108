//! In the steady state a client allocates nothing: a crowd's snapshots in, inputs out, everybody shown, over a network that
//! loses and delays.

mod common;
#[path = "common/counting.rs"]
mod counting;
#[path = "common/stage.rs"]
mod stage;

use common::floor_with;
use counting::{Counting, allocations};
use otherworld_core::client::Client;
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::testing::Conditions;
use stage::{Still, hear_crowd};
use std::sync::Arc;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// The only test of this binary: others would allocate beside it.
#[test]
fn al2_a_client_in_a_crowd_allocates_nothing() {
    let heard = hear_crowd(20.0, Conditions::bad(0.05), 500);
    let mut client = Client::new(Arc::new(floor_with(|_| {})));
    let mut payload = [0; MAX_PAYLOAD_BYTES];
    let (mut shown, mut before) = (0, 0);
    for (number, (now_us, bytes)) in heard.iter().enumerate() {
        if number == heard.len() / 2 {
            (shown, before) = (0, allocations());
        }
        let now = Duration::from_micros(*now_us);
        client.receive(now, bytes).unwrap();
        if client.due() <= now {
            client.tick(now, &mut Still, &mut payload);
        }
        let players = client.others().players();
        shown += players.filter(|player| player.points().is_some()).count();
    }
    assert_eq!(allocations() - before, 0);
    assert!(shown > 200 * 30, "{shown}");
    assert_eq!(client.others().players().count(), 99);
    drop(std::hint::black_box(vec![0u8; 100]));
    assert!(allocations() > before, "the counter should count");
}
