//! What the tests share: a server pipe on loopback, grants for it, and both kinds of clients driven in step with it.
#![allow(dead_code)] // Each test file takes what it needs.

use otherworld_pipes::netcode::Limits;
use otherworld_pipes::token::{CONNECT_TOKEN_BYTES, Grant};
use otherworld_pipes::udp::{Inbox, Outbox};
use otherworld_pipes::{
    ClientPipe, ClientState, Config, Departure, Event, SeatId, ServerPipe, UnixClock,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub const KEY: [u8; 32] = *b"an example of a very secret key.";
pub const PROTOCOL_ID: u64 = 0x0123_4567_89ab_cdef;
pub const PATIENCE: Duration = Duration::from_secs(10);

/// An event with its bytes kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Connected(SeatId, SocketAddr, Box<[u8; 256]>),
    Payload(SeatId, Vec<u8>),
    Disconnected(SeatId, Departure),
}

pub struct Bench {
    pub pipe: ServerPipe,
    pub clock: UnixClock,
    /// Added to the clock: lets a test see a timeout without waiting.
    pub skipped: Duration,
    pub happened: Vec<Happened>,
    serial: u8,
}

impl Bench {
    pub fn at(address: &str, capacity: usize) -> Self {
        let config = Config {
            protocol_id: PROTOCOL_ID,
            key: KEY,
            addresses: Vec::new(),
            capacity,
            limits: Limits::default(),
        };
        Self {
            pipe: ServerPipe::bind(address.parse().unwrap(), config).unwrap(),
            clock: UnixClock::start(),
            skipped: Duration::ZERO,
            happened: Vec::new(),
            serial: 0,
        }
    }

    pub fn new() -> Self {
        Self::at("127.0.0.1:0", 4)
    }

    pub fn now(&self) -> Duration {
        self.clock.now() + self.skipped
    }

    pub fn address(&self) -> SocketAddr {
        self.pipe.socket().local_address().unwrap()
    }

    /// What a control plane would grant for this server; each has its own keys and nonce.
    pub fn grant(&mut self, seat: u64) -> Grant {
        self.serial += 1;
        let now = self.now().as_secs();
        Grant {
            protocol_id: PROTOCOL_ID,
            created: now,
            expires: now + 30,
            nonce: [self.serial; 24],
            timeout_seconds: 5,
            addresses: vec![self.address()],
            client_to_server: [100 + self.serial; 32],
            server_to_client: [200 - self.serial; 32],
            seat: SeatId(seat),
            user_data: std::array::from_fn(|i| i as u8 ^ self.serial),
        }
    }

    /// Offers the seat and seals a token for it.
    pub fn token(&mut self, seat: u64) -> Box<[u8; CONNECT_TOKEN_BYTES]> {
        self.pipe.offer(SeatId(seat));
        self.grant(seat).seal(&KEY).unwrap()
    }

    pub fn tick(&mut self) {
        let now = self.now();
        let happened = &mut self.happened;
        let mut note = |event: Event<'_>| {
            happened.push(match event {
                Event::Connected {
                    seat,
                    address,
                    user_data,
                } => Happened::Connected(seat, address, Box::new(*user_data)),
                Event::Payload { seat, bytes } => Happened::Payload(seat, bytes.to_vec()),
                Event::Disconnected { seat, cause } => Happened::Disconnected(seat, cause),
            });
        };
        self.pipe.receive(now, &mut note).unwrap();
        self.pipe.update(now, &mut note);
        self.pipe.flush();
    }

    /// Ticks, with what else there is to drive, until something is so.
    pub fn until(&mut self, what: &str, mut drive: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        loop {
            self.tick();
            if drive(self) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited too long for: {what}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn has(&self, event: &Happened) -> bool {
        self.happened.contains(event)
    }

    pub fn is_connected(&self, seat: u64) -> bool {
        self.pipe.seats().any(|other| other == SeatId(seat))
    }
}

/// The unmodified official client with its clock.
pub struct Official {
    pub client: netcode::Client,
    started: Instant,
}

impl Official {
    pub fn connect(token: &[u8; CONNECT_TOKEN_BYTES]) -> Self {
        Self::connect_from(0, token)
    }

    pub fn connect_from(port: u16, token: &[u8; CONNECT_TOKEN_BYTES]) -> Self {
        let any4 = SocketAddr::from(([0, 0, 0, 0], port));
        let any6 = "[::]:0".parse().unwrap();
        let mut client = netcode::Client::new_dual(any4, any6, 0.0).unwrap();
        client.connect(token).unwrap();
        Self {
            client,
            started: Instant::now(),
        }
    }

    pub fn tick(&mut self) {
        self.client.update(self.started.elapsed().as_secs_f64());
    }

    pub fn is_connected(&mut self) -> bool {
        self.tick();
        self.client.state() == netcode::ClientState::Connected
    }

    /// Sends its requests for a while to a server that is not expected to answer.
    pub fn knock(&mut self, bench: &mut Bench, refused: impl Fn(&Bench) -> bool) {
        bench.until("a refusal", |bench| {
            self.tick();
            refused(bench)
        });
        assert_ne!(self.client.state(), netcode::ClientState::Connected);
    }
}

/// Our own client with its buffers.
pub struct Ours {
    pub pipe: ClientPipe,
    pub inbox: Inbox,
    pub outbox: Outbox,
    pub received: Vec<Vec<u8>>,
}

impl Ours {
    pub fn connect(bench: &Bench, token: &[u8]) -> Self {
        Self::of(ClientPipe::connect(token, None, bench.now()).unwrap())
    }

    pub fn of(pipe: ClientPipe) -> Self {
        Self {
            pipe,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            received: Vec::new(),
        }
    }

    pub fn tick(&mut self, now: Duration) {
        let received = &mut self.received;
        self.pipe
            .receive(&mut self.inbox, |payload| received.push(payload.to_vec()))
            .unwrap();
        self.pipe.update(now, &mut self.outbox);
    }

    pub fn is_connected(&mut self, now: Duration) -> bool {
        self.tick(now);
        self.pipe.state() == ClientState::Connected
    }

    pub fn send(&mut self, payload: &[u8]) {
        self.pipe.send(payload, &mut self.outbox).unwrap();
    }
}
