//! The rules of keyframes one by one; all together, over a bad network, in [`super::lockstep`].

use super::lockstep::Session;
use super::packed::PackedPlayer;
use super::*;
use crate::vec3::vec3;

/// A player's root without a baseline (unit: bytes).
const COMPLETE: usize = 13;

fn player(entity: u32, x: f32) -> PlayerPose {
    PlayerPose {
        entity: EntityId(entity),
        position: vec3(x, 0.0, 0.0),
        ..PlayerPose::default()
    }
}

/// Sends one player as the root alone; the payload, and how long its entry is (unit: bytes).
fn tell(session: &mut Session, tick: u32, pose: PlayerPose) -> (Vec<u8>, usize) {
    session.encoder.begin(Tick(tick), |_| Some(pose), |_| None);
    let payload = session.send(Tick(tick), None, |_| Some(Level::Root));
    let entry = payload.len() - 22;
    (payload, entry)
}

fn hear(session: &mut Session, payload: &[u8]) {
    assert!(session.deliver(payload));
    session.read(payload);
}

#[test]
fn kf2_only_what_was_acknowledged_is_a_baseline() {
    let mut session = Session::new(1, 0);
    let (first, complete) = tell(&mut session, 0, player(500, 1.0));
    hear(&mut session, &first);
    let late = session.answer();
    let (second, unknown) = tell(&mut session, 4, player(500, 1.1));
    assert_eq!(
        (complete, unknown),
        (COMPLETE, COMPLETE),
        "nothing was heard of the first"
    );
    session.hear(&late);
    session.hear(&late);
    let (third, known) = tell(&mut session, 5, player(500, 1.1));
    assert!(known < 8, "{known} bytes");
    // The second gets lost; what is acknowledged first counts first.
    hear(&mut session, &third);
    session.acknowledge();
    let (fourth, _) = tell(&mut session, 8, player(500, 1.2));
    hear(&mut session, &fourth);
    assert_eq!(
        session.snapshot.players,
        [PackedPlayer::pack(&player(500, 1.2)).unpack()]
    );
    hear(&mut session, &second);
    assert_eq!(session.snapshot.header.tick, Tick(4));
    assert_eq!(session.snapshot.unknown_baselines, 0);
}

#[test]
fn kf2_a_snapshot_that_did_not_go_out_is_no_baseline() {
    let mut session = Session::new(1, 0);
    session
        .encoder
        .begin(Tick(0), |_| Some(player(500, 1.0)), |_| None);
    let header = Header::default();
    let (encoder, baselines) = (&mut session.encoder, &mut session.baselines);
    let mut bytes = [0; 64];
    let mut writer = SnapshotWriter::new(&mut bytes, &header, None, encoder, baselines).unwrap();
    writer.add(0, Level::Root).unwrap();
    let (later, _) = tell(&mut session, 1, player(500, 1.0));
    hear(&mut session, &later);
    session.acknowledge();
    let (_, entry) = tell(&mut session, 2, player(500, 1.0));
    assert_eq!(entry, COMPLETE);
}

#[test]
fn kf3_whoever_comes_into_a_slot_is_told_whole() {
    let mut session = Session::new(1, 0);
    let (payload, _) = tell(&mut session, 0, player(500, 1.0));
    hear(&mut session, &payload);
    session.acknowledge();
    let (payload, same) = tell(&mut session, 1, player(500, 1.0));
    hear(&mut session, &payload);
    let (payload, other) = tell(&mut session, 2, player(501, 1.0));
    hear(&mut session, &payload);
    assert_eq!((same, other), (2, COMPLETE));
    assert_eq!(session.snapshot.players[0].entity, EntityId(501));
}

#[test]
fn kf5_after_an_outage_everything_is_told_whole_again() {
    for (tick, is_known) in [(28, true), (29, false), (1_000, false), (u32::MAX, false)] {
        let mut session = Session::new(1, 0);
        let (payload, _) = tell(&mut session, 0, player(500, 1.0));
        hear(&mut session, &payload);
        session.acknowledge();
        let (payload, entry) = tell(&mut session, tick, player(500, 1.0));
        assert_eq!(entry < COMPLETE, is_known, "tick {tick}: {entry} bytes");
        hear(&mut session, &payload);
        assert_eq!(session.snapshot.players.len(), 1);
    }
}

#[test]
fn kf6_what_has_an_unknown_baseline_is_skipped_and_the_rest_is_read() {
    let mut session = Session::new(2, 1);
    let tracked = Some(Tracked::default());
    let body = BodyPose {
        entity: EntityId(1),
        position: vec3(0.0, 1.0, 0.0),
        rotation: [0.0, 0.0, 0.0, 1.0],
        asleep: false,
    };
    for tick in [0, 3] {
        let x = tick as f32;
        session.encoder.begin(
            Tick(tick),
            |slot| {
                (slot == 0 || tick == 3).then(|| PlayerPose {
                    tracked,
                    ..player(500 + slot as u32, x)
                })
            },
            |_| {
                Some(BodyPose {
                    position: vec3(x, 1.0, 0.0),
                    ..body
                })
            },
        );
        let payload = session.send(Tick(tick), None, |_| Some(Level::Full));
        assert!(session.deliver(&payload));
        session.acknowledge();
        if tick == 3 {
            session.read(&payload);
        }
    }
    assert_eq!(session.snapshot.unknown_baselines, 2);
    let entities: Vec<_> = session
        .snapshot
        .players
        .iter()
        .map(|player| player.entity.0)
        .collect();
    assert_eq!((entities, session.snapshot.bodies.len()), (vec![501], 0));
}

#[test]
fn kf7_points_have_a_baseline_of_their_own() {
    let mut session = Session::new(1, 0);
    let told = |session: &mut Session, tick: u32, level: Level| {
        let pose = PlayerPose {
            tracked: Some(Tracked::default()),
            ..player(500, 1.0)
        };
        session.encoder.begin(Tick(tick), |_| Some(pose), |_| None);
        let payload = session.send(Tick(tick), None, |_| Some(level));
        hear(session, &payload);
        session.acknowledge();
        assert_eq!(
            session.snapshot.players[0].tracked.is_some(),
            level == Level::Full
        );
        assert_eq!(session.snapshot.unknown_baselines, 0);
        payload.len() - 22
    };
    assert_eq!(told(&mut session, 0, Level::Root), COMPLETE);
    // The root is as it was; the points were never told.
    assert!((25..30).contains(&told(&mut session, 4, Level::Full)));
    assert!(told(&mut session, 8, Level::Root) < 4);
    // The root against tick 8, the points against tick 4.
    assert!(told(&mut session, 9, Level::Full) < 16);
}

#[test]
fn kf8_a_client_keeps_a_bounded_history() {
    let mut decoder = Decoder::new();
    let mut snapshot = Snapshot::with_capacity();
    let mut bytes = [0; 64];
    let mut bits = crate::bits::BitWriter::new(&mut bytes);
    (0..4).for_each(|_| bits.write(0, 22).unwrap());
    bits.write(0, 1).unwrap();
    for kind in [Kind::PlayerRoot, Kind::Body] {
        bits.write(
            kind as u64 | 1 << 2 | (MAX_SLOTS as u64 - 1) << 3 | 1 << 15,
            18,
        )
        .unwrap();
        // As it was in a keyframe that nobody knows.
        bits.write(1, 1).unwrap();
    }
    let length = bits.bytes_written();
    decoder.decode(&bytes[..length], &mut snapshot).unwrap();
    assert_eq!(snapshot.unknown_baselines, 2);
    assert_eq!(decoder.kept(), 2 * MAX_SLOTS);
    assert!(core::mem::size_of::<PackedPlayer>() * 16 * MAX_SLOTS < 6 << 20);
}
