//! The client's receive path over a real socket: what its guard lets through never panics in the crate behind it, whatever the
//! server under its key or a stranger at its address says.

use super::peer::{NOW, sealed, token};
use crate::parts::{Step, Steps};
use otherworld_pipes::netcode::packet::Kind;
use otherworld_pipes::netcode::{Cipher, MAX_PAYLOAD_BYTES};
use otherworld_pipes::udp::{Inbox, Outbox};
use otherworld_pipes::{ClientPipe, ClientState};
use std::net::UdpSocket;
use std::time::Duration;

const SEAT: u64 = 5;

struct Stage {
    server: UdpSocket,
    client: ClientPipe,
    inbox: Inbox,
    outbox: Outbox,
    to_client: Cipher,
    sequence: u64,
    now: Duration,
}

/// Control: 2 bits how (as it is; sealed, twice likely; time passes), 6 bits kind or time. The first two steps of the
/// handshake come in before all others if the lowest bit of the kind is set in the first step.
pub fn check(bytes: &[u8]) -> bool {
    let mut stage = Stage::new();
    let mut steps = Steps::of(bytes).peekable();
    if steps.peek().is_some_and(|step| step.control & 4 != 0) {
        stage.connect();
    }
    steps.for_each(|step| stage.take(step));
    stage.client.ignored() == 0
}

impl Stage {
    fn new() -> Stage {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = server.local_addr().expect("its address");
        let client = ClientPipe::connect(&token(SEAT, address), None, NOW).expect("a token");
        let port = client.socket().local_address().expect("its address").port();
        server.connect(("127.0.0.1", port)).expect("an address");
        Stage {
            server,
            client,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            to_client: Cipher::new(&[!SEAT as u8; 32]),
            sequence: 0,
            now: NOW,
        }
    }

    fn connect(&mut self) {
        self.send(Kind::Challenge, &[0; 308]);
        self.send(Kind::KeepAlive, &[0, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(self.client.state(), ClientState::Connected);
    }

    fn take(&mut self, step: Step<'_>) {
        let kind = step.control >> 2;
        match step.control & 3 {
            0 => {
                // The kernel takes no more than a datagram holds.
                self.server
                    .send(&step.bytes[..step.bytes.len().min(1400)])
                    .ok();
                self.receive();
            }
            3 => self.pass(Duration::from_millis(50) * u32::from(kind)),
            _ => {
                let kinds = [
                    Kind::Denied,
                    Kind::Challenge,
                    Kind::KeepAlive,
                    Kind::Payload,
                    Kind::Disconnect,
                ];
                let body = &step.bytes[..step.bytes.len().min(MAX_PAYLOAD_BYTES)];
                self.send(kinds[usize::from(kind) % kinds.len()], body);
            }
        }
    }

    fn send(&mut self, kind: Kind, body: &[u8]) {
        self.sequence += 1;
        let packet = sealed(&self.to_client, kind, self.sequence, body);
        self.server.send(&packet).ok();
        self.receive();
        self.pass(Duration::from_millis(100));
    }

    fn receive(&mut self) {
        let (before, mut payloads) = (self.client.state(), 0);
        let result = self.client.receive(&mut self.inbox, |payload| {
            assert!(payload.len() <= MAX_PAYLOAD_BYTES);
            payloads += 1;
        });
        result.expect("the socket is whole");
        assert!(
            payloads == 0 || before == ClientState::Connected,
            "only a session has payloads"
        );
        let over = matches!(before, ClientState::Disconnected(_));
        assert!(
            !over || self.client.state() == before,
            "what is over stays over"
        );
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.client.update(self.now, &mut self.outbox);
        self.client.send(b"payload", &mut self.outbox).ok();
    }
}
