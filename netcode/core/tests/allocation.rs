//! In the steady state nothing is allocated: inputs, steps, snapshots up and down for a hundred players.

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::crowd::{Crowd, PLAYERS};
use counting::{Counting, allocations};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// The only test of this binary: others would allocate beside it.
#[test]
fn al1_a_tick_of_a_hundred_players_allocates_nothing() {
    let mut crowd = Crowd::new(56.0);
    let mut entities = 0;
    let mut tick = |crowd: &mut Crowd| {
        crowd.play();
        for client in 0..PLAYERS {
            crowd.encode(client);
            crowd.decode(client);
            entities += crowd.snapshot.players.len() + crowd.snapshot.bodies.len();
        }
    };
    (0..5).for_each(|_| tick(&mut crowd));
    let before = allocations();
    (0..120).for_each(|_| tick(&mut crowd));
    assert_eq!(allocations() - before, 0);
    assert!(
        entities > 125 * PLAYERS * 30,
        "{entities}: snapshots should be full"
    );
    drop(std::hint::black_box(vec![0u8; 100]));
    assert!(allocations() > before, "the counter should count");
}
