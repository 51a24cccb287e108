//! The server: requests become handshakes, handshakes become sessions, sessions carry payloads.
//!
//! [`Server::receive`] is one datagram's way through the standard's checks, cheapest first. Sessions lie in a fixed
//! table and are found by address and by seat; the steady state allocates nothing. One seat has one session: the newest
//! connection wins, but only when it has proved by its response that it has the token's keys; a request that was copied
//! from the wire ends nobody's session.
//!
//! Packets outside a session (challenge, denied) number from 2^63, so that they never share a nonce with the
//! session's own packets under the same key.

use super::limit::{Limiter, Limits};
use super::packet::{self, Kind, MAX_PACKET_BYTES, MAX_PAYLOAD_BYTES};
use super::session::{Session, timeout};
use super::token::{CHALLENGE_BYTES, Grant, PrivateToken, Request, open_challenge, seal_challenge};
use super::{Cipher, Key, Refusal, Refusals, SeatId, UserData};
use otherworld_core::message::ResumeToken;
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;

/// Ends of sessions are told this often, because nothing acknowledges them; the standard's number.
const DISCONNECT_COPIES: usize = 10;
/// Handshakes under way for each session that there is room for.
const HANDSHAKES_PER_SESSION: usize = 2;
/// How long packets of a session that has ended are told apart from garbage.
const DEPARTED_FOR: Duration = Duration::from_secs(5);
/// Tokens in use that are remembered until they expire.
const USED_TOKENS: usize = 4096;

/// What a server is.
#[derive(Debug, Clone)]
pub struct Config {
    /// Version of everything on the wire: the protocol hash.
    pub protocol_id: u64,
    /// Opens the tokens that name this server.
    pub key: Key,
    /// Where clients reach this server, as tokens name it: the outside addresses when it stands behind NAT.
    pub addresses: Vec<SocketAddr>,
    /// Sessions at a time.
    pub capacity: usize,
    /// Bounds on strangers' requests.
    pub limits: Limits,
}

/// What one datagram came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// Understood, and of no concern to the caller.
    Nothing,
    /// Not served, and counted.
    Refused(Refusal),
    /// A session has begun.
    Connected {
        /// Whose.
        seat: SeatId,
        /// Where it comes from.
        address: SocketAddr,
        /// `[SE2]` The seat had an older session, which is over.
        superseded: bool,
    },
    /// A session's bytes.
    Payload {
        /// Whose.
        seat: SeatId,
        /// The bytes, opened in place.
        bytes: &'a [u8],
    },
    /// A session has ended at its client's wish.
    Disconnected {
        /// Whose.
        seat: SeatId,
    },
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// The client said so.
    Left,
    /// Silence longer than the token allows.
    TimedOut,
    /// We ended it.
    Kicked,
    /// A newer connection took the seat.
    Superseded,
}

/// Why a payload was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendError {
    /// No such session.
    #[error("the seat has no session")]
    NoSession,
    /// Empty or longer than [`MAX_PAYLOAD_BYTES`]; the standard has neither.
    #[error("a payload has 1 to {MAX_PAYLOAD_BYTES} bytes")]
    Length,
}

/// Where packets go: a buffer to write into, and an address to send it to.
pub trait Transmit {
    /// The buffer of the next packet.
    fn packet(&mut self) -> &mut [u8; MAX_PACKET_BYTES];
    /// Sends the first `length` bytes of it.
    fn send(&mut self, to: SocketAddr, length: usize);
}

/// The standard's server.
pub struct Server {
    protocol_id: u64,
    key: Key,
    addresses: Vec<SocketAddr>,
    capacity: usize,
    offers: HashSet<SeatId>,
    sessions: Vec<Option<Session>>,
    by_address: HashMap<SocketAddr, usize>,
    by_seat: HashMap<SeatId, usize>,
    handshakes: HashMap<SocketAddr, Handshake>,
    used: HashMap<[u8; 16], Use>,
    departed: HashMap<SocketAddr, Duration>,
    limiter: Limiter,
    refusals: Refusals,
    challenge_cipher: Cipher,
    challenge_sequence: u64,
    global_sequence: u64,
}

struct Handshake {
    token: PrivateToken,
    tag: [u8; 16],
    until: Duration,
}

struct Use {
    by: SocketAddr,
    expires: u64,
    spent: bool,
}

impl Server {
    /// A server without sessions.
    pub fn new(config: Config) -> Self {
        Self {
            protocol_id: config.protocol_id,
            key: config.key,
            addresses: config.addresses,
            capacity: config.capacity,
            offers: HashSet::with_capacity(2 * config.capacity),
            sessions: (0..config.capacity).map(|_| None).collect(),
            by_address: HashMap::with_capacity(config.capacity),
            by_seat: HashMap::with_capacity(config.capacity),
            handshakes: HashMap::with_capacity(HANDSHAKES_PER_SESSION * config.capacity),
            used: HashMap::with_capacity(USED_TOKENS),
            departed: HashMap::with_capacity(config.capacity),
            limiter: Limiter::new(config.limits),
            refusals: Refusals::default(),
            challenge_cipher: random_cipher(),
            challenge_sequence: 0,
            global_sequence: 1 << 63,
        }
    }

    /// Lets a seat's token in. Without an offer a true token is refused.
    pub fn offer(&mut self, seat: SeatId) {
        self.offers.insert(seat);
    }

    /// Takes the offer back; a session that runs goes on.
    pub fn withdraw(&mut self, seat: SeatId) {
        self.offers.remove(&seat);
    }

    /// Serves one datagram; answers go to `out`.
    pub fn receive<'a>(
        &mut self,
        now: Duration,
        from: SocketAddr,
        datagram: &'a mut [u8],
        out: &mut impl Transmit,
    ) -> Heard<'a> {
        let known = self.by_address.get(&from).copied();
        let heard = match (datagram.first(), known) {
            (Some(0), _) => self.request(now, from, known, datagram, out),
            (Some(&prefix), Some(slot)) if !self.is_awaited_response(prefix, from) => {
                self.session_packet(now, slot, datagram)
            }
            _ => self.response(now, from, datagram, out),
        };
        heard.unwrap_or_else(|refusal| {
            self.refusals.count(refusal);
            Heard::Refused(refusal)
        })
    }

    /// A connection request: refuse for the cheapest reason, else challenge the address.
    fn request<'a>(
        &mut self,
        now: Duration,
        from: SocketAddr,
        known: Option<usize>,
        datagram: &[u8],
        out: &mut impl Transmit,
    ) -> Result<Heard<'a>, Refusal> {
        let request = Request::read(datagram).ok_or(Refusal::Malformed)?;
        if known.is_some() && self.used.get(&request.tag()).is_some_and(|used| used.spent) {
            return Err(Refusal::AlreadyConnected);
        }
        if request.protocol_id != self.protocol_id {
            return Err(Refusal::Foreign);
        }
        if request.expires <= now.as_secs() {
            return Err(Refusal::Expired);
        }
        if !self.limiter.allow(now, from) {
            return Err(Refusal::RateLimited);
        }
        let token = request.open(&self.key).map_err(|_| Refusal::Forged)?;
        if !token
            .addresses
            .iter()
            .any(|address| self.addresses.contains(address))
        {
            return Err(Refusal::Foreign);
        }
        if !self.offers.contains(&token.seat) {
            return Err(Refusal::NoSeat);
        }
        // An address has one session: another seat's would have to end for this one.
        if known.is_some() && known != self.by_seat.get(&token.seat).copied() {
            return Err(Refusal::AlreadyConnected);
        }
        self.bind(now, from, request.tag(), request.expires)?;
        if !self.has_room_for(token.seat) {
            self.deny(from, &token.server_to_client, out);
            return Err(Refusal::Full);
        }
        self.await_response(now, from, token, request.tag(), out)
    }

    /// Ties a token to the first address that brings it. A token that has become a session is spent for everybody:
    /// a second session under its keys would number its packets from zero again and repeat their nonces.
    fn bind(
        &mut self,
        now: Duration,
        from: SocketAddr,
        tag: [u8; 16],
        expires: u64,
    ) -> Result<(), Refusal> {
        if let Some(used) = self.used.get(&tag) {
            return if used.by == from && !used.spent {
                Ok(())
            } else {
                Err(Refusal::Replayed)
            };
        }
        if self.used.len() >= USED_TOKENS {
            self.used.retain(|_, used| used.expires > now.as_secs());
        }
        // Nothing that could still be replayed is ever forgotten.
        if self.used.len() >= USED_TOKENS {
            return Err(Refusal::Full);
        }
        self.used.insert(
            tag,
            Use {
                by: from,
                expires,
                spent: false,
            },
        );
        Ok(())
    }

    fn await_response<'a>(
        &mut self,
        now: Duration,
        from: SocketAddr,
        token: PrivateToken,
        tag: [u8; 16],
        out: &mut impl Transmit,
    ) -> Result<Heard<'a>, Refusal> {
        let room = HANDSHAKES_PER_SESSION * self.capacity;
        if !self.handshakes.contains_key(&from) && self.handshakes.len() >= room {
            self.handshakes.retain(|_, handshake| handshake.until > now);
            if self.handshakes.len() >= room {
                return Err(Refusal::Full);
            }
        }
        let mut body = [0; 8 + CHALLENGE_BYTES];
        body[..8].copy_from_slice(&self.challenge_sequence.to_le_bytes());
        body[8..].copy_from_slice(&seal_challenge(
            token.seat,
            &token.user_data,
            self.challenge_sequence,
            &self.challenge_cipher,
        ));
        self.challenge_sequence += 1;
        self.send_outside_session(Kind::Challenge, from, &token.server_to_client, &body, out);
        let until = now + timeout(token.timeout_seconds);
        self.handshakes
            .insert(from, Handshake { token, tag, until });
        Ok(Heard::Nothing)
    }

    /// A packet from an address without a session: only a challenge that comes back is of interest.
    fn response<'a>(
        &mut self,
        now: Duration,
        from: SocketAddr,
        datagram: &mut [u8],
        out: &mut impl Transmit,
    ) -> Result<Heard<'a>, Refusal> {
        let handshake = self
            .handshakes
            .get(&from)
            .filter(|handshake| handshake.until > now);
        let Some(handshake) = handshake else {
            let departed = self.departed.get(&from).is_some_and(|until| *until > now);
            return Err(if departed {
                Refusal::Departed
            } else {
                Refusal::Garbage
            });
        };
        let header = packet::peek(datagram).filter(|header| header.kind == Kind::Response);
        let header = header.ok_or(Refusal::Malformed)?;
        let cipher = Cipher::new(&handshake.token.client_to_server);
        let body = packet::open(datagram, header, self.protocol_id, &cipher)
            .ok_or(Refusal::Unauthentic)?;
        let (sequence, token) = body
            .split_first_chunk_mut::<8>()
            .ok_or(Refusal::Malformed)?;
        let token: &mut [u8; CHALLENGE_BYTES] = token.try_into().map_err(|_| Refusal::Malformed)?;
        let seat = handshake.token.seat;
        if open_challenge(token, u64::from_le_bytes(*sequence), &self.challenge_cipher)
            != Some(seat)
        {
            return Err(Refusal::Unauthentic);
        }
        // The world may have changed since the challenge went out.
        if !self.offers.contains(&seat) {
            return Err(Refusal::NoSeat);
        }
        if !self.has_room_for(seat) {
            let send_key = handshake.token.server_to_client;
            self.deny(from, &send_key, out);
            return Err(Refusal::Full);
        }
        let superseded = self.connect(now, from, out);
        Ok(Heard::Connected {
            seat,
            address: from,
            superseded,
        })
    }

    /// A challenge that comes back from an address whose session it is to follow.
    fn is_awaited_response(&self, prefix: u8, from: SocketAddr) -> bool {
        prefix & 0xf == Kind::Response as u8 && self.handshakes.contains_key(&from)
    }

    /// Whoever has a session already brings their room along.
    fn has_room_for(&self, seat: SeatId) -> bool {
        self.by_seat.contains_key(&seat) || self.by_seat.len() < self.capacity
    }

    /// Begins the session of a handshake; answers whether an older one of the seat had to end for it.
    fn connect(&mut self, now: Duration, from: SocketAddr, out: &mut impl Transmit) -> bool {
        let Handshake { token, tag, .. } =
            self.handshakes.remove(&from).expect("the caller found it");
        let older = self.by_seat.get(&token.seat).copied();
        if let Some(slot) = older {
            // Told, so that its client, if there still is one, does not fight for the seat.
            self.say_goodbye(now, slot, out);
        }
        let slot = self
            .sessions
            .iter()
            .position(Option::is_none)
            .expect("fewer sessions than slots");
        let mut session = Session::new(now, from, &token, slot, self.capacity);
        session.send_keep_alive(now, self.protocol_id, out);
        if let Some(used) = self.used.get_mut(&tag) {
            used.spent = true;
        }
        self.by_address.insert(from, slot);
        self.by_seat.insert(session.seat, slot);
        self.sessions[slot] = Some(session);
        older.is_some()
    }

    /// `[SE6]` Seals a token for this server itself, with which the client of a running session can come back from any
    /// address while the session lasts and for `grace` after it. `None` without a session.
    pub fn resume_token(
        &mut self,
        now: Duration,
        seat: SeatId,
        user_data: &UserData,
        grace: Duration,
    ) -> Option<ResumeToken> {
        let timeout = self.session(seat)?.timeout;
        let mut grant = Grant {
            protocol_id: self.protocol_id,
            created: now.as_secs(),
            expires: (now + timeout + grace).as_secs(),
            nonce: random(),
            timeout_seconds: timeout.as_secs() as i32,
            addresses: std::mem::take(&mut self.addresses),
            client_to_server: random(),
            server_to_client: random(),
            seat,
            user_data: *user_data,
        };
        let sealed = grant.seal_private(&self.key);
        self.addresses = std::mem::take(&mut grant.addresses);
        Some(ResumeToken {
            expires: grant.expires,
            timeout_seconds: timeout.as_secs() as u16,
            nonce: grant.nonce,
            client_to_server: grant.client_to_server,
            server_to_client: grant.server_to_client,
            sealed,
        })
    }

    /// A packet from an address that has a session.
    fn session_packet<'a>(
        &mut self,
        now: Duration,
        slot: usize,
        datagram: &'a mut [u8],
    ) -> Result<Heard<'a>, Refusal> {
        let session = self.sessions[slot]
            .as_mut()
            .expect("the address index points at sessions");
        let seat = session.seat;
        let (kind, body) = session.open(now, datagram, self.protocol_id)?;
        match kind {
            Kind::Payload if !body.is_empty() => Ok(Heard::Payload { seat, bytes: body }),
            Kind::KeepAlive if body.len() == 8 => Ok(Heard::Nothing),
            Kind::Disconnect if body.is_empty() => {
                // `[SE5]` Who leaves gives the seat up: no resume token opens the door again.
                self.withdraw(seat);
                self.remove(now, slot);
                Ok(Heard::Disconnected { seat })
            }
            // The client has not heard our keep-alive yet; the next one is on its way.
            Kind::Response => Ok(Heard::Nothing),
            _ => Err(Refusal::Malformed),
        }
    }

    /// Seals a payload for a seat. Call [`Server::update`] first in a tick: it alone ends silent sessions.
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent then.
    pub fn send(
        &mut self,
        now: Duration,
        seat: SeatId,
        payload: &[u8],
        out: &mut impl Transmit,
    ) -> Result<(), SendError> {
        if payload.is_empty() || payload.len() > MAX_PAYLOAD_BYTES {
            return Err(SendError::Length);
        }
        let protocol_id = self.protocol_id;
        let session = self.session_mut(seat).ok_or(SendError::NoSession)?;
        session.send_payload(now, protocol_id, payload, out);
        Ok(())
    }

    /// Ends sessions that were silent too long, telling `ended`, and keeps the others alive.
    pub fn update(
        &mut self,
        now: Duration,
        out: &mut impl Transmit,
        mut ended: impl FnMut(SeatId),
    ) {
        for slot in 0..self.sessions.len() {
            let Some(session) = &mut self.sessions[slot] else {
                continue;
            };
            if session.is_silent(now) {
                let seat = session.seat;
                // Not told, as in the standard's own server: only silence makes a client come back.
                self.remove(now, slot);
                ended(seat);
            } else {
                session.keep_alive(now, self.protocol_id, out);
            }
        }
    }

    /// Ends a seat's session and forgets its offer. False when there was no session.
    pub fn kick(&mut self, now: Duration, seat: SeatId, out: &mut impl Transmit) -> bool {
        self.withdraw(seat);
        let slot = self.by_seat.get(&seat).copied();
        if let Some(slot) = slot {
            self.say_goodbye(now, slot, out);
        }
        slot.is_some()
    }

    /// The seats that have a session.
    pub fn seats(&self) -> impl Iterator<Item = SeatId> + '_ {
        self.sessions.iter().flatten().map(|session| session.seat)
    }

    /// What the token of a seat with a session said about it.
    pub fn user_data(&self, seat: SeatId) -> Option<&UserData> {
        self.session(seat).map(|session| &session.user_data)
    }

    /// Where a seat's session comes from.
    pub fn address(&self, seat: SeatId) -> Option<SocketAddr> {
        self.session(seat).map(|session| session.address)
    }

    /// Refusals by cause.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    fn session(&self, seat: SeatId) -> Option<&Session> {
        self.sessions[*self.by_seat.get(&seat)?].as_ref()
    }

    fn session_mut(&mut self, seat: SeatId) -> Option<&mut Session> {
        self.sessions[*self.by_seat.get(&seat)?].as_mut()
    }

    fn say_goodbye(&mut self, now: Duration, slot: usize, out: &mut impl Transmit) {
        if let Some(session) = &mut self.sessions[slot] {
            for _ in 0..DISCONNECT_COPIES {
                session.send(now, Kind::Disconnect, self.protocol_id, &[], out);
            }
        }
        self.remove(now, slot);
    }

    fn remove(&mut self, now: Duration, slot: usize) {
        if let Some(session) = self.sessions[slot].take() {
            self.departed.retain(|_, until| *until > now);
            self.departed.insert(session.address, now + DEPARTED_FOR);
            self.by_address.remove(&session.address);
            self.by_seat.remove(&session.seat);
        }
    }

    fn deny(&mut self, to: SocketAddr, key: &Key, out: &mut impl Transmit) {
        self.handshakes.remove(&to);
        self.send_outside_session(Kind::Denied, to, key, &[], out);
    }

    fn send_outside_session(
        &mut self,
        kind: Kind,
        to: SocketAddr,
        key: &Key,
        body: &[u8],
        out: &mut impl Transmit,
    ) {
        let cipher = Cipher::new(key);
        let length = packet::seal(
            out.packet(),
            kind,
            self.global_sequence,
            self.protocol_id,
            &cipher,
            body,
        );
        self.global_sequence += 1;
        out.send(to, length);
    }
}

/// For challenge tokens, which only this process opens.
fn random_cipher() -> Cipher {
    Cipher::new(&random::<32>())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has random numbers");
    bytes
}
