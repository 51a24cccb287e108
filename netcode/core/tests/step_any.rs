//! The step and the rule for Jolt with states from strangers: a hostile server must not crash a client, nor Jolt a server.

mod common;

use common::plaza;
use otherworld_core::Vec3;
use otherworld_core::input::{Buttons, Input};
use otherworld_core::step::{Measured, State, Support, reconcile, step};
use otherworld_core::vec3::vec3;
use otherworld_core::world::{LIMIT, World};
use proptest::prelude::*;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(|| World::build(&plaza()).unwrap());

/// Places and speeds of every size, also those that no honest peer has.
fn any_vector() -> impl Strategy<Value = Vec3> {
    let part = prop_oneof![4 => -30.0f32..30.0, 1 => prop::num::f32::NORMAL | prop::num::f32::ZERO];
    prop::array::uniform3(part).prop_map(Vec3::from)
}

fn any_float_vector() -> impl Strategy<Value = Vec3> {
    prop_oneof![
        any_vector(),
        prop::array::uniform3(prop::num::f32::ANY).prop_map(Vec3::from)
    ]
}

fn any_input() -> impl Strategy<Value = Input> {
    (any::<i8>(), any::<i8>(), any::<u16>(), any::<u8>()).prop_map(
        |(right, forward, yaw, buttons)| Input {
            right,
            forward,
            yaw,
            buttons: Buttons(buttons),
        },
    )
}

fn any_state() -> impl Strategy<Value = State> {
    let support = prop::sample::select(vec![Support::Air, Support::World, Support::Body]);
    (any_vector(), any_vector(), support).prop_map(|(position, velocity, support)| State {
        position,
        velocity,
        support,
        ..State::default()
    })
}

fn is_inside(place: Vec3) -> bool {
    let low = vec3(-LIMIT.x, -LIMIT.y, -LIMIT.z);
    place.max(low) == place && place.min(LIMIT) == place
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn st12_any_finite_state_becomes_one_inside_the_world(state in any_state(), inputs in prop::collection::vec(any_input(), 1..20)) {
        let mut state = state;
        for input in inputs {
            state = step(&state, input, &WORLD);
            prop_assert!(is_inside(state.position), "{:?}", state);
            prop_assert!(state.velocity.is_finite(), "{:?}", state);
        }
    }

    #[test]
    fn jo3_any_answer_of_jolt_leaves_a_finite_state(state in any_state(), answers in prop::collection::vec((any_float_vector(), any_float_vector(), any_float_vector(), any_input()), 1..8)) {
        let mut state = step(&state, Input::default(), &WORLD);
        for (offset, velocity, previous, input) in answers {
            let position = state.position + offset * 0.02;
            let measured = Measured { position, velocity, previous };
            state = reconcile(&state, &measured, &WORLD).0;
            prop_assert!(state.position.is_finite() && state.velocity.is_finite(), "{:?}", state);
            state = step(&state, input, &WORLD);
            prop_assert!(is_inside(state.position), "{:?}", state);
        }
    }
}
