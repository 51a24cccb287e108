//! The own character before the server has spoken: each input is stepped at once, kept until a snapshot acknowledges it,
//! and stepped again from there when the server's state differs.
//!
//! On the static world nothing ever differs, bit for bit; what differs is told in millimetres, with the cause: a tick that
//! the server had to make without our input, or something dynamic, which only the server knows. Pure, and without an
//! allocation after the start.

use super::smoothing::TELEPORT;
use crate::input::Input;
use crate::step::{BLOCKER_TICKS, State, Support, step};
use crate::tick::Tick;
use crate::world::World;
use std::sync::Arc;

/// `[PR1]` Inputs that are remembered: four seconds.
const HISTORY: usize = 128;

#[derive(Debug, Clone, Copy, Default)]
struct Moment {
    tick: Tick,
    input: Input,
    after: State,
}

/// `[PR2]` Why a prediction was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nothing that could be the cause: on the static world both ends must agree.
    Nothing,
    /// Something dynamic is or was in the way, or carries.
    Contact,
    /// The server made this tick, or one since the state that was known, without our input.
    Missed,
    /// The server set the character down elsewhere.
    SetDown,
}

/// What a snapshot's own state came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// Older than what is known.
    Old,
    /// Exactly what was predicted.
    Agreed,
    /// Different by so much at that tick (unit: millimetres); predicted anew from there.
    Corrected {
        /// The distance.
        millimetres: f32,
        /// Why.
        cause: Cause,
    },
    /// For a tick that was never predicted: the first one, or after a pause.
    Adopted,
}

/// A character that is predicted.
pub struct Predictor {
    world: Arc<World>,
    history: Box<[Moment; HISTORY]>,
    newest: Tick,
    acknowledged: Tick,
    /// Whether something dynamic was near in the newest state of the server.
    in_contact: bool,
    previous: State,
    state: State,
}

impl Predictor {
    /// Starts from the server's state after `tick`.
    #[must_use]
    pub fn start(world: Arc<World>, tick: Tick, state: State) -> Self {
        Self {
            world,
            history: Box::new([Moment::default(); HISTORY]),
            newest: tick,
            acknowledged: tick,
            in_contact: is_contact(&state),
            previous: state,
            state,
        }
    }

    /// The predicted state before the newest input.
    #[must_use]
    pub fn previous(&self) -> &State {
        &self.previous
    }

    /// The predicted state after the newest input.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The newest tick that the server's state is known of.
    #[must_use]
    pub fn acknowledged(&self) -> Tick {
        self.acknowledged
    }

    /// Steps with the input of `tick`. A gap before it is filled with nothing pressed, as it looks to the server.
    pub fn advance(&mut self, tick: Tick, input: Input) {
        while tick.since(self.newest) > 1 && tick.since(self.newest) < HISTORY as i32 {
            self.push(self.newest.plus(1), Input::default());
        }
        self.push(tick, input);
    }

    fn push(&mut self, tick: Tick, input: Input) {
        self.step_to(tick, input);
        self.newest = tick;
    }

    fn step_to(&mut self, tick: Tick, input: Input) {
        self.previous = self.state;
        self.state = step(&self.state, input, &self.world);
        self.history[tick.0 as usize % HISTORY] = Moment {
            tick,
            input,
            after: self.state,
        };
    }

    /// Takes in the server's own word on our state after `tick`. `missed` says that since the state that was known it has
    /// made a tick without our input.
    pub fn reconcile(&mut self, tick: Tick, state: &State, missed: bool) -> Outcome {
        let since = tick.since(self.acknowledged);
        if since <= 0 {
            return Outcome::Old;
        }
        self.acknowledged = tick;
        let was_in_contact = std::mem::replace(&mut self.in_contact, is_contact(state));
        let moment = self.history[tick.0 as usize % HISTORY];
        if moment.tick != tick || tick.is_after(self.newest) {
            self.replay(tick, state);
            return Outcome::Adopted;
        }
        if moment.after == *state {
            return Outcome::Agreed;
        }
        let distance = (moment.after.position - state.position).length();
        self.replay(tick, state);
        // A plane of a contact lasts for some ticks; after a longer gap there may have been one unseen.
        let may_have_been = since >= i32::from(BLOCKER_TICKS);
        let cause = if missed {
            Cause::Missed
        } else if distance > TELEPORT && *state == State::at(state.position) {
            Cause::SetDown
        } else if was_in_contact || self.in_contact || may_have_been {
            Cause::Contact
        } else {
            Cause::Nothing
        };
        Outcome::Corrected {
            millimetres: distance * 1000.0,
            cause,
        }
    }

    /// Steps everything after `tick` again from this state.
    fn replay(&mut self, tick: Tick, state: &State) {
        (self.previous, self.state) = (*state, *state);
        if tick.is_after(self.newest) {
            self.newest = tick;
        }
        for ahead in 1..=self.newest.since(tick).min(HISTORY as i32 - 1) {
            let next = tick.plus(ahead);
            let moment = &self.history[next.0 as usize % HISTORY];
            let input = if moment.tick == next {
                moment.input
            } else {
                Input::default()
            };
            self.step_to(next, input);
        }
    }
}

fn is_contact(state: &State) -> bool {
    state.support == Support::Body || !state.blockers.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vec3::{Vec3, vec3};
    use proptest::prelude::*;

    fn plain() -> Arc<World> {
        let corner = |x: f32, z: f32| vec3(x * 50.0, 0.0, z * 50.0);
        let ground = [
            [corner(-1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0)],
            [corner(-1.0, -1.0), corner(1.0, 1.0), corner(1.0, -1.0)],
        ];
        Arc::new(World::build(&ground).unwrap())
    }

    fn input(forward: i8, yaw: u16) -> Input {
        Input {
            forward,
            yaw,
            ..Input::default()
        }
    }

    proptest! {
        /// Snapshots come `lag` ticks late and with gaps; the server has the same inputs.
        #[test]
        fn pr1_agrees_with_a_server_that_has_the_same_inputs(
            start in prop_oneof![Just(5u32), Just(u32::MAX - 40)], lag in 1i32..110, every in 1u32..7,
            inputs in prop::collection::vec((-127i8..=127, any::<u16>()), 40..120),
        ) {
            let world = plain();
            let (mut server, start) = (State::at(Vec3::ZERO), Tick(start));
            let mut predictor = Predictor::start(Arc::clone(&world), start, server);
            let mut truth = Vec::new();
            for (index, &(forward, yaw)) in inputs.iter().enumerate() {
                let tick = start.plus(index as i32 + 1);
                server = step(&server, input(forward, yaw), &world);
                truth.push((tick, server));
                predictor.advance(tick, input(forward, yaw));
                prop_assert_eq!(predictor.state(), &server);
                if let Some((tick, state)) = truth.get((index as i32 - lag).max(-1) as usize)
                    && (index as u32).is_multiple_of(every)
                {
                    prop_assert_eq!(predictor.reconcile(*tick, state, false), Outcome::Agreed);
                    prop_assert_eq!(predictor.reconcile(*tick, state, false), Outcome::Old);
                }
            }
        }
    }

    #[test]
    fn pr1_a_push_on_the_server_is_replayed_into_the_present() {
        let world = plain();
        let mut server = State::at(Vec3::ZERO);
        let mut predictor = Predictor::start(Arc::clone(&world), Tick(0), server);
        for tick in 1..=20 {
            predictor.advance(Tick(tick), input(127, 0));
        }
        for _ in 1..=5 {
            server = step(&server, input(127, 0), &world);
        }
        server.position += vec3(0.5, 0.0, 0.0);
        let Outcome::Corrected { millimetres, .. } = predictor.reconcile(Tick(5), &server, false)
        else {
            panic!()
        };
        assert!((millimetres - 500.0).abs() < 0.1);
        for _ in 6..=20 {
            server = step(&server, input(127, 0), &world);
        }
        assert_eq!(predictor.state(), &server);
        assert_eq!(
            predictor.reconcile(Tick(20), &server, false),
            Outcome::Agreed
        );
    }

    #[test]
    fn a_server_that_is_ahead_is_adopted() {
        let world = plain();
        let mut predictor = Predictor::start(world, Tick(0), State::at(Vec3::ZERO));
        predictor.advance(Tick(1), input(127, 0));
        let elsewhere = State::at(vec3(3.0, 0.0, 3.0));
        assert_eq!(
            predictor.reconcile(Tick(9), &elsewhere, false),
            Outcome::Adopted
        );
        assert_eq!(predictor.state(), &elsewhere);
        predictor.advance(Tick(12), input(0, 0));
        assert_eq!(predictor.acknowledged(), Tick(9));
    }
}
