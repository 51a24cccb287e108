//! The GDExtension `otherworld`: the authoritative tick inside Godot.
//!
//! [`server`] tells the story of a tick. What is simulated in it stands in [`simulation`], over the bodies in [`jolt`];
//! when it happens in [`schedule`]; what the network brings and takes in [`players`]. Rules of the wire and of movement
//! are `otherworld-core`'s, sockets `otherworld-pipes`', everything that may wait `otherworld-instance`'s.
#![deny(unsafe_op_in_unsafe_fn)]

use godot::prelude::*;

mod allocations;
mod bodies;
mod carry;
mod inventory;
mod jolt;
mod ledger;
mod logger;
mod people;
mod priority;
mod probe;
mod record;
mod running;
mod schedule;
mod server;
mod simulation;
mod telemetry;
mod tick;

struct Otherworld;

// SAFETY: the entry point is declared once in this library, and `otherworld.gdextension` names no other.
#[gdextension]
unsafe impl ExtensionLibrary for Otherworld {}
