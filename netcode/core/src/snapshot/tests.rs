//! Sizes, round trips with their stated errors, and bytes from strangers.

use super::fields::{STEPS_PER_METRE, quantise};
use super::*;
use crate::link::MAX_PAYLOAD_BYTES;
use crate::step::{Blocker, Blockers, Support};
use crate::vec3::vec3;
use crate::world::LIMIT;
use proptest::prelude::*;

fn any_place() -> impl Strategy<Value = Vec3> {
    (-512.0f32..512.0, -256.0f32..256.0, -512.0f32..512.0).prop_map(|(x, y, z)| vec3(x, y, z))
}

fn any_rotation() -> impl Strategy<Value = [f32; 4]> {
    prop::array::uniform4(-1.0f32..1.0)
        .prop_filter("long enough", |q| {
            q.iter().map(|p| p * p).sum::<f32>() > 0.01
        })
        .prop_map(|q| {
            let length = q.iter().map(|p| p * p).sum::<f32>().sqrt();
            q.map(|p| p / length)
        })
}

fn any_state() -> impl Strategy<Value = State> {
    let plane = (any_rotation(), -500.0f32..500.0, -0.1f32..0.1, 1u8..=6);
    let support = prop::sample::select(vec![Support::Air, Support::World, Support::Body]);
    let planes = prop::collection::vec(plane, 0..=3);
    (any_place(), any_place(), support, planes).prop_map(|(position, velocity, support, planes)| {
        let mut blockers = Blockers::default();
        for ([x, y, z, w], offset, drift, ticks_left) in planes {
            let length = (x * x + y * y + z * z).sqrt();
            let normal = if length > 0.1 {
                vec3(x, y, z) * (1.0 / length)
            } else {
                vec3(0.0, if w > 0.0 { 1.0 } else { -1.0 }, 0.0)
            };
            blockers.push_exact(Blocker {
                normal,
                offset,
                drift,
                ticks_left,
            });
        }
        State {
            position,
            velocity,
            support,
            blockers,
        }
    })
}

fn any_entity() -> impl Strategy<Value = EntityId> {
    (1u32.., 0u32..32).prop_map(|(id, shift)| EntityId((id >> shift).max(1)))
}

/// The angle between two rotations (unit: radians).
fn angle(a: [f32; 4], b: [f32; 4]) -> f64 {
    let dot = |a: [f32; 4], b: [f32; 4]| -> f64 {
        (0..4).map(|k| f64::from(a[k]) * f64::from(b[k])).sum()
    };
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    2.0 * cosine.abs().min(1.0).acos()
}

fn body(entity: u32) -> BodyPose {
    BodyPose {
        entity: EntityId(entity),
        position: vec3(1.0, 2.0, 3.0),
        rotation: [0.0, 0.0, 0.0, 1.0],
        asleep: true,
    }
}

#[test]
fn sn1_a_hundred_players_need_less_than_a_datagram() {
    let mut bytes = [0; MAX_PAYLOAD_BYTES - 11];
    let own = Own {
        entity: EntityId(300),
        state: State::default(),
    };
    let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), Some(&own)).unwrap();
    println!("header and own state: {} bits", writer.bits_written());
    let player = |k: u32| PlayerPose {
        entity: EntityId(256 + k),
        ..PlayerPose::default()
    };
    let before = writer.bits_written();
    for k in 0..99 {
        writer.add_player(&player(k)).unwrap();
    }
    println!("a player: {} bits", (writer.bits_written() - before) / 99);
    assert_eq!((writer.bits_written() - before) / 99, 89);
    let mut bodies = 0;
    while writer.add_body(&body(1)).is_ok() {
        bodies += 1;
    }
    println!("and {bodies} bodies of 107 bits beside them");
    assert_eq!(bodies, 0);
}

#[test]
fn sn2_what_does_not_fit_leaves_the_snapshot_whole() {
    let mut bytes = [0xff; 60];
    let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), None).unwrap();
    let mut count = 0;
    while writer.add_body(&body(count + 1)).is_ok() {
        count += 1;
    }
    let length = writer.finish();
    let mut snapshot = Snapshot::default();
    snapshot.decode(&bytes[..length]).unwrap();
    assert_eq!(snapshot.bodies.len(), count as usize);
    assert!(SnapshotWriter::new(&mut bytes[..11], &Header::default(), None).is_err());
}

#[test]
fn sn3_places_outside_the_world_are_at_its_edge() {
    for (outside, edge) in [(f32::INFINITY, 512.0), (-1e9, -512.0), (f32::NAN, -512.0)] {
        let steps = quantise(outside, LIMIT.x, SIDEWAYS_BITS);
        let back = steps as f32 / STEPS_PER_METRE - LIMIT.x;
        assert!((back - edge).abs() < 1e-3, "{outside}");
    }
}

proptest! {
    #[test]
    fn sn4_the_own_state_comes_back_bit_by_bit(state in any_state(), entity in any_entity(), tick: u32, margin: i16) {
        let header = Header { tick: Tick(tick), input_tick: Tick(tick.wrapping_add(3)), input_margin_ms: margin, missed_inputs: 9 };
        let own = Own { entity, state };
        let mut bytes = [0; 200];
        let length = SnapshotWriter::new(&mut bytes, &header, Some(&own)).unwrap().finish();
        let mut snapshot = Snapshot::default();
        snapshot.decode(&bytes[..length]).unwrap();
        prop_assert_eq!(snapshot.header, header);
        prop_assert_eq!(snapshot.own.unwrap().entity, entity);
        prop_assert_eq!(snapshot.own.unwrap().state.hash(0), state.hash(0));
    }

    #[test]
    fn sn5_others_come_back_within_the_stated_error(place in any_place(), rotation in any_rotation(), yaw: u16, entity in any_entity()) {
        let player = PlayerPose { entity, position: place, yaw, grounded: true, tracked: None };
        let body = BodyPose { entity, position: place, rotation, asleep: true };
        let mut bytes = [0; 64];
        let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), None).unwrap();
        writer.add_player(&player).unwrap();
        writer.add_body(&body).unwrap();
        let length = writer.finish();
        let mut snapshot = Snapshot::default();
        snapshot.decode(&bytes[..length]).unwrap();
        let (p, b) = (snapshot.players[0], snapshot.bodies[0]);
        prop_assert_eq!((p.entity, b.entity, p.grounded, b.asleep), (entity, entity, true, true));
        for off in [p.position - place, b.position - place] {
            prop_assert!(off.x.abs() <= PLACE_ERROR && off.y.abs() <= PLACE_ERROR && off.z.abs() <= PLACE_ERROR, "{:?}", off);
        }
        prop_assert!(p.yaw.wrapping_sub(yaw).cast_signed().unsigned_abs() <= 8);
        prop_assert!(angle(b.rotation, rotation) <= f64::from(ROTATION_ERROR), "{}", angle(b.rotation, rotation));
    }

    #[test]
    fn sn6_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..1200)) {
        let mut snapshot = Snapshot::with_capacity();
        let capacity = (snapshot.players.capacity(), snapshot.bodies.capacity());
        if bytes.len() <= MAX_PAYLOAD_BYTES && snapshot.decode(&bytes).is_ok() {
            for body in &snapshot.bodies {
                let square: f32 = body.rotation.iter().map(|p| p * p).sum();
                prop_assert!((square - 1.0).abs() < 1e-4);
            }
            prop_assert_eq!(capacity, (snapshot.players.capacity(), snapshot.bodies.capacity()));
        }
    }

    /// Like the one above, but past the first impossible value: a valid snapshot with a few bytes changed.
    #[test]
    fn sn6_mutated_snapshots_are_read_or_refused(state in any_state(), changes in prop::collection::vec((0usize..200, any::<u8>()), 0..4), cut in 0usize..200) {
        let own = Own { entity: EntityId(5), state };
        let mut bytes = [0; 200];
        let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), Some(&own)).unwrap();
        for k in 1..9 {
            let _ = writer.add_body(&body(k));
        }
        let length = writer.finish();
        for (at, byte) in changes {
            bytes[at] ^= byte;
        }
        let mut snapshot = Snapshot::default();
        if snapshot.decode(&bytes[..length.min(cut)]).is_ok()
            && let Some(own) = snapshot.own
        {
            prop_assert!(own.state.position.is_finite() && own.state.velocity.is_finite());
            prop_assert!(own.state.blockers.iter().all(Blocker::is_sane));
        }
    }
}
