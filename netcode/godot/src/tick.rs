//! One tick, in the order that everything else relies on (design §4.1; pinned by `godot-server/test/order_test.gd`).
//!
//! Godot calls us before its physics step and cannot be asked to step. So what the last step made is taken in first,
//! before anything changes it; then the network may bring and take players; then characters step and their capsules are
//! driven; then everybody is told; and only then, after we have returned, Jolt steps. Who the peers are, people over the
//! network or a test's script, is none of the order's business.

use otherworld_core::input::Input;
use otherworld_core::pose::Tracked;

use crate::ledger::{Ledger, Stage};
use crate::simulation::Simulation;

/// Those who steer the players in the simulation's slots.
pub trait Peers {
    /// Takes in what has come, and brings players in and out.
    fn receive(&mut self, simulation: &mut Simulation);
    /// The input of this tick for the player in a slot, and how it is held.
    fn take_input(&mut self, slot: usize) -> (Input, Option<Tracked>);
    /// Tells everybody.
    fn send(&mut self, simulation: &Simulation);
}

/// One tick; what its stages take is noted.
pub fn tick(simulation: &mut Simulation, peers: &mut impl Peers, ledger: &mut Ledger) {
    simulation.capture();
    ledger.done(Stage::Capture);
    peers.receive(simulation);
    ledger.done(Stage::Receive);
    simulation.step(|slot| peers.take_input(slot));
    ledger.done(Stage::Step);
    simulation.drive();
    ledger.done(Stage::Drive);
    peers.send(simulation);
    ledger.done(Stage::Send);
}
