//! Pipes: netcode 1.02 packets over UDP in batches, for the instance and for native clients.
//!
//! [`ServerPipe`] and [`ClientPipe`] join a protocol without sockets or clock to a socket without protocol:
//! `netcode` holds the standard's server (tokens, handshake, sealing, replay window), `udp` moves up to 64
//! datagrams a system call. Both are given the time. A WebTransport or relay pipe is another way to carry the
//! same packets and joins the same `netcode::Server`.
//!
//! The client side is the crate `renetcode`. Its server side is not used, for the measured reasons in this
//! crate's README; `tests/renetcode.rs` keeps them honest.
#![forbid(unsafe_code)]

mod client;
mod clock;
pub mod netcode;
mod server;
pub mod udp;

pub use client::{ClientError, ClientPipe, ClientState, Traffic};
pub use clock::UnixClock;
pub use netcode::{Config, Departure, MAX_PAYLOAD_BYTES, Refusal, Refusals, SendError, token};
pub use otherworld_core::SeatId;
pub use server::{Event, ServerPipe, Statistics};
