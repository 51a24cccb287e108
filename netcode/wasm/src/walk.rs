//! Random players in a world: the step, and now and then the answer of a Jolt that disagrees.

#[path = "../../core/tests/common/walker.rs"]
mod walker;

use otherworld_core::Vec3;
use otherworld_core::step::{Measured, State, reconcile, step};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use walker::{Walker, random, random_unit};

/// Edge of the square that the players stay in (unit: metres).
const AREA: f32 = 56.0;

/// How far a disagreeing Jolt is away along each axis, at most (unit: metres).
const KICK: f32 = 0.3;

/// Players on their way.
pub struct Walk {
    world: World,
    walkers: Vec<Walker>,
    hash: u64,
    falls: u32,
}

impl Walk {
    /// This many players in the world of a GLB.
    ///
    /// # Errors
    /// Why the bytes are not a world, for people.
    pub fn new(glb: &[u8], players: u32) -> Result<Walk, String> {
        let scene = otherworld_scene::read(glb).map_err(|error| error.to_string())?;
        let world = World::build(&scene.triangles()).map_err(|error| error.to_string())?;
        Ok(Walk {
            world,
            walkers: (1..=players).map(|seed| Walker::new(seed, AREA)).collect(),
            hash: 0,
            falls: 0,
        })
    }

    /// Plays this many ticks and returns the hash of all states so far.
    pub fn run(&mut self, ticks: u32) -> u64 {
        for _ in 0..ticks {
            for walker in &mut self.walkers {
                let input = walker.input();
                if random(&mut walker.seed).is_multiple_of(30) {
                    walker.state = kicked(&walker.state, &mut walker.seed, &self.world);
                }
                walker.state = step(&walker.state, input, &self.world);
                self.hash = walker.state.hash(self.hash);
                if walker.state.position.y < self.world.lowest() - 1.0 {
                    self.falls += 1;
                    walker.state = State::at(vec3(0.0, 3.0, 0.0));
                }
            }
        }
        self.hash
    }

    /// The hash of the world.
    #[must_use]
    pub fn world_hash(&self) -> u64 {
        self.world.hash()
    }

    /// How often a player fell out of the world so far.
    #[must_use]
    pub fn falls(&self) -> u32 {
        self.falls
    }
}

/// What becomes of a state when something dynamic pushed it.
fn kicked(state: &State, seed: &mut u32, world: &World) -> State {
    let mut part = || (random_unit(seed) * 2.0 - 1.0) * KICK;
    let push = vec3(part(), part(), part());
    let measured = Measured {
        position: state.position + push,
        velocity: state.velocity + push * 10.0,
        previous: state.position - push * 0.25,
    };
    let (next, _): (State, _) = reconcile(state, &measured, world);
    debug_assert!(Vec3::is_finite(next.position));
    next
}
