//! The server with strangers' and clients' bytes: never a panic, never a session that nobody earned. In memory, so that a
//! hundred thousand datagrams take a second; a session and a handshake are under way in each case.

use otherworld_pipes::netcode::{Heard, Limits, MAX_PACKET_BYTES, Server, Transmit};
use otherworld_pipes::token::{CONNECT_TOKEN_BYTES, ConnectToken, Grant};
use otherworld_pipes::{Config, SeatId};
use proptest::prelude::*;
use proptest::sample::Index;
use renetcode::{ClientAuthentication, NetcodeClient};
use std::net::SocketAddr;
use std::time::Duration;

const KEY: [u8; 32] = [7; 32];
const NOW: Duration = Duration::from_secs(1_700_000_000);

fn at() -> SocketAddr {
    "192.0.2.1:7420".parse().unwrap()
}

fn address(who: u16) -> SocketAddr {
    ([198, 51, 100, 1], 1000 + who).into()
}

#[derive(Default)]
struct Wire {
    packet: Option<Box<[u8; MAX_PACKET_BYTES]>>,
    sent: Vec<Vec<u8>>,
}

impl Transmit for Wire {
    fn packet(&mut self) -> &mut [u8; MAX_PACKET_BYTES] {
        self.packet
            .get_or_insert_with(|| Box::new([0; MAX_PACKET_BYTES]))
    }

    fn send(&mut self, _: SocketAddr, length: usize) {
        let packet = self.packet()[..length].to_vec();
        self.sent.push(packet);
    }
}

fn token(seat: u64) -> Box<[u8; CONNECT_TOKEN_BYTES]> {
    let grant = Grant {
        protocol_id: 7,
        created: NOW.as_secs(),
        expires: NOW.as_secs() + 30,
        nonce: [seat as u8; 24],
        timeout_seconds: 5,
        addresses: vec![at()],
        client_to_server: [seat as u8; 32],
        server_to_client: [!seat as u8; 32],
        seat: SeatId(seat),
        user_data: [0; 256],
    };
    grant.seal(&KEY).unwrap()
}

fn client(seat: u64) -> NetcodeClient {
    let token = ConnectToken::read(&token(seat)[..]).unwrap();
    let mut server_addresses = [None; 32];
    server_addresses[0] = Some(at());
    let connect_token = renetcode::ConnectToken {
        client_id: seat,
        version_info: *b"NETCODE 1.02\0",
        protocol_id: token.protocol_id,
        create_timestamp: token.created,
        expire_timestamp: token.expires,
        xnonce: token.nonce,
        server_addresses,
        client_to_server_key: token.client_to_server,
        server_to_client_key: token.server_to_client,
        private_data: token.private,
        timeout_seconds: token.timeout_seconds,
    };
    NetcodeClient::new(NOW, ClientAuthentication::Secure { connect_token }).unwrap()
}

struct Scene {
    server: Server,
    wire: Wire,
    /// True packets: a payload of the session, the handshake's request and its response, a request of a third seat.
    templates: [Vec<u8>; 4],
}

/// Seat 1 has a session from address 1, seat 2 a handshake from address 2, seat 3 a token.
fn scene() -> Scene {
    let config = Config {
        protocol_id: 7,
        key: KEY,
        addresses: vec![at()],
        capacity: 4,
        limits: Limits::default(),
    };
    let (mut server, mut wire) = (Server::new(config), Wire::default());
    (1..=3).for_each(|seat| server.offer(SeatId(seat)));
    let mut player = client(1);
    while !player.is_connected() {
        exchange(&mut server, &mut wire, &mut player, 1);
    }
    let payload = player
        .generate_payload_packet(b"payload")
        .unwrap()
        .1
        .to_vec();
    let mut newcomer = client(2);
    let request = newcomer
        .update(Duration::from_millis(300))
        .unwrap()
        .0
        .to_vec();
    server.receive(NOW, address(2), &mut request.clone(), &mut wire);
    newcomer.process_packet(wire.sent.last_mut().unwrap());
    let response = newcomer
        .update(Duration::from_millis(300))
        .unwrap()
        .0
        .to_vec();
    let third = client(3)
        .update(Duration::from_millis(300))
        .unwrap()
        .0
        .to_vec();
    Scene {
        server,
        wire,
        templates: [payload, request, response, third],
    }
}

fn exchange(server: &mut Server, wire: &mut Wire, client: &mut NetcodeClient, who: u16) {
    let mut packet = client
        .update(Duration::from_millis(300))
        .unwrap()
        .0
        .to_vec();
    server.receive(NOW, address(who), &mut packet, wire);
    client.process_packet(wire.sent.last_mut().unwrap());
}

fn damage(mut packet: Vec<u8>, at: Index, bits: u8, length: Option<Index>) -> Vec<u8> {
    let at = at.index(packet.len());
    packet[at] ^= bits;
    if let Some(length) = length {
        packet.truncate(length.index(packet.len()));
    }
    packet
}

proptest! {
    #[test]
    fn any_bytes_from_anybody_change_nothing(
        datagrams in prop::collection::vec(
            (1u16..=4, prop_oneof![Just(None), (0u8..=255).prop_map(Some)], prop::collection::vec(any::<u8>(), 0..1300)),
            1..100,
        ),
    ) {
        let Scene { mut server, mut wire, .. } = scene();
        let sent = wire.sent.len();
        for (who, prefix, mut bytes) in datagrams {
            if let (Some(prefix), Some(first)) = (prefix, bytes.first_mut()) {
                *first = prefix;
            }
            let heard = server.receive(NOW, address(who), &mut bytes, &mut wire);
            prop_assert!(matches!(heard, Heard::Refused(_)), "{heard:?}");
        }
        prop_assert_eq!(server.seats().collect::<Vec<_>>(), [SeatId(1)]);
        prop_assert_eq!(wire.sent.len(), sent, "strangers get no answer");
    }

    #[test]
    fn a_damaged_packet_of_any_kind_is_refused(
        kind in 0usize..4, who in 1u16..=4, at: Index, bits in 1u8.., length in proptest::option::of(any::<Index>()),
    ) {
        let Scene { mut server, mut wire, templates } = scene();
        let (sent, total) = (wire.sent.len(), server.refusals().total());
        let mut packet = damage(templates[kind].clone(), at, bits, length);
        let heard = server.receive(NOW, address(who), &mut packet, &mut wire);
        prop_assert!(matches!(heard, Heard::Refused(_)), "{heard:?}");
        prop_assert_eq!(server.refusals().total(), total + 1);
        prop_assert_eq!(wire.sent.len(), sent);
        prop_assert_eq!(server.seats().count(), 1);
    }

    #[test]
    fn a_true_packet_works_only_for_the_address_it_is_from_and_once(kind in 0usize..4, who in 1u16..=4) {
        let Scene { mut server, mut wire, templates } = scene();
        let mut first = templates[kind].clone();
        let heard = server.receive(NOW, address(who), &mut first, &mut wire);
        let right = match kind {
            0 => who == 1,
            // A copy of the request is answered as the first one was.
            1 | 2 => who == 2,
            _ => who > 1,
        };
        prop_assert_eq!(!matches!(heard, Heard::Refused(_)), right, "{:?}", heard);
        let mut again = templates[kind].clone();
        let heard = server.receive(NOW, address(who), &mut again, &mut wire);
        if kind == 0 {
            prop_assert!(matches!(heard, Heard::Refused(_)), "a payload counts once");
        }
        prop_assert!(server.seats().count() <= 2);
    }
}

#[test]
fn the_templates_are_what_they_claim() {
    let Scene {
        mut server,
        mut wire,
        templates: [payload, _, response, third],
    } = scene();
    let heard = server.receive(NOW, address(1), &mut payload.clone(), &mut wire)
        == Heard::Payload {
            seat: SeatId(1),
            bytes: b"payload",
        };
    assert!(heard);
    let heard = server.receive(NOW, address(2), &mut response.clone(), &mut wire)
        == Heard::Connected {
            seat: SeatId(2),
            address: address(2),
            superseded: false,
        };
    assert!(heard);
    let sent = wire.sent.len();
    assert!(matches!(
        server.receive(NOW, address(3), &mut third.clone(), &mut wire),
        Heard::Nothing
    ));
    assert_eq!(wire.sent.len(), sent + 1, "a challenge");
}
