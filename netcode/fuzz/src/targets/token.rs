//! Connect tokens, both halves: what is read can be sealed again and reads the same.

use chacha20poly1305::{AeadInPlace, KeyInit, XChaCha20Poly1305};
use otherworld_pipes::netcode::Key;
use otherworld_pipes::token::{
    CONNECT_TOKEN_BYTES, ConnectToken, Grant, PRIVATE_BYTES, PrivateToken, TokenError,
};

const KEY: Key = [7; 32];
const VERSION: &[u8; 13] = b"NETCODE 1.02\0";
const PRIVATE_AT: usize = 13 + 8 + 8 + 8 + 24;

/// A token as a control plane would hand it out; what is missing is zero.
pub fn check_public(bytes: &[u8]) -> bool {
    let whole = padded::<CONNECT_TOKEN_BYTES>(bytes);
    assert_eq!(
        ConnectToken::read(&whole[1..]),
        Err(TokenError::Length(CONNECT_TOKEN_BYTES - 1))
    );
    let Ok(token) = ConnectToken::read(&whole[..]) else {
        return false;
    };
    check_addresses(token.addresses.len());
    assert!(token.created <= token.expires);
    let grant = Grant {
        protocol_id: token.protocol_id,
        created: token.created,
        expires: token.expires,
        nonce: token.nonce,
        timeout_seconds: token.timeout_seconds,
        addresses: token.addresses.clone(),
        client_to_server: token.client_to_server,
        server_to_client: token.server_to_client,
        seat: otherworld_core::SeatId(1),
        user_data: [0; 256],
    };
    let mut again = grant.seal(&KEY).expect("it was a token");
    again[PRIVATE_AT..][..PRIVATE_BYTES].copy_from_slice(&token.private);
    assert_eq!(ConnectToken::read(&again[..]), Ok(token.clone()));
    // The other half was sealed by nobody who has the key.
    assert_eq!(token.open(&KEY), Err(TokenError::Seal));
    true
}

/// What lies under the seal, sealed by somebody who has the key.
pub fn check_private(bytes: &[u8]) -> bool {
    let token = sealed(&padded(bytes));
    let Ok(private) = token.open(&KEY) else {
        return false;
    };
    check_addresses(private.addresses.len());
    let again = Grant {
        protocol_id: token.protocol_id,
        created: token.created,
        expires: token.expires,
        nonce: token.nonce,
        timeout_seconds: private.timeout_seconds,
        addresses: private.addresses.clone(),
        client_to_server: private.client_to_server,
        server_to_client: private.server_to_client,
        seat: private.seat,
        user_data: private.user_data,
    };
    let again = again.seal(&KEY).expect("it was a token");
    let again = ConnectToken::read(&again[..]).expect("it is a token");
    assert_eq!(again.open(&KEY).as_ref(), Ok(&private));
    assert!(token.open(&[8; 32]).is_err());
    check_length(&private);
    true
}

/// A token that holds exactly these bytes under its seal.
fn sealed(plain: &[u8; PRIVATE_BYTES]) -> ConnectToken {
    let grant = Grant {
        protocol_id: 7,
        created: 1_700_000_000,
        expires: 1_700_000_030,
        nonce: [3; 24],
        timeout_seconds: 5,
        addresses: vec![([127, 0, 0, 1], 7420).into()],
        client_to_server: [1; 32],
        server_to_client: [2; 32],
        seat: otherworld_core::SeatId(1),
        user_data: [0; 256],
    };
    let bytes = grant.seal(&KEY).expect("a token");
    let mut token = ConnectToken::read(&bytes[..]).expect("a token");
    token.private = *plain;
    let mut data = VERSION.to_vec();
    data.extend_from_slice(&token.protocol_id.to_le_bytes());
    data.extend_from_slice(&token.expires.to_le_bytes());
    let (body, tag) = token.private.split_at_mut(PRIVATE_BYTES - 16);
    let made = XChaCha20Poly1305::new(&KEY.into())
        .encrypt_in_place_detached(&token.nonce.into(), &data, body)
        .expect("it is short");
    tag.copy_from_slice(&made);
    token
}

fn check_addresses(count: usize) {
    assert!((1..=32).contains(&count), "{count} addresses");
}

/// The longest list fits beside everything else, so the reader never runs out.
fn check_length(private: &PrivateToken) {
    let addresses: usize = private
        .addresses
        .iter()
        .map(|address| if address.is_ipv4() { 7 } else { 19 })
        .sum();
    assert!(8 + 4 + 4 + addresses + 64 + 256 <= PRIVATE_BYTES - 16);
}

fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut whole = [0; N];
    let length = bytes.len().min(N);
    whole[..length].copy_from_slice(&bytes[..length]);
    whole
}
