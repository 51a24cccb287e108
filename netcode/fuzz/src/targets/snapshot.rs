//! Snapshots one after the other, into one decoder: what is read is somebody, somewhere, and when it is written and read
//! again it is the same. What cannot be read makes the next one no harder to read.

use crate::parts::Steps;
use otherworld_core::EntityId;
use otherworld_core::snapshot::{
    Baselines, BodyPose, Decoder, Encoder, Level, MAX_SLOTS, PlayerPose, ROTATION_ERROR, Snapshot,
    SnapshotWriter,
};

/// Twice as long as any: what came as differences is written complete.
const ROOM: usize = 64 * 1024;

/// Control: nothing.
pub fn check(bytes: &[u8]) -> bool {
    let mut decoder = Decoder::new();
    let mut snapshot = Snapshot::with_capacity();
    let mut understood = true;
    for step in Steps::of(bytes) {
        let mut twin = decoder.clone();
        let result = decoder.decode(step.bytes, &mut snapshot);
        let mut again = Snapshot::default();
        assert_eq!(twin.decode(step.bytes, &mut again), result);
        if result.is_err() {
            understood = false;
            continue;
        }
        assert_eq!(again, snapshot);
        check_snapshot(&snapshot);
        let second = rewritten(&snapshot);
        assert_eq!((second.header, second.own), (snapshot.header, snapshot.own));
        assert_eq!(second.players, snapshot.players);
        assert_eq!(second.bodies.len(), snapshot.bodies.len());
        let bodies = second.bodies.iter().zip(&snapshot.bodies);
        bodies.for_each(|(second, first)| check_same(second, first));
    }
    understood
}

fn check_snapshot(snapshot: &Snapshot) {
    assert!(snapshot.players.len() + snapshot.bodies.len() <= MAX_SLOTS);
    if let Some(own) = &snapshot.own {
        assert_ne!(own.entity, EntityId::NONE);
        assert!(own.state.position.is_finite() && own.state.velocity.is_finite());
        for blocker in own.state.blockers.iter() {
            assert!((blocker.normal.length() - 1.0).abs() < 0.02 && blocker.offset.is_finite());
        }
    }
    snapshot.players.iter().for_each(check_player);
    snapshot.bodies.iter().for_each(check_body);
}

fn check_player(player: &PlayerPose) {
    assert!(player.entity != EntityId::NONE && player.position.is_finite());
    for point in player.tracked.iter().flat_map(|tracked| tracked.points()) {
        assert!(point.unpack().position.length() < 10.0);
        check_rotation(point.unpack().rotation);
    }
}

pub fn check_body(body: &BodyPose) {
    assert!(body.entity != EntityId::NONE && body.position.is_finite());
    check_rotation(body.rotation);
}

/// The rotation may have another nearest step now: two of its parts can be the largest.
pub fn check_same(second: &BodyPose, first: &BodyPose) {
    let still = |body: &BodyPose| (body.entity, body.position, body.asleep);
    assert_eq!(still(second), still(first));
    let parts = second.rotation.into_iter().zip(first.rotation);
    let product: f64 = parts.map(|(a, b)| f64::from(a) * f64::from(b)).sum();
    let angle = 2.0 * product.abs().min(1.0).acos();
    assert!(
        angle <= f64::from(ROTATION_ERROR),
        "{second:?} is not {first:?}"
    );
}

fn check_rotation(rotation: [f32; 4]) {
    let length: f32 = rotation.iter().map(|part| part * part).sum();
    assert!((length - 1.0).abs() < 1e-3, "{rotation:?}");
}

/// Written for a client that has nothing, and read by it.
fn rewritten(snapshot: &Snapshot) -> Snapshot {
    let (players, bodies) = (&snapshot.players, &snapshot.bodies);
    let mut encoder = Encoder::new(players.len(), bodies.len());
    let mut baselines = Baselines::new(encoder.slots());
    encoder.begin(
        snapshot.header.tick,
        |k| Some(players[k]),
        |k| Some(bodies[k]),
    );
    let (slots, mut out) = (encoder.slots(), vec![0xa5; ROOM]);
    let (header, own) = (&snapshot.header, snapshot.own.as_ref());
    let mut writer = SnapshotWriter::new(&mut out, header, own, &mut encoder, &mut baselines)
        .expect("room for a header");
    for slot in 0..slots {
        writer.add(slot, Level::Full).expect("room for everybody");
    }
    let length = writer.finish();
    let mut read = Snapshot::default();
    let result = Decoder::new().decode(&out[..length], &mut read);
    assert_eq!(result, Ok(()));
    assert_eq!(read.unknown_baselines, 0);
    read
}
