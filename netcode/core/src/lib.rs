//! The part of Otherworld's netcode that every peer shares, bit for bit: server, Godot client, browser and bot.
//!
//! It opens no socket, reads no clock and knows no engine: it is given time, bytes and state and gives back bytes and
//! state. That is why one implementation serves a GDExtension, WASM and native bots, and why all of it can be tested
//! in memory. In the steady state nothing here allocates. Pipes (`otherworld-pipes`) carry its payloads; a scene
//! (`otherworld-scene`) feeds its world.
//!
//! Read it in the order of a payload: [`link`] frames it, [`message`] names what is inside, [`input`] goes up,
//! [`step`] moves a character through the [`world`], [`snapshot`] comes down, and what must arrive goes by the
//! [`channel`]. [`server`] and [`client`] put their halves together.
#![forbid(unsafe_code)]

pub mod bits;
pub mod channel;
pub mod client;
pub mod input;
pub mod link;
pub mod message;
pub mod pose;
pub mod protocol;
pub mod roster;
pub mod seat;
pub mod select;
pub mod server;
pub mod snapshot;
pub mod step;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tick;
pub mod vec3;
pub mod world;

pub use tick::{EntityId, SeatId, Tick};
pub use vec3::Vec3;
