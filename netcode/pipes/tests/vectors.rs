//! Connect tokens against the golden bytes that the TypeScript tests read too, and against both other implementations.

use otherworld_pipes::SeatId;
use otherworld_pipes::token::{ConnectToken, Grant};
use serde::Deserialize;
use std::net::SocketAddr;

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    key: String,
    protocol_id: String,
    created: String,
    expires: String,
    nonce: String,
    timeout_seconds: i32,
    addresses: Vec<SocketAddr>,
    client_to_server_key: String,
    server_to_client_key: String,
    client_id: String,
    user_data: String,
    token: String,
}

impl Vector {
    fn grant(&self) -> Grant {
        Grant {
            protocol_id: self.protocol_id.parse().unwrap(),
            created: self.created.parse().unwrap(),
            expires: self.expires.parse().unwrap(),
            nonce: bytes(&self.nonce),
            timeout_seconds: self.timeout_seconds,
            addresses: self.addresses.clone(),
            client_to_server: bytes(&self.client_to_server_key),
            server_to_client: bytes(&self.server_to_client_key),
            seat: SeatId(self.client_id.parse().unwrap()),
            user_data: bytes(&self.user_data),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../spec/vectors/connect-token.json"
    );
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(file.vectors.len() >= 4);
    file.vectors
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}

#[test]
fn golden_tokens_seal_to_their_bytes() {
    for vector in vectors() {
        let sealed = vector.grant().seal(&bytes(&vector.key)).unwrap();
        assert_eq!(sealed[..], bytes::<2048>(&vector.token), "{}", vector.name);
    }
}

#[test]
fn golden_tokens_open_to_their_inputs() {
    for vector in vectors() {
        let token = ConnectToken::read(&bytes::<2048>(&vector.token)).unwrap();
        assert_eq!(
            reconstruct(&token, &bytes(&vector.key)),
            vector.grant(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn netcode_official_takes_the_golden_tokens() {
    for vector in vectors() {
        let mut client = netcode::Client::new("127.0.0.1:0".parse().unwrap(), 0.0).unwrap();
        client.connect(&bytes(&vector.token)).expect(&vector.name);
        assert_eq!(
            client.server_address(),
            Some(vector.addresses[0]),
            "{}",
            vector.name
        );
    }
}

/// The official crate seals with random keys: open its token, take everything out, seal that, compare all 2048 bytes.
#[test]
fn a_token_of_netcode_official_is_sealed_alike() {
    let key = netcode::generate_key();
    let user_data = std::array::from_fn(|i| i as u8);
    for addresses in [
        vec!["10.1.2.3:4000"],
        vec!["[2001:db8::5:6]:7"],
        vec!["[::1]:1", "127.0.0.1:2"],
    ] {
        let addresses: Vec<SocketAddr> = addresses.iter().map(|at| at.parse().unwrap()).collect();
        let theirs =
            netcode::generate_connect_token(&addresses, &addresses, 30, 5, 99, 7, &key, &user_data)
                .unwrap();
        let grant = reconstruct(&ConnectToken::read(&theirs).unwrap(), &key);
        assert_eq!((grant.seat, &grant.addresses), (SeatId(99), &addresses));
        assert_eq!(*grant.seal(&key).unwrap(), theirs);
    }
}

fn reconstruct(token: &ConnectToken, key: &[u8; 32]) -> Grant {
    let private = token.open(key).unwrap();
    assert_eq!(private.addresses, token.addresses);
    assert_eq!(private.timeout_seconds, token.timeout_seconds);
    assert_eq!(private.client_to_server, token.client_to_server);
    assert_eq!(private.server_to_client, token.server_to_client);
    Grant {
        protocol_id: token.protocol_id,
        created: token.created,
        expires: token.expires,
        nonce: token.nonce,
        timeout_seconds: token.timeout_seconds,
        addresses: private.addresses,
        client_to_server: private.client_to_server,
        server_to_client: private.server_to_client,
        seat: private.seat,
        user_data: private.user_data,
    }
}
