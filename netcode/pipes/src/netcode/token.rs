//! Connect tokens: the 2048 bytes that a client is handed over HTTPS, of which 1024 are sealed for the server; and
//! challenge tokens, which prove that an address can receive.
//!
//! The control plane seals connect tokens in TypeScript; the golden bytes in `netcode/spec/vectors/` hold both to
//! the same form. Sealing is here too, for tests, tools and the instance's own resume tokens.

use super::cipher::{Cipher, TAG_BYTES};
use super::{Key, SeatId, UserData, VERSION};
use chacha20poly1305::{AeadInPlace, KeyInit, Tag, XChaCha20Poly1305};
use otherworld_core::message::ResumeToken;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;

/// A connect token as it is handed to a client.
pub const CONNECT_TOKEN_BYTES: usize = 2048;
/// The half of it that only the server opens.
pub const PRIVATE_BYTES: usize = 1024;
pub(super) const CHALLENGE_BYTES: usize = 300;
/// A connection request on the wire: prefix, version, protocol id, expiry, nonce, sealed half.
pub(super) const REQUEST_BYTES: usize = 1 + 13 + 8 + 8 + 24 + PRIVATE_BYTES;
const MAX_ADDRESSES: usize = 32;

/// Why bytes are not a connect token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not 2048 bytes.
    #[error("a connect token has {CONNECT_TOKEN_BYTES} bytes, this has {0}")]
    Length(usize),
    /// Not "NETCODE 1.02".
    #[error("the connect token is not of netcode 1.02")]
    Version,
    /// It expires before it was made.
    #[error("the connect token expires before it was made")]
    Times,
    /// No address, more than 32, or one of an unknown family.
    #[error("the connect token's list of server addresses is not readable")]
    Addresses,
    /// The seal does not open with this key.
    #[error("the connect token's seal does not open")]
    Seal,
}

/// Everything that a connect token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The version of everything on the wire; both sides must have the same.
    pub protocol_id: u64,
    /// Unix time (unit: seconds).
    pub created: u64,
    /// Unix time from which the token is worth nothing (unit: seconds).
    pub expires: u64,
    /// Random for each token: the seal's nonce.
    pub nonce: [u8; 24],
    /// Silence that ends the session (unit: seconds).
    pub timeout_seconds: i32,
    /// Where the client finds the server; it tries them in turn. 1 to 32.
    pub addresses: Vec<SocketAddr>,
    /// Seals what the client sends.
    pub client_to_server: Key,
    /// Seals what the server sends.
    pub server_to_client: Key,
    /// Whom the token is for.
    pub seat: SeatId,
    /// Opaque here.
    pub user_data: UserData,
}

/// The part of a connect token that its client can read, and the sealed half that it forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectToken {
    /// See [`Grant::protocol_id`].
    pub protocol_id: u64,
    /// See [`Grant::created`].
    pub created: u64,
    /// See [`Grant::expires`].
    pub expires: u64,
    /// See [`Grant::nonce`].
    pub nonce: [u8; 24],
    /// The sealed half.
    pub private: [u8; PRIVATE_BYTES],
    /// See [`Grant::timeout_seconds`].
    pub timeout_seconds: i32,
    /// See [`Grant::addresses`].
    pub addresses: Vec<SocketAddr>,
    /// See [`Grant::client_to_server`].
    pub client_to_server: Key,
    /// See [`Grant::server_to_client`].
    pub server_to_client: Key,
}

/// The opened half of a connect token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateToken {
    /// See [`Grant::seat`].
    pub seat: SeatId,
    /// See [`Grant::timeout_seconds`].
    pub timeout_seconds: i32,
    /// See [`Grant::addresses`].
    pub addresses: Vec<SocketAddr>,
    /// See [`Grant::client_to_server`].
    pub client_to_server: Key,
    /// See [`Grant::server_to_client`].
    pub server_to_client: Key,
    /// See [`Grant::user_data`].
    pub user_data: UserData,
}

impl Grant {
    /// Seals the grant with the instance's key.
    ///
    /// # Errors
    /// [`TokenError::Addresses`] when there is none or more than 32, [`TokenError::Times`].
    pub fn seal(&self, key: &Key) -> Result<Box<[u8; CONNECT_TOKEN_BYTES]>, TokenError> {
        if !(1..=MAX_ADDRESSES).contains(&self.addresses.len()) {
            return Err(TokenError::Addresses);
        }
        if self.expires < self.created {
            return Err(TokenError::Times);
        }
        let mut token = Box::new([0; CONNECT_TOKEN_BYTES]);
        let mut out = Writer(&mut token[..]);
        out.bytes(VERSION);
        out.bytes(&self.protocol_id.to_le_bytes());
        out.bytes(&self.created.to_le_bytes());
        out.bytes(&self.expires.to_le_bytes());
        out.bytes(&self.nonce);
        out.bytes(&self.seal_private(key));
        out.bytes(&self.timeout_seconds.to_le_bytes());
        out.addresses(&self.addresses);
        out.bytes(&self.client_to_server);
        out.bytes(&self.server_to_client);
        Ok(token)
    }

    pub(super) fn seal_private(&self, key: &Key) -> [u8; PRIVATE_BYTES] {
        let mut private = [0; PRIVATE_BYTES];
        let mut out = Writer(&mut private);
        out.bytes(&self.seat.0.to_le_bytes());
        out.bytes(&self.timeout_seconds.to_le_bytes());
        out.addresses(&self.addresses);
        out.bytes(&self.client_to_server);
        out.bytes(&self.server_to_client);
        out.bytes(&self.user_data);
        let (body, tag) = private
            .split_last_chunk_mut::<TAG_BYTES>()
            .expect("longer than a tag");
        let sealed = XChaCha20Poly1305::new(key.into())
            .encrypt_in_place_detached(
                &self.nonce.into(),
                &associated_data(self.protocol_id, self.expires),
                body,
            )
            .expect("a token is shorter than the cipher's limit of 256 GiB");
        *tag = sealed.into();
        private
    }
}

impl ConnectToken {
    /// The token that a resume token stands for: what it leaves out is as in the session that brought it, and the client asks
    /// for `patience_seconds`, whatever its own clock says about the token's end.
    pub(crate) fn resuming(
        protocol_id: u64,
        addresses: Vec<SocketAddr>,
        patience_seconds: u16,
        token: &ResumeToken,
    ) -> Self {
        Self {
            protocol_id,
            created: token
                .expires
                .saturating_sub(2 * u64::from(patience_seconds)),
            expires: token.expires,
            nonce: token.nonce,
            private: token.sealed,
            timeout_seconds: patience_seconds.into(),
            addresses,
            client_to_server: token.client_to_server,
            server_to_client: token.server_to_client,
        }
    }

    /// Reads what a client was handed.
    ///
    /// # Errors
    /// See [`TokenError`]; the seal is not the client's to open.
    pub fn read(token: &[u8]) -> Result<Self, TokenError> {
        if token.len() != CONNECT_TOKEN_BYTES {
            return Err(TokenError::Length(token.len()));
        }
        // From here on the length holds every fixed field and the longest list, so only the list can be wrong.
        let mut input = Reader(token);
        if input.array() != Some(*VERSION) {
            return Err(TokenError::Version);
        }
        let read = (|| {
            Some(Self {
                protocol_id: input.u64()?,
                created: input.u64()?,
                expires: input.u64()?,
                nonce: input.array()?,
                private: input.array()?,
                timeout_seconds: i32::from_le_bytes(input.array()?),
                addresses: input.addresses()?,
                client_to_server: input.array()?,
                server_to_client: input.array()?,
            })
        })();
        let token = read.ok_or(TokenError::Addresses)?;
        if token.expires < token.created {
            Err(TokenError::Times)
        } else {
            Ok(token)
        }
    }

    /// Opens the sealed half, as the server does.
    ///
    /// # Errors
    /// [`TokenError::Seal`], [`TokenError::Addresses`].
    pub fn open(&self, key: &Key) -> Result<PrivateToken, TokenError> {
        open_private(
            &self.private,
            self.protocol_id,
            self.expires,
            &self.nonce,
            key,
        )
    }
}

/// A connection request, read but not opened.
pub(super) struct Request<'a> {
    pub(super) protocol_id: u64,
    pub(super) expires: u64,
    nonce: [u8; 24],
    private: &'a [u8; PRIVATE_BYTES],
}

impl<'a> Request<'a> {
    /// Reads a request's clear fields. `None` when length or version is not the standard's.
    pub(super) fn read(packet: &'a [u8]) -> Option<Self> {
        if packet.len() != REQUEST_BYTES {
            return None;
        }
        let mut input = Reader(&packet[1..]);
        if input.array()? != *VERSION {
            return None;
        }
        Some(Self {
            protocol_id: input.u64()?,
            expires: input.u64()?,
            nonce: input.array()?,
            private: input.0.first_chunk()?,
        })
    }

    /// The seal's own tag: as good as unique, and the same each time the token is used.
    pub(super) fn tag(&self) -> [u8; TAG_BYTES] {
        *self.private.last_chunk().expect("longer than a tag")
    }

    pub(super) fn open(&self, key: &Key) -> Result<PrivateToken, TokenError> {
        open_private(
            self.private,
            self.protocol_id,
            self.expires,
            &self.nonce,
            key,
        )
    }
}

fn open_private(
    private: &[u8; PRIVATE_BYTES],
    protocol_id: u64,
    expires: u64,
    nonce: &[u8; 24],
    key: &Key,
) -> Result<PrivateToken, TokenError> {
    let mut private = *private;
    let (body, tag) = private
        .split_last_chunk_mut::<TAG_BYTES>()
        .expect("longer than a tag");
    XChaCha20Poly1305::new(key.into())
        .decrypt_in_place_detached(
            nonce.into(),
            &associated_data(protocol_id, expires),
            body,
            &Tag::from(*tag),
        )
        .map_err(|_| TokenError::Seal)?;
    let mut input = Reader(body);
    let read = (|| {
        Some(PrivateToken {
            seat: SeatId(input.u64()?),
            timeout_seconds: i32::from_le_bytes(input.array()?),
            addresses: input.addresses()?,
            client_to_server: input.array()?,
            server_to_client: input.array()?,
            user_data: input.array()?,
        })
    })();
    read.ok_or(TokenError::Addresses)
}

/// Makes the token that an address must bring back. Only this process opens it again.
pub(super) fn seal_challenge(
    seat: SeatId,
    user_data: &UserData,
    sequence: u64,
    cipher: &Cipher,
) -> [u8; CHALLENGE_BYTES] {
    let mut token = [0; CHALLENGE_BYTES];
    let mut out = Writer(&mut token);
    out.bytes(&seat.0.to_le_bytes());
    out.bytes(user_data);
    let (body, tag) = token
        .split_last_chunk_mut::<TAG_BYTES>()
        .expect("longer than a tag");
    *tag = cipher.seal(sequence, b"", body);
    token
}

/// The seat that a returned challenge token was made for.
pub(super) fn open_challenge(
    token: &mut [u8; CHALLENGE_BYTES],
    sequence: u64,
    cipher: &Cipher,
) -> Option<SeatId> {
    let body = cipher.open(sequence, b"", token)?;
    Reader(body).u64().map(SeatId)
}

fn associated_data(protocol_id: u64, expires: u64) -> [u8; 29] {
    let mut data = [0; 29];
    let mut out = Writer(&mut data);
    out.bytes(VERSION);
    out.bytes(&protocol_id.to_le_bytes());
    out.bytes(&expires.to_le_bytes());
    data
}

/// Fills a buffer that is known to be long enough; what is not written stays zero, as the standard wants it.
struct Writer<'a>(&'a mut [u8]);

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        let (head, tail) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        head.copy_from_slice(bytes);
        self.0 = tail;
    }

    fn addresses(&mut self, addresses: &[SocketAddr]) {
        self.bytes(&(addresses.len() as u32).to_le_bytes());
        for address in addresses {
            match address.ip() {
                IpAddr::V4(ip) => {
                    self.bytes(&[1]);
                    self.bytes(&ip.octets());
                }
                // Eight little-endian words, not sixteen octets: the standard's form, which renetcode 2.0.0 misses.
                IpAddr::V6(ip) => {
                    self.bytes(&[2]);
                    ip.segments()
                        .iter()
                        .for_each(|word| self.bytes(&word.to_le_bytes()));
                }
            }
            self.bytes(&address.port().to_le_bytes());
        }
    }
}

/// Reads what a peer sent; `None` past the end.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn addresses(&mut self) -> Option<Vec<SocketAddr>> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if !(1..=MAX_ADDRESSES).contains(&count) {
            return None;
        }
        (0..count).map(|_| self.address()).collect()
    }

    fn address(&mut self) -> Option<SocketAddr> {
        let ip = match self.array()? {
            [1] => IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)),
            [2] => {
                let mut words = [0; 8];
                for word in &mut words {
                    *word = self.u16()?;
                }
                IpAddr::V6(Ipv6Addr::from(words))
            }
            _ => return None,
        };
        Some(SocketAddr::new(ip, self.u16()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(
            mut token in prop::collection::vec(any::<u8>(), CONNECT_TOKEN_BYTES), versioned: bool,
        ) {
            if versioned {
                token[..13].copy_from_slice(VERSION);
            }
            let _ = ConnectToken::read(&token).map(|token| token.open(&[0; 32]));
            let _ = Request::read(&token[..REQUEST_BYTES]).map(|request| request.open(&[0; 32]).is_err());
        }

        #[test]
        fn reads_and_opens_what_it_sealed(
            protocol_id: u64, created in 0..u64::MAX / 2, life in 0..u64::MAX / 2, nonce: [u8; 24], timeout_seconds: i32,
            addresses in prop::collection::vec(any::<(Ipv4Addr, Ipv6Addr, bool, u16)>(), 1..=32),
            client_to_server: [u8; 32], server_to_client: [u8; 32], key: [u8; 32], seat: u64, fill: u8,
        ) {
            let addresses: Vec<_> = addresses
                .into_iter()
                .map(|(v4, v6, four, port)| SocketAddr::new(if four { v4.into() } else { v6.into() }, port))
                .collect();
            let grant = Grant {
                protocol_id, created, expires: created + life, nonce, timeout_seconds, addresses,
                client_to_server, server_to_client, seat: SeatId(seat), user_data: [fill; 256],
            };
            let token = ConnectToken::read(&grant.seal(&key).unwrap()[..]).unwrap();
            let private = token.open(&key).unwrap();
            prop_assert_eq!(&token.addresses, &grant.addresses);
            prop_assert_eq!(private.seat, SeatId(seat));
            prop_assert_eq!(private.addresses, grant.addresses);
            prop_assert_eq!(private.user_data, grant.user_data);
            prop_assert_eq!(token.open(&[!key[0]; 32]), Err(TokenError::Seal));
        }
    }
}
