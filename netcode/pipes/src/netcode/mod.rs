//! The server's side of netcode 1.02, without sockets and without a clock.
//!
//! The standard is <https://github.com/mas-bandwidth/netcode/blob/main/STANDARD.md>. `packet` is its framing and
//! sealing (by `cipher`), `token` its connect and challenge tokens; `server` turns requests into handshakes and those into
//! sessions, `session` is one of them with its `replay` window. Where this is stricter than the standard, the rule is named where it is applied:
//!
//! - a token that has become a session is spent, also for the address that used it (`server`);
//! - the newest connection of a seat wins, once it has answered its challenge (`server`);
//! - a token is honoured only for a seat that is on offer (`server`);
//! - work for strangers is bounded by `limit`, before any decryption.

mod cipher;
mod limit;
pub mod packet;
mod refusal;
mod replay;
mod server;
mod session;
pub mod token;

use otherworld_core::SeatId;

pub use cipher::Cipher;
pub use limit::Limits;
pub use packet::{MAX_PACKET_BYTES, MAX_PAYLOAD_BYTES};
pub use refusal::{Refusal, Refusals};
pub use server::{Config, Departure, Heard, SendError, Server, Transmit};

/// A 256-bit key.
pub type Key = [u8; 32];

/// What the control plane tells the instance about a seat, opaque here (`otherworld-core` reads it).
pub type UserData = [u8; 256];

/// "NETCODE 1.02" and its terminating zero: part of every sealed byte's associated data.
const VERSION: &[u8; 13] = b"NETCODE 1.02\0";
