//! The bot's own character before the server has spoken: each input is stepped at once, kept until a snapshot
//! acknowledges it, and stepped again from there when the server's state differs.
//!
//! On the static world nothing ever differs, bit for bit; what differs is counted in millimetres, apart for ticks that
//! the server had to make without our input. Pure, and without an allocation after the start.

use crate::world::World;
use otherworld_core::Tick;
use otherworld_core::input::Input;
use otherworld_core::step::{State, step};
use std::sync::Arc;

/// Inputs that are remembered: four seconds.
const HISTORY: usize = 128;

#[derive(Debug, Clone, Copy, Default)]
struct Moment {
    tick: Tick,
    input: Input,
    after: State,
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
    state: State,
}

impl Predictor {
    /// Starts from the server's state after `tick`.
    pub fn start(world: Arc<World>, tick: Tick, state: State) -> Self {
        Self {
            world,
            history: Box::new([Moment::default(); HISTORY]),
            newest: tick,
            acknowledged: tick,
            state,
        }
    }

    /// The predicted state after the newest input.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The newest tick that the server's state is known of.
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
        self.state = step(&self.state, input, &self.world);
        self.newest = tick;
        self.history[tick.0 as usize % HISTORY] = Moment {
            tick,
            input,
            after: self.state,
        };
    }

    /// Takes in the server's own word on our state after `tick`.
    pub fn reconcile(&mut self, tick: Tick, state: &State) -> Outcome {
        if !tick.is_after(self.acknowledged) {
            return Outcome::Old;
        }
        self.acknowledged = tick;
        let moment = self.history[tick.0 as usize % HISTORY];
        if moment.tick != tick || tick.is_after(self.newest) {
            self.replay(tick, state);
            return Outcome::Adopted;
        }
        if moment.after == *state {
            return Outcome::Agreed;
        }
        let millimetres = (moment.after.position - state.position).length() * 1000.0;
        self.replay(tick, state);
        Outcome::Corrected { millimetres }
    }

    /// Steps everything after `tick` again from this state.
    fn replay(&mut self, tick: Tick, state: &State) {
        self.state = *state;
        if tick.is_after(self.newest) {
            self.newest = tick;
        }
        for ahead in 1..=self.newest.since(tick).min(HISTORY as i32 - 1) {
            let next = tick.plus(ahead);
            let moment = &mut self.history[next.0 as usize % HISTORY];
            let input = if moment.tick == next {
                moment.input
            } else {
                Input::default()
            };
            self.state = step(&self.state, input, &self.world);
            *moment = Moment {
                tick: next,
                input,
                after: self.state,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otherworld_core::vec3::{Vec3, vec3};
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
        fn agrees_with_a_server_that_has_the_same_inputs(
            start in prop_oneof![Just(5u32), Just(u32::MAX - 40)], lag in 1i32..30, every in 1u32..7,
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
                    prop_assert_eq!(predictor.reconcile(*tick, state), Outcome::Agreed);
                    prop_assert_eq!(predictor.reconcile(*tick, state), Outcome::Old);
                }
            }
        }
    }

    #[test]
    fn a_push_on_the_server_is_replayed_into_the_present() {
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
        let Outcome::Corrected { millimetres } = predictor.reconcile(Tick(5), &server) else {
            panic!()
        };
        assert!((millimetres - 500.0).abs() < 0.1);
        for _ in 6..=20 {
            server = step(&server, input(127, 0), &world);
        }
        assert_eq!(predictor.state(), &server);
        assert_eq!(predictor.reconcile(Tick(20), &server), Outcome::Agreed);
    }

    #[test]
    fn a_server_that_is_ahead_is_adopted() {
        let world = plain();
        let mut predictor = Predictor::start(world, Tick(0), State::at(Vec3::ZERO));
        predictor.advance(Tick(1), input(127, 0));
        let elsewhere = State::at(vec3(3.0, 0.0, 3.0));
        assert_eq!(predictor.reconcile(Tick(9), &elsewhere), Outcome::Adopted);
        assert_eq!(predictor.state(), &elsewhere);
        predictor.advance(Tick(12), input(0, 0));
        assert_eq!(predictor.acknowledged(), Tick(9));
    }
}
