//! Everything an instance does outside its tick: the Agones SDK, the stream to the control plane, the download of its
//! world, heartbeats, telemetry and an orderly end. [`start`] spawns one thread with a single-threaded runtime;
//! `flow.rs` names what happens there, in order. The tick never waits for that thread: it takes [`Command`]s with
//! [`Instance::poll`] and hands over [`Report`]s through queues of fixed size, and allocates nothing doing so.
//!
//! What a tick does:
//!
//! ```text
//! while let Some(command) = instance.poll() {
//!     World       → load, open the pipes, report Listening (or Failed)
//!     OfferSeat   → seats.offer(..), report SeatAnswer          RevokeSeat → seats.revoke(..), report PlayerLeft
//!     Kick        → disconnect, report PlayerLeft               Drain      → seats.drain()
//!     Shutdown    → tell the players, report PlayerLeft for each, report Stopped
//!     Exit        → quit the process, with an error's exit code if there is one
//! }
//! if let Some(frame) = instance.blank_telemetry() { fill it, report Telemetry }
//! instance.tick_done(&sample);                        // also the pulse without which the fleet sees a hung process
//! ```
//!
//! Sockets of the players, the world's meaning and who may move how are the tick's. The environment is read at the
//! edge and given as [`Config`]. Lines are logged through the crate `log`.
#![forbid(unsafe_code)]

mod backoff;
mod config;
mod control;
mod download;
mod error;
mod exchange;
mod flow;
mod heartbeat;
mod requests;
mod roster;
mod sdk;
mod seats;
mod stop;
#[cfg(test)]
mod testing;

pub use config::{Broken, Build, Config, ConfigError};
pub use error::Error;
pub use exchange::{
    Command, Instance, LeaveCause, Listening, Report, TelemetryFrame, TelemetryPlayer, TickSample,
    World, start,
};
pub use otherworld_core::{SeatId, Tick};
pub use proto::BodyPose;
pub use seats::{Refusal, Seat, Seats};

mod proto {
    #![allow(missing_docs, clippy::doc_markdown)]
    tonic::include_proto!("otherworld.instance.v1");
}
