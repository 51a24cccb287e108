//! Knocks at a running instance with the unmodified netcode-official client, as an outsider would test ours.
//!
//! `knock TOKEN [plain|mutated|foreign|replayed|expired]`, TOKEN being the base64 that a join's `pipes[].token` holds.
//! Prints what became of each client; exits with 0 when that was right: in, for `plain` and the first of `replayed`, out
//! for the others. The instance's refusals by cause tell the rest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use netcode::{Client, ClientState};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Token = [u8; netcode::CONNECT_TOKEN_BYTES];

const PATIENCE: Duration = Duration::from_secs(3);
/// Offsets in the public token: the protocol id, the expiry, the middle of the sealed half.
const PROTOCOL_AT: usize = 13;
const EXPIRES_AT: usize = 13 + 8 + 8;
const SEALED_AT: usize = 13 + 8 + 8 + 8 + 24 + 512;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let token = arguments
        .first()
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok());
    let Some(token) = token else {
        eprintln!(
            "usage: knock TOKEN [plain|mutated|foreign|replayed|expired]; TOKEN is 2048 bytes in base64"
        );
        return ExitCode::from(2);
    };
    let right = match arguments.get(1).map_or("plain", String::as_str) {
        "plain" => knock("with the token", &token).is_some(),
        "mutated" => knock(
            "with one bit of the sealed half changed",
            &changed(token, SEALED_AT),
        )
        .is_none(),
        "foreign" => knock("with another protocol id", &changed(token, PROTOCOL_AT)).is_none(),
        "replayed" => replay(&token),
        "expired" => expire(&token),
        other => {
            eprintln!("there is no knocking {other:?}");
            return ExitCode::from(2);
        }
    };
    if right {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Connects, or gives up; returns the client when it is in.
fn knock(how: &str, token: &Token) -> Option<Client> {
    let any = (
        "0.0.0.0:0".parse().expect("an address"),
        "[::]:0".parse().expect("an address"),
    );
    let mut client = Client::new_dual(any.0, any.1, 0.0).expect("a socket");
    client.connect(token).expect("a readable token");
    let start = Instant::now();
    while client.state() != ClientState::Connected && start.elapsed() < PATIENCE {
        client.update(start.elapsed().as_secs_f64());
        std::thread::sleep(Duration::from_millis(5));
    }
    println!(
        "{how}: {:?} after {} ms",
        client.state(),
        start.elapsed().as_millis()
    );
    (client.state() == ClientState::Connected).then_some(client)
}

fn replay(token: &Token) -> bool {
    let first = knock("the owner", token);
    let second = knock("a copy from another address", token);
    first.is_some() && second.is_none()
}

fn expire(token: &Token) -> bool {
    let expires = u64::from_le_bytes(
        token[EXPIRES_AT..EXPIRES_AT + 8]
            .try_into()
            .expect("eight bytes"),
    );
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let wait = expires.saturating_sub(now) + 1;
    println!("waiting {wait} s for the token to expire");
    std::thread::sleep(Duration::from_secs(wait));
    knock("with the expired token", token).is_none()
}

fn changed(mut token: Token, at: usize) -> Token {
    token[at] ^= 1;
    token
}
