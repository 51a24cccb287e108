//! Sizes, round trips with their stated errors, and bytes from strangers.

use super::lockstep::Session;
use super::packed::{SIDEWAYS_BITS, STEPS_PER_METRE, quantise};
use super::*;
use crate::bits::BitsError;
use crate::link::MAX_PAYLOAD_BYTES;
use crate::pose::tests::any_rotation;
use crate::step::{Blocker, Blockers, Support};
use crate::vec3::vec3;
use crate::world::LIMIT;
use proptest::prelude::*;

/// Within the last step; what is beyond it is shown at the edge.
fn any_place() -> impl Strategy<Value = Vec3> {
    (-512.0f32..511.999, -256.0f32..255.999, -512.0f32..511.999).prop_map(|(x, y, z)| vec3(x, y, z))
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

/// A snapshot without baselines of what is in these slots.
fn write(
    out: &mut [u8],
    header: &Header,
    own: Option<&Own>,
    players: &[PlayerPose],
    bodies: &[BodyPose],
) -> Result<usize, BitsError> {
    let slots = players.len() + bodies.len();
    let mut encoder = Encoder::new(players.len(), bodies.len());
    let mut baselines = Baselines::new(slots);
    encoder.begin(header.tick, |k| Some(players[k]), |k| Some(bodies[k]));
    let mut writer = SnapshotWriter::new(out, header, own, &mut encoder, &mut baselines)?;
    for slot in 0..slots {
        if writer.add(slot, Level::Full).is_err() {
            break;
        }
    }
    Ok(writer.finish())
}

fn read(bytes: &[u8]) -> Result<Snapshot, crate::message::MessageError> {
    let mut snapshot = Snapshot::default();
    Decoder::new().decode(bytes, &mut snapshot)?;
    Ok(snapshot)
}

#[test]
fn sn1_header_and_own_state_come_first_and_always_fit() {
    let mut state = State::default();
    for k in 0..3 {
        let normal = [
            vec3(1.0, 0.0, 0.0),
            vec3(0.0, 0.0, 1.0),
            vec3(-1.0, 0.0, 0.0),
        ][k];
        assert!(state.blockers.push_exact(Blocker {
            normal,
            offset: 1.0,
            drift: 0.0,
            ticks_left: 6,
        }));
    }
    let own = Own {
        entity: EntityId(u32::MAX),
        state,
    };
    let mut bytes = [0; MAX_PAYLOAD_BYTES - 11];
    let alone = write(&mut bytes, &Header::default(), Some(&own), &[], &[]).unwrap();
    assert_eq!(alone, 101);
    let players: Vec<_> = (0..100)
        .map(|k| PlayerPose {
            entity: EntityId(1024 + k),
            tracked: Some(Tracked::default()),
            ..PlayerPose::default()
        })
        .collect();
    let full = write(&mut bytes, &Header::default(), Some(&own), &players, &[]).unwrap();
    let snapshot = read(&bytes[..full]).unwrap();
    assert_eq!(snapshot.own.unwrap().state.hash(0), state.hash(0));
    assert_eq!(snapshot.players, players[..snapshot.players.len()]);
    assert_eq!(snapshot.players.len(), 27);
}

#[test]
fn sn2_what_does_not_fit_leaves_the_snapshot_whole() {
    let mut bytes = [0xff; 60];
    let bodies: Vec<_> = (1..9).map(body).collect();
    let length = write(&mut bytes, &Header::default(), None, &[], &bodies).unwrap();
    let snapshot = read(&bytes[..length]).unwrap();
    assert_eq!(snapshot.bodies.len(), 3);
    assert!(write(&mut bytes[..11], &Header::default(), None, &[], &[]).is_err());
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
        let length = write(&mut bytes, &header, Some(&own), &[], &[]).unwrap();
        let snapshot = read(&bytes[..length]).unwrap();
        prop_assert_eq!(snapshot.header, header);
        prop_assert_eq!(snapshot.own.unwrap().entity, entity);
        prop_assert_eq!(snapshot.own.unwrap().state.hash(0), state.hash(0));
    }

    #[test]
    fn sn5_others_come_back_within_the_stated_error(place in any_place(), rotation in any_rotation(), yaw: u16, entity in any_entity()) {
        let tracked = Some(Tracked::default());
        let player = PlayerPose { entity, position: place, yaw, grounded: true, tracked };
        let body = BodyPose { entity, position: place, rotation, asleep: true };
        let mut bytes = [0; 80];
        let length = write(&mut bytes, &Header::default(), None, &[player], &[body]).unwrap();
        let snapshot = read(&bytes[..length]).unwrap();
        let (p, b) = (snapshot.players[0], snapshot.bodies[0]);
        prop_assert_eq!((p.entity, b.entity, p.grounded, b.asleep), (entity, entity, true, true));
        prop_assert_eq!(p.tracked, tracked);
        for off in [p.position - place, b.position - place] {
            prop_assert!(off.x.abs() <= PLACE_ERROR && off.y.abs() <= PLACE_ERROR && off.z.abs() <= PLACE_ERROR, "{:?}", off);
        }
        prop_assert!(p.yaw.wrapping_sub(yaw).cast_signed().unsigned_abs() <= 8);
        prop_assert!(angle(b.rotation, rotation) <= f64::from(ROTATION_ERROR), "{}", angle(b.rotation, rotation));
    }

    #[test]
    fn sn6_any_bytes_are_read_or_refused(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1200), 1..8)) {
        let mut snapshot = Snapshot::with_capacity();
        let capacity = (snapshot.players.capacity(), snapshot.bodies.capacity());
        let mut decoder = Decoder::new();
        for bytes in messages {
            let bytes = &bytes[..bytes.len().min(MAX_PAYLOAD_BYTES)];
            if decoder.decode(bytes, &mut snapshot).is_ok() {
                check_numbers(&snapshot)?;
            }
            prop_assert_eq!(capacity, (snapshot.players.capacity(), snapshot.bodies.capacity()));
        }
        prop_assert!(decoder.kept() <= 2 * MAX_SLOTS);
    }

    /// Like the one above, but past the first impossible value and with baselines: valid snapshots with changed bits.
    #[test]
    fn sn6_mutated_snapshots_are_read_or_refused(
        state in any_state(),
        changes in prop::collection::vec((0usize..6, 0usize..8000, any::<u8>()), 0..12),
        cut in 0usize..1139,
    ) {
        let own = Own { entity: EntityId(5), state };
        let mut session = Session::new(8, 8);
        let mut snapshot = Snapshot::with_capacity();
        for number in 0..6usize {
            let tick = Tick(2 * number as u32);
            let player = |k: usize| PlayerPose {
                entity: EntityId(20 + k as u32),
                position: vec3(number as f32 * 0.1, 0.0, k as f32),
                tracked: Some(Tracked::default()),
                ..PlayerPose::default()
            };
            session.encoder.begin(tick, |k| Some(player(k)), |k| Some(body(k as u32 + 1)));
            let mut payload = session.send(tick, Some(&own), |_| Some(Level::Full));
            let message = payload.split_off(11);
            session.deliver(&payload);
            session.acknowledge();
            let mut message = message;
            for (_, at, byte) in changes.iter().filter(|(which, ..)| *which == number) {
                let at = at % message.len();
                message[at] ^= byte;
            }
            let end = if number == 5 { message.len().min(cut) } else { message.len() };
            if session.decoder.decode(&message[..end], &mut snapshot).is_ok() {
                check_numbers(&snapshot)?;
            }
        }
    }
}

/// Everything that is read is a number, a rotation, a place in the world.
fn check_numbers(snapshot: &Snapshot) -> Result<(), TestCaseError> {
    if let Some(own) = snapshot.own {
        prop_assert!(own.state.position.is_finite() && own.state.velocity.is_finite());
        prop_assert!(own.state.blockers.iter().all(Blocker::is_sane));
    }
    let places = snapshot.players.iter().map(|player| player.position);
    for place in places.chain(snapshot.bodies.iter().map(|body| body.position)) {
        prop_assert!(
            place.x.abs() <= LIMIT.x && place.y.abs() <= LIMIT.y && place.z.abs() <= LIMIT.z
        );
    }
    let points = |player: &PlayerPose| player.tracked.map(|tracked| tracked.points());
    let turned = snapshot.players.iter().filter_map(points).flatten();
    let rotations = turned.map(|point| point.unpack().rotation);
    for rotation in rotations.chain(snapshot.bodies.iter().map(|body| body.rotation)) {
        let square: f32 = rotation.iter().map(|part| part * part).sum();
        prop_assert!((square - 1.0).abs() < 1e-3);
    }
    Ok(())
}
