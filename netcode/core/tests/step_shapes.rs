//! The step against one thing at a time: stairs, slopes, walls, corners, roofs, and what only the server's Jolt sees.

mod common;

use common::{RAMP_LENGTH, RAMPS, Soup, along, floor_with, plaza, ramp_foot};
use otherworld_core::Vec3;
use otherworld_core::input::{Buttons, Input};
use otherworld_core::step::{
    DT, HEIGHT, Measured, RADIUS, State, Support, Verdict, WALK_SPEED, adopt, drive_velocity,
    reconcile, step,
};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;

/// Settles for 20 ticks, then follows the input: the state before and after each tick.
fn follow(world: &World, from: Vec3, input: Input, ticks: usize) -> Vec<State> {
    let mut state = State::at(from);
    for _ in 0..20 {
        state = step(&state, Input::default(), world);
    }
    let mut states = vec![state];
    for _ in 0..ticks {
        state = step(&state, input, world);
        states.push(state);
    }
    states
}

fn highest(states: &[State]) -> f32 {
    states.iter().map(|s| s.position.y).fold(f32::MIN, f32::max)
}

fn grounded(states: &[State]) -> usize {
    states.iter().filter(|s| s.grounded()).count()
}

fn last(states: &[State]) -> State {
    *states.last().unwrap()
}

fn test_plaza() -> World {
    World::build(&plaza()).unwrap()
}

#[test]
fn st3_stairs_are_climbed_as_fast_as_the_ground_is_walked() {
    let world = test_plaza();
    let states = follow(&world, vec3(-6.0, 0.5, -26.0), along(127, 0), 80);
    let top = states.iter().position(|s| s.position.y > 1.95).unwrap();
    let flat = (2.0 + 8.0 * 0.35 - 0.35) / (WALK_SPEED * DT);
    println!("stairs: top at tick {top}, a flat walk would take {flat:.1}");
    assert!(top as f32 <= flat + 1.0);
    let rise = |pair: &[State]| pair[1].position.y - pair[0].position.y;
    assert!(states.windows(2).map(rise).fold(0.0, f32::max) < 0.26);
}

#[test]
fn st3_stairs_are_climbed_slowly_and_at_a_slant() {
    let world = test_plaza();
    let slow = follow(&world, vec3(-6.0, 0.5, -26.0), along(25, 0), 160);
    assert!(
        (last(&slow).position.y - 2.0).abs() < 1e-3,
        "{:?}",
        last(&slow)
    );
    let slanted = follow(&world, vec3(-6.0, 0.5, -26.5), along(110, 60), 60);
    assert!(highest(&slanted) > 1.4, "{}", highest(&slanted));
}

#[test]
fn st3_stairs_are_walked_down_without_falling() {
    let world = test_plaza();
    let states = follow(&world, vec3(0.6, 2.4, -26.0), along(-127, 0), 60);
    assert_eq!(grounded(&states), states.len());
    assert!(last(&states).position.y.abs() < 1e-3);
}

#[test]
fn st3_a_step_higher_than_a_stair_is_a_wall() {
    for (height, climbed) in [(0.29, true), (0.32, false), (0.45, false)] {
        let world = floor_with(|soup: &mut Soup| {
            soup.cuboid(vec3(3.0, height / 2.0, 0.0), vec3(1.0, height / 2.0, 2.0));
        });
        let states = follow(&world, vec3(0.0, 0.1, 0.0), along(127, 0), 25);
        assert_eq!(highest(&states) > 0.2, climbed, "a step of {height} m");
    }
}

#[test]
fn st4_slopes_up_to_50_degrees_are_climbed_and_steeper_ones_refused() {
    let world = test_plaza();
    for (k, (degrees, sine, cosine)) in RAMPS.into_iter().enumerate() {
        let from = ramp_foot(k) + vec3(-1.5, 0.5, 0.0);
        let states = follow(&world, from, along(127, 0), 60);
        let (climbed, top) = (highest(&states), RAMP_LENGTH * 2.0 * sine * cosine);
        println!("ramp {degrees}: climbed to {climbed:.2} of {top:.2} m");
        if degrees <= 50 {
            assert!(climbed > top - 0.02, "ramp {degrees}: {climbed}");
        } else {
            assert!(climbed < 0.1, "ramp {degrees}: {climbed}");
        }
    }
}

#[test]
fn st5_nobody_drifts_on_a_slope_that_can_be_walked() {
    let world = test_plaza();
    for (k, (degrees, sine, cosine)) in RAMPS.into_iter().enumerate().take(5) {
        let up = vec3(2.0 * cosine * cosine - 1.0, 2.0 * sine * cosine, 0.0);
        let from = ramp_foot(k) + up * 2.0 + vec3(0.0, 0.45, 0.0);
        let states = follow(&world, from, Input::default(), 300);
        let drift = (states[300].position - states[30].position).length();
        assert!(drift < 1e-5, "ramp {degrees}: {drift} m in 9 s");
        assert_eq!(grounded(&states[30..]), 271, "ramp {degrees}");
    }
}

#[test]
fn st5_slopes_are_walked_down_on_the_ground() {
    let world = test_plaza();
    for (k, (degrees, sine, cosine)) in RAMPS.into_iter().enumerate().take(5) {
        let up = vec3(2.0 * cosine * cosine - 1.0, 2.0 * sine * cosine, 0.0);
        let from = ramp_foot(k) + up * 3.6 + vec3(0.0, 0.45, 0.0);
        let states = follow(&world, from, along(-127, 0), 20);
        assert_eq!(grounded(&states), 21, "ramp {degrees}");
    }
}

#[test]
fn st5_a_slope_that_is_too_steep_is_slid_off() {
    let world = test_plaza();
    let (_, sine, cosine) = RAMPS[6];
    let up = vec3(2.0 * cosine * cosine - 1.0, 2.0 * sine * cosine, 0.0);
    let from = ramp_foot(6) + up * 3.0 + vec3(0.0, 0.45, 0.0);
    let states = follow(&world, from, Input::default(), 90);
    assert!(last(&states).position.y < 0.01, "{:?}", last(&states));
}

#[test]
fn st6_a_wall_is_slid_along_without_jitter() {
    let world = test_plaza();
    for (x, z) in [(90, 90), (125, 20)] {
        let states = follow(&world, vec3(28.0, 0.5, -5.0), along(x, z), 60);
        let touching = &states[40..];
        let way = last(touching).position.z - touching[0].position.z;
        let speed = way / (20.0 * DT);
        let ideal = WALK_SPEED * f32::from(z) / 127.0;
        assert!((speed - ideal).abs() < 0.02, "{speed} of {ideal} m/s");
        for state in touching {
            assert!((30.0 - RADIUS - state.position.x).abs() < 1e-4);
        }
    }
}

#[test]
fn st6_an_inner_corner_holds_still() {
    let world = test_plaza();
    let states = follow(&world, vec3(29.0, 0.5, 29.0), along(110, 70), 120);
    for pair in states[60..].windows(2) {
        assert!((pair[1].position - pair[0].position).length() < 1e-5);
    }
    let place = last(&states).position;
    assert!((30.0 - RADIUS - place.x).abs() < 1e-3 && (30.0 - RADIUS - place.z).abs() < 1e-3);
}

#[test]
fn st6_a_running_player_does_not_pass_a_thin_wall() {
    let world = floor_with(|soup: &mut Soup| {
        soup.cuboid(vec3(3.0, 1.0, 0.0), vec3(0.01, 1.0, 5.0));
    });
    let run = Input {
        buttons: Buttons::RUN,
        ..along(127, 0)
    };
    let mut state = last(&follow(&world, vec3(0.0, 0.1, 0.0), run, 60));
    assert!(state.position.x < 2.7 && state.position.x > 2.68);
    state.velocity.x = 40.0;
    assert!(step(&state, run, &world).position.x < 2.71);
}

#[test]
fn st7_falls_end_on_thin_roofs() {
    let world = test_plaza();
    for height in [50.0, 200.0] {
        let states = follow(&world, vec3(20.0, height, -10.0), Input::default(), 400);
        let end = last(&states);
        assert!(end.grounded() && (end.position.y - 2.7).abs() < 1e-3);
    }
}

#[test]
fn st8_a_jump_has_its_height_and_a_roof_cuts_it() {
    let world = test_plaza();
    let apex = |x: f32, z: f32| {
        let jump = Input {
            buttons: Buttons::JUMP,
            ..Input::default()
        };
        let mut state = last(&follow(&world, vec3(x, 0.1, z), Input::default(), 0));
        state = step(&state, jump, &world);
        assert!(!state.grounded());
        let mut apex = state.position.y;
        for _ in 0..60 {
            state = step(&state, Input::default(), &world);
            apex = apex.max(state.position.y);
        }
        assert!(state.grounded() && state.position.y.abs() < 1e-3);
        apex
    };
    let (free, roofed) = (apex(20.0, -5.0), apex(20.0, -10.0));
    println!("jump: {free:.3} m, under a roof of 2.5 m: {roofed:.3} m");
    assert!((free - 0.915).abs() < 0.01);
    assert!((roofed - (2.5 - HEIGHT)).abs() < 1e-3);
}

#[test]
fn st10_an_adopted_place_is_never_behind_a_wall() {
    let world = test_plaza();
    let from = vec3(29.6, 0.0, 0.0);
    let to = adopt(from, from + vec3(1.9, 0.0, 0.0), &world);
    assert!(to.x <= 30.0 - RADIUS + 1e-3, "{to:?}");
    let free = adopt(from, vec3(28.0, 0.2, 0.5), &world);
    assert!((free - vec3(28.0, 0.2, 0.5)).length() < 1e-3, "{free:?}");
    assert_eq!(adopt(from, from + vec3(-2.5, 0.0, 0.0), &world), from);
    assert_eq!(adopt(from, vec3(f32::NAN, 0.0, 0.0), &world), from);
}

#[test]
fn st11_a_place_with_too_many_triangles_is_stood_in_not_fallen_through() {
    let world = floor_with(|soup: &mut Soup| {
        for k in 0..600 {
            soup.cuboid(vec3(0.0, -0.1, 0.001 * k as f32), vec3(0.5, 0.1, 0.5));
        }
    });
    let state = State::at(vec3(0.0, 0.2, 0.0));
    let next = step(&state, along(127, 0), &world);
    assert_eq!(next.position, state.position);
    assert!(next.grounded());
}

#[test]
fn st12_the_edge_of_the_numbers_is_not_left() {
    let world = floor_with(|_| {});
    let mut state = State::at(vec3(511.0, 5.0, -511.9));
    for _ in 0..600 {
        state = step(&state, along(127, -127), &world);
    }
    assert_eq!(state.position, vec3(512.0, -256.0, -512.0));
}

/// A Jolt that does what it is told, unless a wall that only it knows is in the way at x = `wall`.
fn drive(state: &State, feet: Vec3, wall: f32) -> Measured {
    let velocity = drive_velocity(feet, state.position);
    let mut position = feet + velocity * DT;
    let mut velocity = velocity;
    if position.x > wall - RADIUS {
        position.x = wall - RADIUS;
        velocity.x = 0.0;
    }
    Measured {
        position,
        velocity,
        previous: feet,
    }
}

#[test]
fn jo1_jolts_rounding_is_not_a_correction() {
    let world = floor_with(|_| {});
    let mut state = State::at(vec3(20.0, 0.0, 20.0));
    let mut feet = state.position;
    for _ in 0..60 {
        let measured = drive(&state, feet, 1000.0);
        let (next, verdict) = reconcile(&state, &measured, &world);
        assert_eq!((next, verdict), (state, Verdict::Agreed));
        feet = measured.position;
        state = step(&next, along(-80, 100), &world);
    }
}

#[test]
fn jo2_a_heavy_crate_corrects_once_in_a_blockers_life() {
    let world = floor_with(|_| {});
    let mut state = last(&follow(&world, Vec3::ZERO, Input::default(), 0));
    let (mut feet, mut adopted) = (state.position, 0);
    for _ in 0..90 {
        let measured = drive(&state, feet, 2.0);
        let (next, verdict) = reconcile(&state, &measured, &world);
        adopted += u32::from(matches!(verdict, Verdict::Adopted { .. }));
        feet = measured.position;
        state = step(&next, along(127, 0), &world);
        assert!(state.position.x < 2.0 - RADIUS + 0.16, "{state:?}");
    }
    println!("corrections in 90 ticks against a crate: {adopted}");
    assert!((10..=14).contains(&adopted), "{adopted}");
}

#[test]
fn jo2_what_lies_under_the_feet_is_stood_on_and_can_be_jumped_from() {
    let world = floor_with(|_| {});
    let state = State::at(vec3(0.0, 0.97, 0.0));
    let measured = Measured {
        position: vec3(0.0, 1.0, 0.0),
        velocity: Vec3::ZERO,
        previous: vec3(0.0, 1.0, 0.0),
    };
    let (state, verdict) = reconcile(&state, &measured, &world);
    assert!(matches!(verdict, Verdict::Adopted { .. }));
    assert_eq!(state.support, Support::Body);
    let still = step(&state, Input::default(), &world);
    assert_eq!(still.support, Support::Body);
    assert!((still.position.y - 1.0).abs() < 1e-3);
    let jump = Input {
        buttons: Buttons::JUMP,
        ..Input::default()
    };
    let jumped = step(&still, jump, &world);
    assert!(!jumped.grounded() && jumped.velocity.y > 4.0);
}

#[test]
fn jo2_a_lift_carries_for_as_long_as_its_plane_lives() {
    let world = floor_with(|_| {});
    let state = State::at(vec3(0.0, 1.0, 0.0));
    let measured = Measured {
        position: vec3(0.0, 1.05, 0.0),
        velocity: vec3(0.0, 1.5, 0.0),
        previous: vec3(0.0, 1.0, 0.0),
    };
    let (mut state, _) = reconcile(&state, &measured, &world);
    for tick in 1..=6 {
        state = step(&state, Input::default(), &world);
        let height = 1.05 + 0.05 * tick as f32;
        assert!(
            (state.position.y - height).abs() < 1e-3,
            "tick {tick}: {state:?}"
        );
    }
    assert!(state.blockers.is_empty());
}

#[test]
fn jo2_a_crate_never_pushes_through_a_wall() {
    let world = test_plaza();
    let mut state = last(&follow(&world, vec3(29.5, 0.1, 0.0), Input::default(), 0));
    for _ in 0..60 {
        // A crate that comes from the left at 3 m/s and does not stop.
        let measured = Measured {
            position: state.position + vec3(0.1, 0.0, 0.0),
            velocity: vec3(3.0, 0.0, 0.0),
            previous: state.position,
        };
        state = reconcile(&state, &measured, &world).0;
        state = step(&state, Input::default(), &world);
        assert!(state.position.x <= 30.0 - RADIUS + 6e-3, "{state:?}");
    }
}

#[test]
fn jo3_two_metres_off_and_no_number_reset_the_capsule() {
    let world = floor_with(|_| {});
    let state = State::at(vec3(0.0, 1.0, 0.0));
    for (x, verdict) in [(2.1, Verdict::Reset), (f32::NAN, Verdict::Reset)] {
        let measured = Measured {
            position: vec3(x, 1.0, 0.0),
            velocity: Vec3::ZERO,
            previous: Vec3::ZERO,
        };
        assert_eq!(reconcile(&state, &measured, &world), (state, verdict));
    }
}
