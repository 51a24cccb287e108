//! Why the server side is not renetcode 2.0.0's: each reason as a test. When one of these fails after an update, read the
//! README's section on it again.

use otherworld_pipes::SeatId;
use otherworld_pipes::token::{ConnectToken, Grant};
use renetcode::{
    ClientAuthentication, NetcodeClient, NetcodeServer, ServerAuthentication, ServerConfig,
    ServerResult,
};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

const KEY: [u8; 32] = [7; 32];

fn server(addresses: Vec<SocketAddr>) -> NetcodeServer {
    NetcodeServer::new(ServerConfig {
        current_time: Duration::from_secs(1000),
        max_clients: 4,
        protocol_id: 1,
        public_addresses: addresses,
        authentication: ServerAuthentication::Secure { private_key: KEY },
    })
}

fn client(server: SocketAddr, client_id: u64) -> NetcodeClient {
    let connect_token = renetcode::ConnectToken::generate(
        Duration::from_secs(1000),
        1,
        30,
        client_id,
        5,
        vec![server],
        None,
        &KEY,
    )
    .unwrap();
    NetcodeClient::new(
        Duration::from_secs(1000),
        ClientAuthentication::Secure { connect_token },
    )
    .unwrap()
}

fn request(client: &mut NetcodeClient) -> Vec<u8> {
    client
        .update(Duration::from_millis(300))
        .unwrap()
        .0
        .to_vec()
}

fn answer(server: &mut NetcodeServer, from: SocketAddr, packet: &mut [u8]) -> Vec<u8> {
    match server.process_packet(from, packet) {
        ServerResult::PacketToSend { payload, .. }
        | ServerResult::ClientConnected { payload, .. } => payload.to_vec(),
        _ => Vec::new(),
    }
}

fn sequence(packet: &[u8]) -> (usize, u64) {
    let length = usize::from(packet[0] >> 4);
    let mut sequence = [0; 8];
    sequence[..length].copy_from_slice(&packet[1..=length]);
    (length, u64::from_le_bytes(sequence))
}

/// One datagram of 18 bytes with the source address of somebody who plays: no key is needed.
#[test]
fn its_server_panics_on_a_sequence_length_that_the_standard_forbids() {
    let (at, from) = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    let mut server = server(vec![at]);
    assert!(!answer(&mut server, from, &mut request(&mut client(at, 1))).is_empty());
    let mut datagram = [0xf5; 18];
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        drop(answer(&mut server, from, &mut datagram))
    }))
    .is_err();
    assert!(panicked);
}

/// Challenges and a session's packets are sealed with the same key; both count from zero.
#[test]
fn its_server_uses_a_nonce_twice_under_one_key() {
    let (at, from) = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    let mut server = server(vec![at]);
    let mut client = client(at, 1);
    let mut challenge = answer(&mut server, from, &mut request(&mut client));
    assert_eq!(
        sequence(&challenge),
        (0, 0),
        "and it has no sequence byte, where the standard wants one"
    );
    client.process_packet(&mut challenge);
    let keep_alive = answer(&mut server, from, &mut request(&mut client));
    assert_eq!(sequence(&keep_alive), (0, 0));
}

/// The standard writes an IPv6 address as eight little-endian words.
#[test]
fn its_tokens_have_another_order_of_ipv6_bytes() {
    let at: SocketAddr = "[2001:db8::1]:1".parse().unwrap();
    let grant = Grant {
        protocol_id: 1,
        created: 1000,
        expires: 1030,
        nonce: [1; 24],
        timeout_seconds: 5,
        addresses: vec![at],
        client_to_server: [2; 32],
        server_to_client: [3; 32],
        seat: SeatId(1),
        user_data: [0; 256],
    };
    let token = grant.seal(&KEY).unwrap();
    let ours = ConnectToken::read(&token[..]).unwrap();
    // Its own form has the client id in front.
    let theirs =
        renetcode::ConnectToken::read(&mut [&[0; 8], &token[..]].concat().as_slice()).unwrap();
    assert_eq!(ours.addresses, [at]);
    assert_ne!(theirs.server_addresses[0], Some(at));
}
