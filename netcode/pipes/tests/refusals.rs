//! Every refusal over real loopback UDP, most of them brought about with the unmodified official client, each counted by
//! its own cause and by no other.

mod common;

use common::{Bench, Happened, KEY, Official, Ours};
use otherworld_pipes::token::{CONNECT_TOKEN_BYTES, Grant};
use otherworld_pipes::{Departure, Refusal, SeatId};
use std::net::UdpSocket;
use std::time::Duration;

/// Where the sealed half begins in the public token: after version, protocol id, two times and the nonce.
const PRIVATE_AT: usize = 13 + 8 + 8 + 8 + 24;

/// The client knocks with this token and is refused for this cause alone.
fn expect_refused(bench: &mut Bench, token: &[u8; CONNECT_TOKEN_BYTES], cause: Refusal) {
    let (before, total) = (
        bench.pipe.refusals().of(cause),
        bench.pipe.refusals().total(),
    );
    let mut client = Official::connect(token);
    client.knock(bench, |bench| bench.pipe.refusals().of(cause) >= before + 2);
    let refusals = bench.pipe.refusals();
    assert_eq!(
        refusals.total() - total,
        refusals.of(cause) - before,
        "other causes: {refusals:?}"
    );
    assert!(bench.happened.is_empty(), "{:?}", bench.happened);
}

fn expect_grant_refused(change: impl FnOnce(&mut Grant), cause: Refusal) {
    let mut bench = Bench::new();
    bench.pipe.offer(SeatId(7));
    let mut grant = bench.grant(7);
    change(&mut grant);
    expect_refused(&mut bench, &grant.seal(&KEY).unwrap(), cause);
}

#[test]
fn an_expired_token_is_refused() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    bench.skipped = Duration::from_secs(31);
    expect_refused(&mut bench, &token, Refusal::Expired);
}

#[test]
fn a_token_of_another_protocol_is_foreign() {
    expect_grant_refused(|grant| grant.protocol_id += 1, Refusal::Foreign);
}

#[test]
fn a_token_for_another_address_is_foreign() {
    let mut bench = Bench::new();
    bench.pipe.offer(SeatId(7));
    let elsewhere = "127.0.0.9:9".parse().unwrap();
    let grant = Grant {
        addresses: vec![elsewhere],
        ..bench.grant(7)
    };
    // The public list, which is not sealed, is changed so that the client comes here with it.
    let mut token = grant.seal(&KEY).unwrap();
    let own = Grant {
        addresses: vec![bench.address()],
        ..grant
    }
    .seal(&KEY)
    .unwrap();
    let public_at = PRIVATE_AT + 1024;
    token[public_at..].copy_from_slice(&own[public_at..]);
    expect_refused(&mut bench, &token, Refusal::Foreign);
}

#[test]
fn a_token_sealed_with_another_instances_key_is_refused() {
    let mut bench = Bench::new();
    bench.pipe.offer(SeatId(7));
    let token = bench.grant(7).seal(&[9; 32]).unwrap();
    expect_refused(&mut bench, &token, Refusal::Forged);
}

#[test]
fn a_mutated_token_is_refused_wherever_it_was_changed() {
    // The expiry, the nonce, the seat, the user data, the seal: each is under the seal.
    for at in [
        13 + 8 + 8,
        13 + 8 + 8 + 8,
        PRIVATE_AT,
        PRIVATE_AT + 500,
        PRIVATE_AT + 1023,
    ] {
        // A bench for each: clients that go say so, and their goodbyes are counted too.
        let mut bench = Bench::new();
        let mut mutated = bench.token(7);
        mutated[at] ^= 1;
        expect_refused(&mut bench, &mutated, Refusal::Forged);
    }
}

#[test]
fn a_token_for_a_seat_that_is_not_on_offer_is_refused() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    bench.pipe.withdraw(SeatId(7));
    expect_refused(&mut bench, &token, Refusal::NoSeat);
}

#[test]
fn a_token_used_from_another_address_is_a_replay() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut owner = Official::connect(&token);
    bench.until("the owner's session", |_| owner.is_connected());
    bench.happened.clear();
    expect_refused(&mut bench, &token, Refusal::Replayed);
    assert!(bench.is_connected(7));
}

#[test]
fn a_token_copied_before_its_owner_is_in_is_a_replay() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    // The owner's request only; the challenge stays unanswered.
    let mut owner = Official::connect(&token);
    owner.tick();
    bench.tick();
    expect_refused(&mut bench, &token, Refusal::Replayed);
    bench.until("the owner's session", |_| owner.is_connected());
}

#[test]
fn a_token_used_twice_from_the_same_address_is_a_replay() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Official::connect(&token);
    bench.until("a session", |_| client.is_connected());
    client.client.disconnect();
    bench.until("the goodbye", |bench| {
        bench.has(&Happened::Disconnected(SeatId(7), Departure::Left))
    });
    bench.pipe.offer(SeatId(7));
    // The official client keeps its socket: same address, same token, sequence numbers from zero again.
    client.client.connect(&token).unwrap();
    client.knock(&mut bench, |bench| {
        bench.pipe.refusals().of(Refusal::Replayed) >= 2
    });
}

#[test]
fn a_full_server_denies() {
    let mut bench = Bench::at("127.0.0.1:0", 1);
    let (token, second) = (bench.token(7), bench.token(8));
    let mut client = Official::connect(&token);
    bench.until("a session", |_| client.is_connected());
    let mut late = Official::connect(&second);
    bench.until("the denial", |_| {
        late.tick();
        late.client.state() == netcode::ClientState::ConnectionDenied
    });
    assert!(bench.pipe.refusals().of(Refusal::Full) >= 1);
}

#[test]
fn packets_that_are_no_packets_are_counted_and_harm_nobody() {
    let mut bench = Bench::new();
    let token = bench.token(7);
    let mut client = Ours::connect(&bench, &token[..]);
    bench.until("a session", |bench| client.is_connected(bench.now()));
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = bench.address();
    let requests: [&[u8]; 3] = [&[0; 1], &[0; 1078], &[0; 1400]];
    requests
        .iter()
        .for_each(|packet| assert!(stranger.send_to(packet, to).is_ok()));
    let others: [&[u8]; 4] = [&[], &[0x15], &[0xff; 1400], &[0x91; 40]];
    others
        .iter()
        .for_each(|packet| assert!(stranger.send_to(packet, to).is_ok()));
    bench.until("all seven", |bench| bench.pipe.refusals().total() >= 7);
    assert_eq!(bench.pipe.refusals().of(Refusal::Malformed), 3);
    assert_eq!(bench.pipe.refusals().of(Refusal::Garbage), 4);
    assert!(client.is_connected(bench.now()));
}

#[test]
fn a_flood_of_forged_requests_is_bounded_and_a_session_plays_on() {
    let mut bench = Bench::new();
    let (token, forged) = (bench.token(7), bench.token(8));
    let mut client = Ours::connect(&bench, &token[..]);
    bench.until("a session", |bench| client.is_connected(bench.now()));
    let mut request = [0; 1078];
    request[1..14].copy_from_slice(b"NETCODE 1.02\0");
    request[14..22].copy_from_slice(&forged[13..21]);
    request[22..30].copy_from_slice(&forged[29..37]);
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    for round in 0..100u8 {
        for _ in 0..50 {
            stranger.send_to(&request, bench.address()).unwrap();
        }
        client.send(&[round]);
        bench.tick();
        client.tick(bench.now());
    }
    bench.until("the last payload", |bench| {
        bench.has(&Happened::Payload(SeatId(7), vec![99]))
    });
    let refusals = bench.pipe.refusals();
    assert!(
        refusals.of(Refusal::RateLimited) > 0 && refusals.of(Refusal::Forged) > 0,
        "{refusals:?}"
    );
    assert_eq!(
        refusals.of(Refusal::RateLimited) + refusals.of(Refusal::Forged),
        5000
    );
    let payloads = bench
        .happened
        .iter()
        .filter(|event| matches!(event, Happened::Payload(..)))
        .count();
    assert_eq!(payloads, 100);
}
