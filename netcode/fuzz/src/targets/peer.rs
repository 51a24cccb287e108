//! A peer of a netcode server, by hand: what it sends can be true, true and damaged, or sealed nonsense, which no client's code
//! would make.

use otherworld_core::SeatId;
use otherworld_pipes::netcode::packet::{Kind, open, peek, seal};
use otherworld_pipes::netcode::{
    Cipher, Config, Heard, Key, Limits, MAX_PACKET_BYTES, MAX_PAYLOAD_BYTES, Server, Transmit,
};
use otherworld_pipes::token::{ConnectToken, Grant};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

pub const KEY: Key = [7; 32];
pub const PROTOCOL: u64 = 7;
pub const NOW: Duration = Duration::from_secs(1_700_000_000);
pub const CAPACITY: usize = 4;

pub fn config() -> Config {
    Config {
        protocol_id: PROTOCOL,
        key: KEY,
        addresses: vec![address(0)],
        capacity: CAPACITY,
        limits: Limits::default(),
    }
}

/// Of the server (0) and of each peer.
pub fn address(who: u16) -> SocketAddr {
    ([198, 51, 100, 1], 1000 + who).into()
}

/// The connect token of a seat at a server, the same each time.
pub fn token(seat: u64, server: SocketAddr) -> Vec<u8> {
    let grant = Grant {
        protocol_id: PROTOCOL,
        created: NOW.as_secs(),
        expires: NOW.as_secs() + 3600,
        nonce: [seat as u8; 24],
        timeout_seconds: 5,
        addresses: vec![server],
        client_to_server: [seat as u8; 32],
        server_to_client: [!seat as u8; 32],
        seat: SeatId(seat),
        user_data: [0; 256],
    };
    grant.seal(&KEY).expect("a token").to_vec()
}

/// What was sent, and to whom.
#[derive(Default)]
pub struct Wire {
    packet: Option<Box<[u8; MAX_PACKET_BYTES]>>,
    pub sent: Vec<(SocketAddr, Vec<u8>)>,
}

impl Transmit for Wire {
    fn packet(&mut self) -> &mut [u8; MAX_PACKET_BYTES] {
        self.packet.get_or_insert_with(|| Box::new([0; _]))
    }

    fn send(&mut self, to: SocketAddr, length: usize) {
        let packet = self.packet()[..length].to_vec();
        self.sent.push((to, packet));
    }
}

/// Somebody with a token.
pub struct Peer {
    who: u16,
    request: Vec<u8>,
    response: Vec<u8>,
    to_server: Cipher,
    to_client: Cipher,
    sequence: u64,
}

thread_local! {
    /// Sealing a token takes longer than most of what is tested here.
    static REQUESTS: RefCell<Vec<(u16, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
}

impl Peer {
    pub fn new(who: u16) -> Peer {
        Peer {
            who,
            request: request(who),
            response: Vec::new(),
            to_server: Cipher::new(&[who as u8; 32]),
            to_client: Cipher::new(&[!who as u8; 32]),
            sequence: 0,
        }
    }

    /// Asks to be let in and gets a challenge.
    pub fn greet(&mut self, server: &mut Server, wire: &mut Wire) {
        let mut request = self.request.clone();
        let heard = server.receive(NOW, address(self.who), &mut request, wire);
        assert_eq!(heard, Heard::Nothing);
        let (_, challenge) = wire.sent.pop().expect("a challenge");
        let (_, body) = self.open(&challenge).expect("it is for this peer");
        self.response = self.next(Kind::Response, &body);
    }

    /// Answers the challenge and is in.
    pub fn answer(&mut self, server: &mut Server, wire: &mut Wire) {
        let mut response = self.response.clone();
        let heard = server.receive(NOW, address(self.who), &mut response, wire);
        assert!(matches!(heard, Heard::Connected { .. }), "{heard:?}");
        wire.sent.clear();
    }

    pub fn payload(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.next(Kind::Payload, bytes)
    }

    /// Whatever bytes under the right key. The first one is the sequence number's highest, if it is 128 or more.
    pub fn seal(&mut self, kind: u8, bytes: &[u8]) -> Vec<u8> {
        let kind = Kind::SEALED[usize::from(kind) % Kind::SEALED.len()];
        let (&high, body) = bytes.split_first().unwrap_or((&0, &[]));
        let body = &body[..body.len().min(MAX_PAYLOAD_BYTES)];
        if high & 128 == 0 {
            return self.next(kind, body);
        }
        sealed(&self.to_server, kind, u64::from(high) << 56, body)
    }

    /// A true packet with what is left of it changed: the bytes are added to it from the end on.
    pub fn damaged(&mut self, kind: u8, changes: &[u8]) -> Vec<u8> {
        let mut packet = match kind & 3 {
            0 => self.request.clone(),
            1 => self.response.clone(),
            2 => self.next(Kind::KeepAlive, &[0; 8]),
            _ => self.next(Kind::Payload, b"payload"),
        };
        for (byte, change) in packet.iter_mut().rev().zip(changes) {
            *byte = byte.wrapping_add(*change);
        }
        packet
    }

    /// Kind and body of a packet from the server.
    pub fn open(&self, packet: &[u8]) -> Option<(u8, Vec<u8>)> {
        let mut packet = packet.to_vec();
        let header = peek(&packet)?;
        let body = open(&mut packet, header, PROTOCOL, &self.to_client)?;
        Some((header.kind as u8, body.to_vec()))
    }

    fn next(&mut self, kind: Kind, body: &[u8]) -> Vec<u8> {
        self.sequence += 1;
        sealed(&self.to_server, kind, self.sequence, body)
    }
}

/// A packet that opens with this key.
pub fn sealed(cipher: &Cipher, kind: Kind, sequence: u64, body: &[u8]) -> Vec<u8> {
    let mut packet = [0; MAX_PACKET_BYTES];
    let length = seal(&mut packet, kind, sequence, PROTOCOL, cipher, body);
    packet[..length].to_vec()
}

/// The connection request of a peer.
fn request(who: u16) -> Vec<u8> {
    REQUESTS.with_borrow_mut(|requests| {
        if let Some((_, request)) = requests.iter().find(|(of, _)| *of == who) {
            return request.clone();
        }
        let token = ConnectToken::read(&token(who.into(), address(0))).expect("a token");
        let request = [
            &[0][..],
            b"NETCODE 1.02\0",
            &token.protocol_id.to_le_bytes(),
            &token.expires.to_le_bytes(),
            &token.nonce,
            &token.private,
        ]
        .concat();
        requests.push((who, request.clone()));
        request
    })
}
