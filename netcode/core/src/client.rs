//! The client's half of a session: payloads in, payloads out, and what a player sees in between. No socket, no wall clock.
//!
//! [`Client`] is the story: a snapshot corrects the own character ([`Predictor`]), steers the clock of the inputs
//! ([`InputClock`]) and brings samples of the others ([`Others`]), who are shown where they were a moment ago; a tick asks
//! the [`Pilot`] what it wants, predicts that and sends it with the last few. Who is there, and the end, come by the
//! reliable channel. The native bot uses it now, the Godot client and the browser later. Nothing here allocates in the
//! steady state; who comes and goes does.

mod clock;
mod others;
mod own;
mod predictor;
mod session;
mod smoothing;
mod timeline;
mod track;

pub use clock::InputClock;
pub use others::{Others, Shown};
pub use predictor::{Cause, Outcome, Predictor};
pub use session::{Client, Corrections, Counts, Ended, View};
pub use smoothing::Smoothing;
pub use timeline::Timeline;

use crate::input::Input;
use crate::pose::Tracked;
use crate::step::State;
use crate::tick::Tick;

/// What a player wants in one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intent {
    /// Where to go and to look, and what is pressed.
    pub input: Input,
    /// How head and hands are held, where they are tracked.
    pub tracked: Option<Tracked>,
}

impl From<Input> for Intent {
    fn from(input: Input) -> Intent {
        Intent {
            input,
            tracked: None,
        }
    }
}

/// Who steers the client's character: a person's devices, or a bot's behaviour.
pub trait Pilot {
    /// What is wanted at `tick` by a character in this state (after the tick before), who sees these others.
    fn steer(&mut self, tick: Tick, own: &State, others: &Others) -> Intent;
}
