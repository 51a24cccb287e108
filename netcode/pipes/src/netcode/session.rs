//! One session: its keys, its sequence numbers, its replay window and its last signs of life.

use super::packet::{self, Kind};
use super::replay::Replay;
use super::server::Transmit;
use super::token::PrivateToken;
use super::{Cipher, Refusal, SeatId, UserData};
use std::net::SocketAddr;
use std::time::Duration;

/// A session that sent nothing for this long sends a keep-alive; the standard's rate.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_millis(100);
/// A token may ask for less silence, never for more or for none: the seat would stay taken.
const LONGEST_TIMEOUT_SECONDS: i32 = 60;

pub(super) struct Session {
    pub(super) seat: SeatId,
    pub(super) address: SocketAddr,
    pub(super) user_data: UserData,
    send_cipher: Cipher,
    receive_cipher: Cipher,
    sequence: u64,
    replay: Replay,
    last_sent: Duration,
    last_received: Duration,
    pub(super) timeout: Duration,
    /// The client has answered from inside the session; until then each payload is led by a keep-alive, because a
    /// client that still waits for its first one throws payloads away.
    confirmed: bool,
    /// Slot and capacity, as keep-alives tell them.
    keep_alive: [u8; 8],
}

impl Session {
    pub(super) fn new(
        now: Duration,
        address: SocketAddr,
        token: &PrivateToken,
        slot: usize,
        capacity: usize,
    ) -> Self {
        let mut keep_alive = [0; 8];
        keep_alive[..4].copy_from_slice(&(slot as u32).to_le_bytes());
        keep_alive[4..].copy_from_slice(&(capacity as u32).to_le_bytes());
        Self {
            seat: token.seat,
            address,
            user_data: token.user_data,
            send_cipher: Cipher::new(&token.server_to_client),
            receive_cipher: Cipher::new(&token.client_to_server),
            sequence: 0,
            replay: Replay::new(),
            last_sent: now,
            last_received: now,
            timeout: timeout(token.timeout_seconds),
            confirmed: false,
            keep_alive,
        }
    }

    /// Opens a packet of this session in place.
    pub(super) fn open<'a>(
        &mut self,
        now: Duration,
        datagram: &'a mut [u8],
        protocol_id: u64,
    ) -> Result<(Kind, &'a mut [u8]), Refusal> {
        let header = packet::peek(datagram).ok_or(Refusal::Malformed)?;
        let counted = match header.kind {
            Kind::KeepAlive | Kind::Payload | Kind::Disconnect => true,
            Kind::Response => false,
            Kind::Request | Kind::Denied | Kind::Challenge => return Err(Refusal::Malformed),
        };
        if counted && self.replay.already_received(header.sequence) {
            return Err(Refusal::Duplicate);
        }
        let body = packet::open(datagram, header, protocol_id, &self.receive_cipher)
            .ok_or(Refusal::Unauthentic)?;
        // A response is in no replay window: a copy of it must not count as a sign of life.
        if counted {
            self.replay.advance(header.sequence);
            self.last_received = now;
            self.confirmed = true;
        }
        Ok((header.kind, body))
    }

    pub(super) fn is_silent(&self, now: Duration) -> bool {
        now.saturating_sub(self.last_received) > self.timeout
    }

    pub(super) fn send_payload(
        &mut self,
        now: Duration,
        protocol_id: u64,
        payload: &[u8],
        out: &mut impl Transmit,
    ) {
        if !self.confirmed {
            self.send_keep_alive(now, protocol_id, out);
        }
        self.send(now, Kind::Payload, protocol_id, payload, out);
    }

    /// Sends a keep-alive when nothing else was sent lately.
    pub(super) fn keep_alive(&mut self, now: Duration, protocol_id: u64, out: &mut impl Transmit) {
        if now.saturating_sub(self.last_sent) >= KEEP_ALIVE_INTERVAL {
            self.send_keep_alive(now, protocol_id, out);
        }
    }

    pub(super) fn send_keep_alive(
        &mut self,
        now: Duration,
        protocol_id: u64,
        out: &mut impl Transmit,
    ) {
        let body = self.keep_alive;
        self.send(now, Kind::KeepAlive, protocol_id, &body, out);
    }

    pub(super) fn send(
        &mut self,
        now: Duration,
        kind: Kind,
        protocol_id: u64,
        body: &[u8],
        out: &mut impl Transmit,
    ) {
        let packet = out.packet();
        let length = packet::seal(
            packet,
            kind,
            self.sequence,
            protocol_id,
            &self.send_cipher,
            body,
        );
        self.sequence += 1;
        self.last_sent = now;
        out.send(self.address, length);
    }
}

pub(super) fn timeout(asked_seconds: i32) -> Duration {
    let seconds = match asked_seconds {
        ..=0 => LONGEST_TIMEOUT_SECONDS,
        asked => asked.min(LONGEST_TIMEOUT_SECONDS),
    };
    Duration::from_secs(seconds as u64)
}
