//! A native client's end of the UDP pipe: one socket and the crate `renetcode`'s client.
//!
//! What reaches the crate is checked first, because its reader panics on a sequence length that the standard
//! forbids and its token reader mistakes IPv6 addresses (see the README): tokens are read by [`ConnectToken`], and only
//! packets with a standard header from the server's own address go in. Buffers are the caller's, shared by all
//! clients of a thread.

use crate::netcode::packet::{self, Kind};
use crate::netcode::token::{ConnectToken, TokenError};
use crate::netcode::{MAX_PAYLOAD_BYTES, SendError, Transmit};
use crate::udp::{BATCH, Inbox, Outbox, Socket};
use otherworld_core::message::ResumeToken;
use renetcode::{ClientAuthentication, DisconnectReason, NetcodeClient, NetcodeError};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;
use thiserror::Error;

/// The standard's number of goodbyes, since nothing acknowledges them.
const DISCONNECT_COPIES: usize = 10;
/// Batches that one call of [`ClientPipe::receive`] serves.
const BATCHES_PER_CALL: usize = 16;

/// Why a client cannot start.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The token is not readable.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The crate refuses the token.
    #[error("the connect token cannot be used: {0}")]
    Netcode(#[from] NetcodeError),
    /// There is no socket to be had.
    #[error("no UDP socket: {0}")]
    Socket(#[from] io::Error),
}

/// Where a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientState {
    /// Requesting or answering the challenge.
    Connecting,
    /// In session.
    Connected,
    /// Over, and why.
    Disconnected(DisconnectReason),
}

/// A UDP socket that speaks netcode 1.02 with the servers of one token.
pub struct ClientPipe {
    socket: Socket,
    netcode: NetcodeClient,
    protocol_id: u64,
    via: Option<SocketAddr>,
    updated_at: Duration,
    traffic: Traffic,
    ignored: u64,
    cut: bool,
}

/// What went through a pipe's sockets since it began, those before a resumption included. Bytes are those of UDP's payload,
/// without the headers of UDP and IP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams that came from the server.
    pub datagrams_down: u64,
    /// Their bytes.
    pub bytes_down: u64,
    /// Datagrams that were to be sent.
    pub datagrams_up: u64,
    /// Their bytes.
    pub bytes_up: u64,
}

impl ClientPipe {
    /// Starts connecting with the 2048 bytes that a control plane handed out. `now` is unix time. With `via` all datagrams go
    /// there instead of to the token's addresses, and come from there: to a proxy in front of the server.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn connect(
        token: &[u8],
        via: Option<SocketAddr>,
        now: Duration,
    ) -> Result<Self, ClientError> {
        Self::connect_with(&ConnectToken::read(token)?, via, now)
    }

    /// `[SE8]` Starts coming back to the same server with a token from the session, over a new socket. The old pipe is of no
    /// use afterwards: drop it. Requests are repeated for `patience`, all from this socket, because a token is honoured
    /// only for the first address that brings it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn resume(
        &self,
        token: &ResumeToken,
        now: Duration,
        patience: Duration,
    ) -> Result<Self, ClientError> {
        let patience_seconds = patience.as_secs().clamp(1, 60) as u16;
        let token = ConnectToken::resuming(
            self.protocol_id,
            vec![self.server()],
            patience_seconds,
            token,
        );
        let mut pipe = Self::connect_with(&token, self.via, now)?;
        pipe.traffic = self.traffic;
        Ok(pipe)
    }

    fn connect_with(
        token: &ConnectToken,
        via: Option<SocketAddr>,
        now: Duration,
    ) -> Result<Self, ClientError> {
        let socket = bind_towards(via.as_ref().map_or(&token.addresses, std::slice::from_ref))?;
        let connect_token = to_renetcode(token);
        let netcode = NetcodeClient::new(now, ClientAuthentication::Secure { connect_token })?;
        Ok(Self {
            socket,
            netcode,
            protocol_id: token.protocol_id,
            via,
            updated_at: now,
            traffic: Traffic::default(),
            ignored: 0,
            cut: false,
        })
    }

    /// Moves the session to a new socket without telling anybody, as a NAT does that forgot its port.
    ///
    /// # Errors
    /// Those of the system.
    pub fn rebind(&mut self) -> io::Result<()> {
        self.socket = bind_towards(&[self.peer()])?;
        Ok(())
    }

    /// While `cut`, nothing comes in and nothing goes out, as on a network that is dead.
    pub fn set_cut(&mut self, cut: bool) {
        self.cut = cut;
    }

    /// Where the client stands.
    pub fn state(&self) -> ClientState {
        match self.netcode.disconnect_reason() {
            Some(reason) => ClientState::Disconnected(reason),
            None if self.netcode.is_connected() => ClientState::Connected,
            None => ClientState::Connecting,
        }
    }

    /// The server that is being talked to.
    pub fn server(&self) -> SocketAddr {
        self.netcode.server_addr()
    }

    /// Where datagrams go to and come from.
    fn peer(&self) -> SocketAddr {
        self.via.unwrap_or(self.server())
    }

    /// What has gone through.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The socket, for its address and what the kernel gave it.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Datagrams that came from elsewhere or were no packets of the standard.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Serves what has arrived.
    ///
    /// # Errors
    /// Those of the system, which mean that the socket is broken.
    pub fn receive(
        &mut self,
        inbox: &mut Inbox,
        mut on_payload: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        for _ in 0..BATCHES_PER_CALL {
            let count = inbox.receive(&self.socket)?;
            for index in 0..count {
                let (from, datagram) = inbox.datagram(index);
                if self.cut {
                    continue;
                }
                let is_from_peer = same(from, self.peer());
                if is_from_peer {
                    self.traffic.datagrams_down += 1;
                    self.traffic.bytes_down += datagram.len() as u64;
                }
                if is_from_peer && is_from_server(datagram) {
                    if let Some(payload) = self.netcode.process_packet(datagram) {
                        on_payload(payload);
                    }
                } else {
                    self.ignored += 1;
                }
            }
            if count < BATCH {
                break;
            }
        }
        Ok(())
    }

    /// Advances time: requests, answers, keep-alives, timeouts.
    pub fn update(&mut self, now: Duration, outbox: &mut Outbox) {
        let elapsed = now.saturating_sub(self.updated_at);
        self.updated_at = self.updated_at.max(now);
        let via = self.via;
        if let Some((bytes, to)) = self.netcode.update(elapsed)
            && !self.cut
        {
            let to = via.unwrap_or(to);
            transmit(outbox, &self.socket, &mut self.traffic, to, bytes);
        }
        outbox.flush(&self.socket);
    }

    /// Sends a payload at once.
    ///
    /// # Errors
    /// [`SendError::Length`]; [`SendError::NoSession`] unless connected.
    pub fn send(&mut self, payload: &[u8], outbox: &mut Outbox) -> Result<(), SendError> {
        if payload.is_empty() || payload.len() > MAX_PAYLOAD_BYTES {
            return Err(SendError::Length);
        }
        let (to, bytes) = self
            .netcode
            .generate_payload_packet(payload)
            .map_err(|_| SendError::NoSession)?;
        if !self.cut {
            let to = self.via.unwrap_or(to);
            transmit(outbox, &self.socket, &mut self.traffic, to, bytes);
        }
        outbox.flush(&self.socket);
        Ok(())
    }

    /// Ends the session and tells the server.
    pub fn disconnect(&mut self, outbox: &mut Outbox) {
        if matches!(self.state(), ClientState::Disconnected(_)) {
            return;
        }
        if let Ok((to, bytes)) = self.netcode.disconnect() {
            let to = self.via.unwrap_or(to);
            for _ in 0..DISCONNECT_COPIES {
                transmit(outbox, &self.socket, &mut self.traffic, to, bytes);
            }
        }
        outbox.flush(&self.socket);
    }
}

impl AsFd for ClientPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A socket that reaches every address of the list: IPv6 sockets reach IPv4 too, as mapped addresses.
fn bind_towards(addresses: &[SocketAddr]) -> io::Result<Socket> {
    let any: SocketAddr = if addresses.iter().all(SocketAddr::is_ipv4) {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    Socket::bind(any)
}

fn transmit(
    outbox: &mut Outbox,
    socket: &Socket,
    traffic: &mut Traffic,
    to: SocketAddr,
    bytes: &[u8],
) {
    traffic.datagrams_up += 1;
    traffic.bytes_up += bytes.len() as u64;
    let mut out = outbox.on(socket);
    out.packet()[..bytes.len()].copy_from_slice(bytes);
    out.send(to, bytes.len());
}

/// The same peer, also when an IPv6 socket shows an IPv4 one as mapped.
fn same(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() == b.port() && a.ip().to_canonical() == b.ip().to_canonical()
}

/// A header that the standard lets a server send; sequence numbers of a session lie in the lower half.
fn is_from_server(datagram: &[u8]) -> bool {
    packet::peek(datagram).is_some_and(|header| match header.kind {
        Kind::Challenge | Kind::Denied => true,
        Kind::KeepAlive | Kind::Payload | Kind::Disconnect => header.sequence >> 63 == 0,
        Kind::Request | Kind::Response => false,
    })
}

/// The crate's own reader expects its own layout; its fields are public.
fn to_renetcode(token: &ConnectToken) -> renetcode::ConnectToken {
    let mut server_addresses = [None; 32];
    for (slot, address) in server_addresses.iter_mut().zip(&token.addresses) {
        *slot = Some(*address);
    }
    renetcode::ConnectToken {
        // Only the sealed half names the client, and only the server needs to know.
        client_id: 0,
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netcode::token::Grant;
    use otherworld_core::SeatId;
    use proptest::prelude::*;

    fn client() -> NetcodeClient {
        let grant = Grant {
            protocol_id: 1,
            created: 1000,
            expires: 1030,
            nonce: [1; 24],
            timeout_seconds: 5,
            addresses: vec!["127.0.0.1:1".parse().unwrap()],
            client_to_server: [2; 32],
            server_to_client: [3; 32],
            seat: SeatId(1),
            user_data: [0; 256],
        };
        let token = ConnectToken::read(&grant.seal(&[0; 32]).unwrap()[..]).unwrap();
        let connect_token = to_renetcode(&token);
        NetcodeClient::new(
            Duration::from_secs(1000),
            ClientAuthentication::Secure { connect_token },
        )
        .unwrap()
    }

    proptest! {
        /// Half of the prefixes are the ones that matter; renetcode alone panics on some of them.
        #[test]
        fn what_passes_the_guard_never_panics_inside(
            prefix in prop_oneof![any::<u8>(), (1u8..=6, 0u8..=15).prop_map(|(kind, length)| kind | length << 4)],
            rest in prop_oneof![prop::collection::vec(any::<u8>(), 0..1300), prop::collection::vec(Just(0xff), 0..64)],
        ) {
            let mut datagram = [&[prefix], &rest[..]].concat();
            if is_from_server(&datagram) {
                prop_assert!(client().process_packet(&mut datagram).is_none());
            }
        }
    }
}
