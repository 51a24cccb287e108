//! Sessions over real loopback UDP: the unmodified netcode-official client, and our own on renetcode.

mod common;

use common::{Bench, Happened, Official, Ours};
use netcode::ClientState as OfficialState;
use otherworld_pipes::{ClientState, Departure, Refusal, SeatId, SendError};
use renetcode::DisconnectReason;
use std::time::Duration;

fn official_session(address: &str) {
    let mut bench = Bench::at(address, 4);
    let token = bench.token(7);
    let mut client = Official::connect(&token);
    bench.until("the official client's session", |_| client.is_connected());
    let Some(Happened::Connected(SeatId(7), from, user_data)) = bench.happened.first().cloned()
    else {
        panic!("{:?}", bench.happened);
    };
    assert_eq!(from.ip(), bench.address().ip());
    assert_eq!(user_data[..3], [1, 0, 3]);

    let up: Vec<u8> = (0..1200).map(|i| i as u8).collect();
    client.client.send_packet(&up).unwrap();
    bench.until("a payload up", |bench| {
        client.tick();
        bench.has(&Happened::Payload(SeatId(7), up.clone()))
    });
    let now = bench.now();
    bench.pipe.send(now, SeatId(7), &up).unwrap();
    bench.pipe.send(now, SeatId(7), b"x").unwrap();
    let mut received = Vec::new();
    bench.until("two payloads down", |_| {
        client.tick();
        received.extend(
            std::iter::from_fn(|| client.client.receive_packet()).map(|(payload, _)| payload),
        );
        received.len() == 2
    });
    assert_eq!(received, [up, b"x".to_vec()]);

    client.client.disconnect();
    bench.until("the goodbye", |bench| {
        bench.has(&Happened::Disconnected(SeatId(7), Departure::Left))
    });
    assert!(!bench.is_connected(7));
}

#[test]
fn an_unmodified_official_client_plays_over_ipv4() {
    official_session("127.0.0.1:0");
}

#[test]
fn an_unmodified_official_client_plays_over_ipv6() {
    official_session("[::1]:0");
}

#[test]
fn our_client_plays_over_ipv4_and_ipv6() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let mut bench = Bench::at(address, 4);
        let token = bench.token(9);
        let mut client = Ours::connect(&bench, &token[..]);
        bench.until("our client's session", |bench| {
            client.is_connected(bench.now())
        });
        client.send(b"up");
        bench.until("a payload up", |bench| {
            bench.has(&Happened::Payload(SeatId(9), b"up".to_vec()))
        });
        let now = bench.now();
        bench.pipe.send(now, SeatId(9), b"down").unwrap();
        bench.until("a payload down", |bench| {
            client.tick(bench.now());
            client.received == [b"down".to_vec()]
        });
        assert_eq!(
            bench.pipe.refusals().total(),
            0,
            "{:?}",
            bench.pipe.refusals()
        );
    }
}

#[test]
fn a_payload_sent_at_once_reaches_a_client_that_still_waits_for_its_keep_alive() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Official::connect(&token);
    bench.until("the server's side of the session", |bench| {
        if bench.is_connected(7) {
            return true;
        }
        client.tick();
        false
    });
    let now = bench.now();
    bench.pipe.send(now, SeatId(7), b"welcome").unwrap();
    bench.pipe.flush();
    let mut received = None;
    bench.until("the first payload", |_| {
        client.tick();
        received = client.client.receive_packet();
        received.is_some()
    });
    assert_eq!(received.unwrap().0, b"welcome");
}

#[test]
fn a_kick_reaches_the_client_after_what_was_sent_before_it() {
    let mut bench = Bench::new();
    let (token, other) = (bench.token(7), bench.token(8));
    let mut ours = Ours::connect(&bench, &token[..]);
    let mut official = Official::connect(&other);
    bench.until("two sessions", |bench| {
        ours.is_connected(bench.now()) & official.is_connected()
    });
    let now = bench.now();
    bench.pipe.send(now, SeatId(7), b"because").unwrap();
    for seat in [SeatId(7), SeatId(8)] {
        assert!(bench.pipe.kick(now, seat));
        assert!(!bench.pipe.kick(now, seat), "there is nobody left to kick");
        assert_eq!(bench.pipe.send(now, seat, b"x"), Err(SendError::NoSession));
    }
    bench.until("the clients' end", |bench| {
        official.tick();
        ours.tick(bench.now());
        official.client.state() == OfficialState::Disconnected
            && ours.pipe.state()
                == ClientState::Disconnected(DisconnectReason::DisconnectedByServer)
    });
    assert_eq!(ours.received, [b"because".to_vec()]);
}

#[test]
fn silence_ends_a_session_after_its_timeout_and_not_before() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Official::connect(&token);
    bench.until("a session", |_| client.is_connected());
    // From here the client is not driven; the token says five seconds.
    bench.skipped = Duration::from_secs(4);
    bench.tick();
    assert!(bench.is_connected(7));
    bench.skipped = Duration::from_secs(6);
    bench.tick();
    assert!(bench.has(&Happened::Disconnected(SeatId(7), Departure::TimedOut)));
    // Its own clock ends it: a server that gave up says nothing, so that only silence makes a client come back.
    client.tick();
    assert_eq!(client.client.state(), OfficialState::Connected);
}

#[test]
fn idle_sessions_are_kept_alive_both_ways() {
    let mut bench = Bench::new();
    let (token, other) = (bench.token(7), bench.token(8));
    let mut official = Official::connect(&token);
    let mut ours = Ours::connect(&bench, &other[..]);
    bench.until("two sessions", |bench| {
        official.is_connected() & ours.is_connected(bench.now())
    });
    let end = bench.now() + Duration::from_secs(6);
    // Longer than the timeout of five seconds.
    bench.until("six seconds", |bench| {
        official.tick();
        ours.tick(bench.now());
        bench.now() > end
    });
    assert!(official.is_connected());
    assert_eq!(ours.pipe.state(), ClientState::Connected);
    assert_eq!(bench.pipe.seats().count(), 2);
}

#[test]
fn our_client_names_why_it_ended() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Ours::connect(&bench, &token[..]);
    bench.until("a session", |bench| client.is_connected(bench.now()));
    let now = bench.now();
    bench.pipe.kick(now, SeatId(7));
    bench.until("the client's end", |bench| {
        client.tick(bench.now());
        client.pipe.state() == ClientState::Disconnected(DisconnectReason::DisconnectedByServer)
    });

    let mut grant = bench.grant(8);
    grant.timeout_seconds = 1;
    let mut client = Ours::connect(&bench, &grant.seal(&common::KEY).unwrap()[..]);
    bench.until("the client's patience", |bench| {
        client.tick(bench.now());
        client.pipe.state()
            == ClientState::Disconnected(DisconnectReason::ConnectionRequestTimedOut)
    });
}

#[test]
fn our_client_goes_on_to_the_second_address() {
    let mut bench = Bench::new();
    bench.pipe.offer(SeatId(7));
    let mut grant = bench.grant(7);
    grant.timeout_seconds = 1;
    // Nobody answers there; the mixed families need one socket that speaks both.
    grant.addresses.insert(0, "[::1]:9".parse().unwrap());
    let mut client = Ours::connect(&bench, &grant.seal(&common::KEY).unwrap()[..]);
    bench.until("a session at the second address", |bench| {
        client.is_connected(bench.now())
    });
    assert_eq!(client.pipe.server(), bench.address());
}

#[test]
fn the_other_copies_of_a_goodbye_are_not_garbage() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Official::connect(&token);
    bench.until("a session", |_| client.is_connected());
    client.client.disconnect();
    bench.until("ten goodbyes", |bench| bench.pipe.refusals().total() == 9);
    assert_eq!(bench.pipe.refusals().of(Refusal::Departed), 9);
}

#[test]
fn our_client_leaves_politely() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Ours::connect(&bench, &token[..]);
    bench.until("a session", |bench| client.is_connected(bench.now()));
    client.pipe.disconnect(&mut client.outbox);
    bench.until("the goodbye", |bench| {
        bench.has(&Happened::Disconnected(SeatId(7), Departure::Left))
    });
}
