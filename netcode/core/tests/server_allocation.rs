//! In the steady state the server's half of a session allocates nothing: payloads of a client in, its inputs out, and
//! snapshots of a crowd with bodies that move, come and go.

mod common;
#[path = "common/counting.rs"]
mod counting;
#[path = "common/stage.rs"]
mod stage;

use common::floor_with;
use counting::{Counting, allocations};
use otherworld_core::Tick;
use otherworld_core::client::Client;
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::server::{Body, Player, Scene, Session};
use otherworld_core::snapshot::Encoder;
use otherworld_core::step::State;
use otherworld_core::tick::TICK_US;
use otherworld_core::vec3::vec3;
use stage::{Still, data, lying, player, wave};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PLAYERS: usize = 100;
const BODIES: usize = 200;

fn players(tick: Tick) -> Vec<Option<Player>> {
    let at = |k: usize| State::at(vec3((k % 10) as f32, 0.0, (k / 10) as f32));
    let gesture = |k: usize| {
        let mut player = player(k, at(k));
        player.shown.tracked = Some(wave(tick, k));
        Some(player)
    };
    (0..PLAYERS).map(gesture).collect()
}

/// One is another one every second; a quarter of them move.
fn bodies(tick: Tick) -> Vec<Option<Body>> {
    let body = |k: usize| {
        let second = if k == 7 { tick.0 / 30 * 1_000 } else { 0 };
        let x = (k % 20) as f32 + 0.01 * (tick.0 % 600) as f32;
        let mut body = lying(k as u32 + 1 + second, vec3(x, 0.0, (k / 20) as f32));
        body.pose.asleep = !k.is_multiple_of(4);
        Some(body)
    };
    (0..BODIES).map(body).collect()
}

// The only test of this binary: others would allocate beside it.
#[test]
fn al1_a_session_in_a_crowd_allocates_nothing() {
    let world = Arc::new(floor_with(|_| {}));
    let mut session = Session::new(&data(0), Tick(0), PLAYERS, BODIES);
    let mut client = Client::new(Arc::clone(&world));
    let mut encoder = Encoder::new(PLAYERS, BODIES);
    let (mut down, mut up) = ([0; MAX_PAYLOAD_BYTES], [0; MAX_PAYLOAD_BYTES]);
    let mut allocated = 0;
    for tick in (0..600).map(Tick) {
        let now_us = 1_000_000 + u64::from(tick.0) * u64::from(TICK_US);
        let now = Duration::from_micros(now_us);
        let length = client.tick(now, &mut Still, &mut up);
        let (players, bodies) = (players(tick), bodies(tick));
        let scene = Scene {
            tick,
            world_hash: world.hash(),
            players: &players,
            bodies: &bodies,
        };
        let before = allocations();
        session.receive(now_us, 0, &up[..length]).unwrap();
        black_box(session.take_input());
        encoder.begin(
            tick,
            |k| players[k].map(|player| player.shown),
            |k| bodies[k].map(|body| body.pose),
        );
        let written = session.write_payload(now_us, 0, &scene, &mut encoder, &mut down);
        if tick.0 >= 200 {
            allocated += allocations() - before;
        }
        client.receive(now, &down[..written.unwrap()]).unwrap();
    }
    assert_eq!(allocated, 0);
    assert_eq!(client.others().bodies().count(), BODIES);
    assert_eq!(client.roster().entries().len(), PLAYERS);
    assert!(session.inputs().taken > 500);
    let before = allocations();
    drop(black_box(vec![0u8; 100]));
    assert!(allocations() > before, "the counter should count");
}
