//! What a datagram costs: sealing and opening alone by three implementations, then a whole server with a hundred clients
//! at 30 Hz over loopback UDP.
//!
//! `cargo bench -p otherworld-pipes` (the whole server takes ten seconds; times are of the server's thread alone).

use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit};
use otherworld_pipes::netcode::packet::{self, Kind};
use otherworld_pipes::netcode::{Cipher, Limits, MAX_PACKET_BYTES};
use otherworld_pipes::token::Grant;
use otherworld_pipes::udp::{Inbox, Outbox};
use otherworld_pipes::{ClientPipe, Config, Event, SeatId, ServerPipe, UnixClock};
use renetcode::{
    ClientAuthentication, NetcodeClient, NetcodeServer, ServerAuthentication, ServerConfig,
    ServerResult,
};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

const KEY: [u8; 32] = [7; 32];
const CLIENTS: u64 = 100;
const UP: [u8; 60] = [3; 60];
const DOWN: [u8; 1000] = [3; 1000];
const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / 30);
const TICKS: u32 = 300;

fn main() {
    println!("seal and open, one after the other, in µs      60 B   1000 B");
    row("ring alone", ring_alone);
    row("the crate chacha20poly1305 alone", rust_crypto_alone);
    row("our packets", ours);
    row(
        "renetcode, server to one of 100 and back",
        renetcode_of_a_hundred,
    );
    whole_server();
}

fn row(name: &str, cost: impl Fn(&[u8]) -> f64) {
    println!("{name:<44} {:>7.2} {:>8.2}", cost(&UP), cost(&DOWN));
}

/// The best of five runs: what else the machine does only adds.
fn time(mut work: impl FnMut(u64)) -> f64 {
    const ROUNDS: u64 = 20_000;
    let run = |work: &mut dyn FnMut(u64)| {
        let start = Instant::now();
        (0..ROUNDS).for_each(work);
        start.elapsed().as_secs_f64() * 1e6 / ROUNDS as f64
    };
    (0..5).map(|_| run(&mut work)).fold(f64::MAX, f64::min)
}

fn ring_alone(payload: &[u8]) -> f64 {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &KEY).expect("a key"));
    let mut buffer = [0; MAX_PACKET_BYTES];
    let nonce = |sequence: u64| {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&sequence.to_le_bytes());
        Nonce::assume_unique_for_key(nonce)
    };
    time(|sequence| {
        buffer[..payload.len()].copy_from_slice(payload);
        let body = &mut buffer[..payload.len()];
        let tag = key
            .seal_in_place_separate_tag(nonce(sequence), Aad::from(&[0; 22]), body)
            .expect("sealed");
        let end = payload.len() + 16;
        buffer[payload.len()..end].copy_from_slice(tag.as_ref());
        let opened = key
            .open_in_place(nonce(sequence), Aad::from(&[0; 22]), &mut buffer[..end])
            .expect("opened");
        black_box(opened);
    })
}

fn rust_crypto_alone(payload: &[u8]) -> f64 {
    let cipher = ChaCha20Poly1305::new(&KEY.into());
    let mut buffer = [0; MAX_PACKET_BYTES];
    time(|sequence| {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&sequence.to_le_bytes());
        buffer[..payload.len()].copy_from_slice(payload);
        let body = &mut buffer[..payload.len()];
        let tag = cipher
            .encrypt_in_place_detached(&nonce.into(), &[0; 22], body)
            .expect("sealed");
        cipher
            .decrypt_in_place_detached(&nonce.into(), &[0; 22], body, &tag)
            .expect("opened");
        black_box(body);
    })
}

fn ours(payload: &[u8]) -> f64 {
    let cipher = Cipher::new(&KEY);
    let mut buffer = [0; MAX_PACKET_BYTES];
    time(|sequence| {
        let length = packet::seal(&mut buffer, Kind::Payload, sequence, 7, &cipher, payload);
        let header = packet::peek(&buffer[..length]).expect("a header");
        black_box(packet::open(&mut buffer[..length], header, 7, &cipher).expect("opened"));
    })
}

/// Its client seals and its server opens: the tables that the server searches are part of the cost.
fn renetcode_of_a_hundred(payload: &[u8]) -> f64 {
    let now = Duration::from_secs(1000);
    let at: SocketAddr = ([127, 0, 0, 1], 1).into();
    let mut server = NetcodeServer::new(ServerConfig {
        current_time: now,
        max_clients: CLIENTS as usize,
        protocol_id: 7,
        public_addresses: vec![at],
        authentication: ServerAuthentication::Secure { private_key: KEY },
    });
    let mut clients: Vec<_> = (0..CLIENTS)
        .map(|id| (renetcode_client(&mut server, now, at, id), id))
        .collect();
    let mut turn = 0;
    time(|_| {
        turn = (turn + 1) % clients.len();
        let (client, id) = &mut clients[turn];
        let from = ([127, 0, 0, 1], 1000 + *id as u16).into();
        let (_, packet) = client.generate_payload_packet(payload).expect("sealed");
        assert!(matches!(
            server.process_packet(from, packet),
            ServerResult::Payload { .. }
        ));
    })
}

fn renetcode_client(
    server: &mut NetcodeServer,
    now: Duration,
    at: SocketAddr,
    id: u64,
) -> NetcodeClient {
    let connect_token = renetcode::ConnectToken::generate(now, 7, 30, id, 5, vec![at], None, &KEY)
        .expect("a token");
    let authentication = ClientAuthentication::Secure { connect_token };
    let mut client = NetcodeClient::new(now, authentication).expect("a client");
    let from = ([127, 0, 0, 1], 1000 + id as u16).into();
    while !client.is_connected() {
        let (packet, _) = client
            .update(Duration::from_millis(300))
            .expect("something to say");
        let mut packet = packet.to_vec();
        if let ServerResult::PacketToSend { payload, .. }
        | ServerResult::ClientConnected { payload, .. } =
            server.process_packet(from, &mut packet)
        {
            client.process_packet(payload);
        }
    }
    client
}

/// Each tick every client sends 60 bytes and is sent 1000, as in `facts.md`'s comparison of pipes.
fn whole_server() {
    let config = Config {
        protocol_id: 7,
        key: KEY,
        addresses: vec![],
        capacity: CLIENTS as usize,
        limits: Limits::default(),
    };
    let mut pipe = ServerPipe::bind(([127, 0, 0, 1], 0).into(), config).expect("a socket");
    (1..=CLIENTS).for_each(|seat| pipe.offer(SeatId(seat)));
    let at = pipe.socket().local_address().expect("bound");
    let clock = UnixClock::start();
    let clients = thread::spawn(move || play_clients(at, clock));
    while pipe.seats().count() < CLIENTS as usize {
        tick(&mut pipe, clock);
        thread::sleep(Duration::from_millis(5));
    }
    let (mut busy, mut worst) = (Duration::ZERO, Duration::ZERO);
    let (before, start) = (pipe.statistics(), clock.now());
    for number in 0..TICKS {
        thread::sleep((start + number * PERIOD).saturating_sub(clock.now()));
        let used = thread_time();
        tick(&mut pipe, clock);
        let used = thread_time() - used;
        (busy, worst) = (busy + used, worst.max(used));
    }
    let (after, seconds) = (pipe.statistics(), (clock.now() - start).as_secs_f64());
    let (received, sent) = (after.received - before.received, after.sent - before.sent);
    (1..=CLIENTS).for_each(|seat| assert!(pipe.kick(clock.now(), SeatId(seat))));
    let delivered = clients.join().expect("the clients' thread");
    println!(
        "\n{CLIENTS} clients at 30 Hz over loopback, 60 B up and 1000 B down, server's thread alone"
    );
    let buffers = (
        pipe.socket().receive_buffer_bytes(),
        pipe.socket().send_buffer_bytes(),
    );
    println!("kernel buffers (receive, send): {buffers:?} B");
    println!(
        "received {received}, sent {sent}, not taken by the kernel {}",
        after.dropped - before.dropped
    );
    println!("payloads that reached the clients: {delivered}");
    println!(
        "µs a datagram: {:.2}",
        busy.as_secs_f64() * 1e6 / (received + sent) as f64
    );
    println!(
        "ms a tick: {:.3} on average, {:.3} at worst",
        busy.as_secs_f64() * 1e3 / f64::from(TICKS),
        worst.as_secs_f64() * 1e3
    );
    println!("cores: {:.4}", busy.as_secs_f64() / seconds);
    let lost = u64::from(TICKS) * CLIENTS - delivered.min(u64::from(TICKS) * CLIENTS);
    assert_eq!(lost, 0, "loopback with large buffers loses nothing");
    assert!(received + u64::from(TICKS) >= u64::from(TICKS) * CLIENTS);
}

fn tick(pipe: &mut ServerPipe, clock: UnixClock) {
    let now = clock.now();
    let mut heard = [false; CLIENTS as usize + 1];
    pipe.receive(now, |event| {
        if let Event::Payload { seat, bytes } = event {
            assert_eq!(bytes, UP);
            heard[seat.0 as usize] = true;
        }
    })
    .expect("a sound socket");
    for seat in 1..=CLIENTS {
        // Those that are still on their way in have no session yet.
        let _ = pipe.send(now, SeatId(seat), &DOWN);
    }
    pipe.update(now, |event| panic!("{event:?}"));
    pipe.flush();
    black_box(heard);
}

fn play_clients(at: SocketAddr, clock: UnixClock) -> u64 {
    let now = clock.now();
    let (mut inbox, mut outbox) = (Inbox::new(), Outbox::new());
    let mut clients: Vec<_> = (1..=CLIENTS)
        .map(|seat| {
            let grant = Grant {
                protocol_id: 7,
                created: now.as_secs(),
                expires: now.as_secs() + 60,
                nonce: [seat as u8; 24],
                timeout_seconds: 10,
                addresses: vec![at],
                client_to_server: [seat as u8; 32],
                server_to_client: [!seat as u8; 32],
                seat: SeatId(seat),
                user_data: [0; 256],
            };
            ClientPipe::connect(&grant.seal(&KEY).expect("a token")[..], None, now)
                .expect("a client")
        })
        .collect();
    let (mut delivered, mut number) = (0, 0);
    while !clients.is_empty() {
        number += 1;
        thread::sleep((now + number * PERIOD).saturating_sub(clock.now()));
        for client in &mut clients {
            client
                .receive(&mut inbox, |payload| {
                    delivered += u64::from(payload == DOWN)
                })
                .expect("a sound socket");
            client.update(clock.now(), &mut outbox);
            // Before the session there is nobody to send to.
            let _ = client.send(&UP, &mut outbox);
        }
        clients.retain(|client| {
            !matches!(
                client.state(),
                otherworld_pipes::ClientState::Disconnected(_)
            )
        });
    }
    delivered
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
