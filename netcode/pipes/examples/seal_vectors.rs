//! Writes `netcode/spec/vectors/connect-token.json`: the inputs of connect tokens and the 2048 bytes they seal to.
//!
//! `cargo run -p otherworld-pipes --example seal_vectors > netcode/spec/vectors/connect-token.json`
//!
//! The inputs of the last one are those of the reference C implementation's own golden token, which netcode-official
//! carries (`tests/vectors/connect_token.bin`): the same bytes come out. `tests/vectors.rs` reads what is written here.

use otherworld_core::message::Name;
use otherworld_core::seat::{Role, UserData};
use otherworld_pipes::SeatId;
use otherworld_pipes::token::Grant;
use serde_json::{Value, json};
use std::array::from_fn;

/// The private key of the C implementation's vector.
const REFERENCE_KEY: &str = "606abe6ec91910ea9a6562f66f2b30e44371d62cd19927266b3c60f4b715aba1";

fn main() {
    let vectors = [
        ("one IPv4 address", [0x11; 32], ipv4()),
        ("one IPv6 address", [0x22; 32], ipv6()),
        (
            "IPv6 and IPv4, no timeout, largest numbers",
            [0xff; 32],
            largest(),
        ),
        (
            "IPv4 and IPv6, as the reference C implementation seals it",
            from_hex(REFERENCE_KEY),
            reference(),
        ),
    ];
    let vectors: Vec<Value> = vectors
        .iter()
        .map(|(name, key, grant)| describe(name, key, grant))
        .collect();
    let about = "Inputs of netcode 1.02 connect tokens and the bytes they seal to. Numbers of 64 bits are decimal \
                 strings, bytes are hex. Written by netcode/pipes/examples/seal_vectors.rs.";
    println!("{:#}", json!({ "about": about, "vectors": vectors }));
}

fn ipv4() -> Grant {
    let user_data = UserData {
        role: Role::Player,
        resumed: false,
        user: from_fn(|i| i as u8),
        protocol_hash: 0x0123_4567_89ab_cdef,
        seat: SeatId(0xfedc_ba98_7654_3210),
        avatar_sha256: [0; 32],
        name: Name::new("Ada Lovelace"),
    };
    Grant {
        protocol_id: 0x0123_4567_89ab_cdef,
        created: 1_780_000_000,
        expires: 1_780_000_030,
        nonce: from_fn(|i| 200 + i as u8),
        timeout_seconds: 5,
        addresses: vec!["127.0.0.1:7420".parse().expect("an address")],
        client_to_server: from_fn(|i| 2 * i as u8),
        server_to_client: from_fn(|i| 255 - 3 * i as u8),
        seat: user_data.seat,
        user_data: user_data.encode(),
    }
}

fn ipv6() -> Grant {
    Grant {
        addresses: vec![
            "[2001:db8:1:2:3:4:5:6789]:65535"
                .parse()
                .expect("an address"),
        ],
        seat: SeatId(1),
        ..ipv4()
    }
}

fn largest() -> Grant {
    Grant {
        protocol_id: u64::MAX,
        created: u64::MAX - 1,
        expires: u64::MAX,
        nonce: [0xff; 24],
        timeout_seconds: -1,
        addresses: ["[::1]:1", "203.0.113.7:65535"]
            .map(|at| at.parse().expect("an address"))
            .to_vec(),
        client_to_server: [0xff; 32],
        server_to_client: [0xfe; 32],
        seat: SeatId(u64::MAX),
        user_data: [0xff; 256],
    }
}

fn reference() -> Grant {
    Grant {
        protocol_id: 0x1122_3344_5566_7788,
        created: 1_720_000_000,
        expires: 1_720_000_100,
        nonce: from_fn(|i| 100 + i as u8),
        timeout_seconds: 15,
        addresses: ["127.0.0.1:40000", "[::1]:50000"]
            .map(|at| at.parse().expect("an address"))
            .to_vec(),
        client_to_server: from_fn(|i| i as u8),
        server_to_client: from_fn(|i| 255 - i as u8),
        seat: SeatId(0x0102_0304_0506_0708),
        user_data: from_fn(|i| i as u8),
    }
}

fn describe(name: &str, key: &[u8; 32], grant: &Grant) -> Value {
    let token = grant.seal(key).expect("the grants above are sound");
    json!({
        "name": name,
        "key": hex(key),
        "protocolId": grant.protocol_id.to_string(),
        "created": grant.created.to_string(),
        "expires": grant.expires.to_string(),
        "nonce": hex(&grant.nonce),
        "timeoutSeconds": grant.timeout_seconds,
        "addresses": grant.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "clientToServerKey": hex(&grant.client_to_server),
        "serverToClientKey": hex(&grant.server_to_client),
        "clientId": grant.seat.0.to_string(),
        "userData": hex(&grant.user_data),
        "token": hex(&token[..]),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex<const N: usize>(text: &str) -> [u8; N] {
    from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex"))
}
