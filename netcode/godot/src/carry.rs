//! Bodies carry those who stand on them.
//!
//! A player's capsule has no friction, and a blocker plane holds a character only along its normal, so without this a
//! crate would slide away from under a player. Whoever stands on a moving body is taken along by the body's velocity
//! under their feet, through the static world in small steps as any other foreign movement (`adopt`), never through a
//! wall. Clients cannot predict it yet: they are corrected while they ride. The design's cure is to let the support
//! travel in the state (§4.6).

use otherworld_core::Vec3;
use otherworld_core::step::{DT, State, Support, adopt};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;

use crate::jolt::Jolt;

/// Slower bodies carry nobody: what rests, trembles a little (unit: metres a second).
const STILL: f32 = 0.02;

/// Takes a character along with the body under its feet for the tick at hand. `adopted` says that its velocity has just
/// been taken from Jolt, and so holds that of the body too.
pub fn carry(state: &mut State, adopted: bool, jolt: &Jolt, world: &World) {
    if state.support == Support::World || (state.support == Support::Air && !has_floor(state)) {
        return;
    }
    let Some(velocity) = jolt.velocity_under(state.position) else {
        return;
    };
    let along = vec3(velocity.x, 0.0, velocity.z);
    if along.length() < STILL {
        return;
    }
    state.position = adopt(state.position, state.position + along * DT, world);
    if adopted {
        state.velocity -= along;
    }
}

/// Between two answers of Jolt, a floor plane in the state says that there is something underfoot.
fn has_floor(state: &State) -> bool {
    let rising = state.velocity.y > 0.0;
    !rising
        && state
            .blockers
            .iter()
            .any(|plane| plane.normal.dot(Vec3::UP) > 0.7)
}
