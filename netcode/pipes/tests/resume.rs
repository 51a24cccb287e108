//! Coming back: the newest connection of a seat wins, and resume tokens bring a client back from another address. Over real
//! loopback UDP; rules `[SE…]` of `netcode/spec/RULES.md`.

mod common;

use common::{Bench, Happened, KEY, Official, Ours};
use otherworld_core::message::ResumeToken;
use otherworld_pipes::{ClientState, Departure, Refusal, SeatId};
use renetcode::DisconnectReason;
use std::net::UdpSocket;
use std::time::Duration;

const SEAT: SeatId = SeatId(7);
const GRACE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(5);

/// A client in session, and the resume token that it was given there.
fn session(bench: &mut Bench) -> (Ours, ResumeToken) {
    let token = bench.token(SEAT.0);
    let mut client = Ours::connect(bench, &token[..]);
    bench.until("a session", |bench| client.is_connected(bench.now()));
    let resume = resume_token(bench);
    bench.happened.clear();
    (client, resume)
}

fn resume_token(bench: &mut Bench) -> ResumeToken {
    let now = bench.now();
    let resume = bench.pipe.resume_token(now, SEAT, &[9; 256], GRACE);
    resume.expect("the seat has a session")
}

fn resumed(bench: &Bench, client: &Ours, token: &ResumeToken) -> Ours {
    Ours::of(client.pipe.resume(token, bench.now(), PATIENCE).unwrap())
}

fn superseded() -> Happened {
    Happened::Disconnected(SEAT, Departure::Superseded)
}

/// The request that a client sends with this token, as somebody on its way can copy it.
fn copied_request(bench: &Bench, client: &Ours, token: &ResumeToken) -> Vec<u8> {
    let mut request = vec![0];
    request.extend(b"NETCODE 1.02\0");
    request.extend(common::PROTOCOL_ID.to_le_bytes());
    request.extend(token.expires.to_le_bytes());
    request.extend(token.nonce);
    request.extend(token.sealed);
    assert_eq!(request.len(), 1078);
    assert_eq!(client.pipe.server(), bench.address());
    request
}

#[test]
fn se2_the_newest_connection_of_a_seat_wins_and_the_older_one_is_told() {
    // One place: who has a session brings the room along.
    let mut bench = Bench::at("127.0.0.1:0", 1);
    let (first, second) = (bench.token(7), bench.token(7));
    let mut older = Ours::connect(&bench, &first[..]);
    bench.until("a session", |bench| older.is_connected(bench.now()));
    let mut newer = Official::connect(&second);
    bench.until("the takeover", |_| newer.is_connected());
    assert_eq!(bench.happened[1], superseded());
    assert!(matches!(bench.happened[2], Happened::Connected(SEAT, ..)));
    assert_eq!(bench.pipe.seats().count(), 1);

    older.send(b"still me");
    bench.until("the old address is refused", |bench| {
        bench.pipe.refusals().of(Refusal::Departed) > 0
    });
    bench.until("the older client's end", |bench| {
        newer.tick();
        older.tick(bench.now());
        older.pipe.state() == ClientState::Disconnected(DisconnectReason::DisconnectedByServer)
    });
    assert!(newer.is_connected());
    assert_eq!(
        bench.happened.len(),
        3,
        "no goodbye loop: {:?}",
        bench.happened
    );
}

#[test]
fn se2_two_handshakes_for_one_seat_end_in_one_session() {
    let mut bench = Bench::new();
    let (token, second) = (bench.token(7), bench.token(7));
    let mut clients = [Official::connect(&token), Official::connect(&second)];
    bench.until("one that stays and one that is told", |bench| {
        clients.iter_mut().for_each(Official::tick);
        let states = clients.iter().map(|client| client.client.state());
        let ended = states.filter(|state| *state == netcode::ClientState::Disconnected);
        ended.count() == 1 && bench.is_connected(7)
    });
    assert_eq!(bench.pipe.seats().count(), 1);
}

#[test]
fn se2_a_newer_token_takes_over_from_the_same_address_too() {
    let mut bench = Bench::new();
    let (client, _) = session(&mut bench);
    let from = bench.pipe.address(SEAT).unwrap();
    // Its socket is closed without a word, and the next one is given the same port.
    drop(client);
    let other_seat = bench.token(8);
    let mut stranger = Official::connect_from(from.port(), &other_seat);
    stranger.knock(&mut bench, |bench| {
        bench.pipe.refusals().of(Refusal::AlreadyConnected) > 0
    });
    drop(stranger);
    let token = bench.token(7);
    let mut newer = Official::connect_from(from.port(), &token);
    bench.until("the takeover", |_| newer.is_connected());
    assert_eq!(bench.happened[0], superseded());
    assert_eq!(bench.pipe.address(SEAT), Some(from));
}

#[test]
fn se6_a_nat_that_forgot_the_port_costs_nobody_the_seat() {
    let mut bench = Bench::new();
    let (mut client, token) = session(&mut bench);
    let old = bench.pipe.address(SEAT).unwrap();
    client.pipe.rebind().unwrap();
    client.send(b"from elsewhere");
    bench.until("the new address means nothing yet", |bench| {
        bench.pipe.refusals().of(Refusal::Garbage) > 0
    });
    let mut back = resumed(&bench, &client, &token);
    bench.until("the seat is back", |bench| back.is_connected(bench.now()));
    let Happened::Connected(SEAT, from, user_data) = &bench.happened[1] else {
        panic!("{:?}", bench.happened);
    };
    assert_eq!(
        (&bench.happened[0], user_data[..] == [9; 256]),
        (&superseded(), true)
    );
    assert_ne!(from.port(), old.port());
    back.send(b"here again");
    bench.until("a payload up", |bench| {
        bench.has(&Happened::Payload(SEAT, b"here again".to_vec()))
    });
}

#[test]
fn se6_a_session_that_fell_silent_comes_back_within_the_tokens_time() {
    let mut bench = Bench::new();
    let (client, token) = session(&mut bench);
    // The session's own silence is five seconds, the grace thirty.
    bench.skipped = Duration::from_secs(34);
    bench.tick();
    assert_eq!(
        bench.happened,
        [Happened::Disconnected(SEAT, Departure::TimedOut)]
    );
    let mut back = resumed(&bench, &client, &token);
    bench.until("the seat is back", |bench| back.is_connected(bench.now()));
    let again = resume_token(&mut bench);
    bench.skipped += Duration::from_secs(36);
    bench.tick();
    let mut late = resumed(&bench, &back, &again);
    bench.until("a token that is too old", |bench| {
        late.tick(bench.now());
        bench.pipe.refusals().of(Refusal::Expired) > 0
    });
}

#[test]
fn se6_a_resume_token_is_good_for_one_session() {
    let mut bench = Bench::new();
    let (client, token) = session(&mut bench);
    let mut back = resumed(&bench, &client, &token);
    bench.until("the seat is back", |bench| back.is_connected(bench.now()));
    let mut twice = resumed(&bench, &client, &token);
    bench.until("the second use is refused", |bench| {
        back.tick(bench.now());
        twice.tick(bench.now());
        bench.pipe.refusals().of(Refusal::Replayed) >= 3
    });
    assert!(back.is_connected(bench.now()));
    assert_eq!(twice.pipe.state(), ClientState::Connecting);
}

#[test]
fn se6_who_copied_the_request_from_the_wire_ends_nobodys_session() {
    let mut bench = Bench::new();
    let (mut client, token) = session(&mut bench);
    let thief = UdpSocket::bind("127.0.0.1:0").unwrap();
    let request = copied_request(&bench, &client, &token);
    thief.send_to(&request, bench.address()).unwrap();
    let mut challenge = [0; 400];
    bench.until("the challenge", |bench| {
        client.tick(bench.now());
        thief.set_nonblocking(true).unwrap();
        thief.recv_from(&mut challenge).is_ok()
    });
    // The challenge sent back as a response, under a seal that the thief does not have.
    challenge[0] = challenge[0] & 0xf0 | 3;
    thief.send_to(&challenge[..333], bench.address()).unwrap();
    bench.until("the thief is refused", |bench| {
        client.tick(bench.now());
        bench.pipe.refusals().of(Refusal::Unauthentic) == 1
    });
    assert!(bench.happened.is_empty(), "{:?}", bench.happened);
    assert!(client.is_connected(bench.now()));
    // The copy was first and binds the token; one that was never on the wire is not bound.
    let fresh = resume_token(&mut bench);
    let mut back = resumed(&bench, &client, &fresh);
    bench.until("the owner is back", |bench| back.is_connected(bench.now()));
    thief
        .send_to(&copied_request(&bench, &back, &fresh), bench.address())
        .unwrap();
    bench.until("a copy that comes late", |bench| {
        back.tick(bench.now());
        bench.pipe.refusals().of(Refusal::Replayed) == 1
    });
}

#[test]
fn se5_after_a_kick_or_a_goodbye_no_resume_token_opens_the_door() {
    let mut bench = Bench::new();
    let (client, token) = session(&mut bench);
    let now = bench.now();
    bench.pipe.kick(now, SEAT);
    let mut back = resumed(&bench, &client, &token);
    bench.until("no seat", |bench| {
        back.tick(bench.now());
        bench.pipe.refusals().of(Refusal::NoSeat) >= 2
    });

    let (mut client, token) = session(&mut bench);
    client.pipe.disconnect(&mut client.outbox);
    bench.until("the goodbye", |bench| !bench.is_connected(SEAT.0));
    let before = bench.pipe.refusals().of(Refusal::NoSeat);
    let mut back = resumed(&bench, &client, &token);
    bench.until("no seat", |bench| {
        back.tick(bench.now());
        bench.pipe.refusals().of(Refusal::NoSeat) >= before + 2
    });
    let now = bench.now();
    let grace = Duration::ZERO;
    assert!(
        bench
            .pipe
            .resume_token(now, SEAT, &[0; 256], grace)
            .is_none(),
        "a seat without a session gets no token"
    );
}

#[test]
fn se6_another_instance_seals_no_token_for_this_one() {
    let mut bench = Bench::new();
    let (client, token) = session(&mut bench);
    let mut forged = bench.grant(SEAT.0);
    forged.expires = token.expires;
    forged.nonce = token.nonce;
    let foreign = forged.seal(&[0xee; 32]).unwrap();
    let ours = forged.seal(&KEY).unwrap();
    assert_ne!(foreign[61..1085], ours[61..1085]);
    let stolen = ResumeToken {
        sealed: foreign[61..1085].try_into().unwrap(),
        ..token
    };
    let mut back = resumed(&bench, &client, &stolen);
    bench.until("the forgery", |bench| {
        back.tick(bench.now());
        bench.pipe.refusals().of(Refusal::Forged) >= 2
    });
    assert!(bench.is_connected(SEAT.0));
}
