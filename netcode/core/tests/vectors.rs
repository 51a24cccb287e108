//! What is on the wire, byte for byte, against the golden vectors that other implementations read too.

#[path = "common/vectors.rs"]
mod vectors;

use otherworld_core::channel::Channel;
use otherworld_core::input::{Buttons, Input, InputFrame, InputPacket};
use otherworld_core::link::{LINK_HEADER_BYTES, Link};
use otherworld_core::message::{
    Despawn, Goodbye, GoodbyeCause, MESSAGE_HEADER_BYTES, MessageId, Name, Reason, ResumeToken,
    RosterEntry, RosterExit, Spawn, Welcome,
};
use otherworld_core::pose::{PackedPoint, Point, Tracked};
use otherworld_core::protocol::{DESCRIPTION, PROTOCOL_HASH};
use otherworld_core::seat::{Role, UserData};
use otherworld_core::snapshot::{
    Baselines, BodyPose, Decoder, Encoder, Header, Level, Own, PlayerPose, Snapshot, SnapshotWriter,
};
use otherworld_core::step::{Measured, State, reconcile};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_core::{EntityId, SeatId, Tick};
use serde_json::{Value, json};
use vectors::{check, hex, unhex};

fn encoded(encode: impl FnOnce(&mut [u8]) -> usize) -> Vec<u8> {
    // Not zero at first: what is not written must not matter.
    let mut bytes = vec![0xa5; 1150];
    let length = encode(&mut bytes);
    bytes.truncate(length);
    bytes
}

/// The hex of one case in the file, to be decoded: the other direction of [`check`].
fn golden_bytes(name: &str, case: usize) -> Vec<u8> {
    let path = format!("{}/../spec/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    unhex(golden["cases"][case]["hex"].as_str().unwrap())
}

#[test]
fn protocol_hash() {
    let actual = json!({
        "description": DESCRIPTION,
        "protocol_hash": PROTOCOL_HASH.to_string(),
        "protocol_hash_hex": format!("{PROTOCOL_HASH:016x}"),
    });
    check("protocol", &actual);
}

#[test]
fn link() {
    let mut client = Link::new();
    let mut server = Link::new();
    let first = encoded(|out| client.start(0, out).unwrap().finish());
    let mut lost = [0; LINK_HEADER_BYTES];
    client.start(0, &mut lost).unwrap();
    let third = encoded(|out| client.start(0, out).unwrap().finish());
    server.receive(0, &first).unwrap();
    server.receive(0, &third).unwrap();
    let answer = encoded(|out| {
        let mut payload = server.start(0, out).unwrap();
        payload.add_bytes(MessageId::Welcome, &[1, 2, 3]).unwrap();
        payload.add_bytes(MessageId::Goodbye, &[]).unwrap();
        payload.finish()
    });
    // A message of a protocol to come, between two that are known.
    let mut later = answer[..answer.len() - MESSAGE_HEADER_BYTES].to_vec();
    later.extend_from_slice(&[200, 2, 0, 9, 9, MessageId::Goodbye as u8, 1, 0, 4]);
    let message = |id: u8, bytes: &[u8]| json!({"id": id, "hex": hex(bytes)});
    let actual = json!({"cases": [
        {"what": "nothing received yet, no message", "sequence": 0, "ack": 65535, "ack_bits": 0, "messages": [], "hex": hex(&first)},
        {"what": "acknowledges 2 and 0, two messages", "sequence": 0, "ack": 2, "ack_bits": 2,
            "messages": [message(3, &[1, 2, 3]), message(5, &[])], "hex": hex(&answer)},
        {"what": "an unknown message between two", "sequence": 0, "ack": 2, "ack_bits": 2,
            "messages": [message(3, &[1, 2, 3]), message(200, &[9, 9]), message(5, &[4])], "hex": hex(&later)},
    ]});
    check("link", &actual);
    let payload = golden_bytes("link", 1);
    let received = client.receive(0, &payload).unwrap();
    let acked: Vec<_> = received.newly_acked.map(|s| s.0).collect();
    assert_eq!(acked, [2, 0]);
    let messages: Vec<_> = received.messages.collect();
    assert_eq!(messages, [(3, &[1, 2, 3][..]), (5, &[][..])]);
    let later = golden_bytes("link", 2);
    let messages = Link::new().receive(0, &later).unwrap().messages;
    assert_eq!(messages.map(|(id, _)| id).collect::<Vec<_>>(), [3, 200, 5]);
}

#[test]
fn events() {
    let mut link = Link::new();
    // The offset wraps between the two segments.
    let offset = u32::MAX - 299;
    let (mut sender, mut receiver) = (Channel::starting_at(offset), Channel::starting_at(offset));
    let entry = RosterEntry {
        entity: EntityId(300),
        seat: SeatId(9),
        name: Name::new("Ada"),
    };
    let exit = RosterExit {
        entity: EntityId(299),
    };
    sender.push_bytes(MessageId::Goodbye, &[7; 290]).unwrap();
    sender
        .push(MessageId::RosterEntry, |room| entry.encode(room))
        .unwrap();
    let mut payload = |sender: &mut Channel, limit| {
        encoded(|out| {
            let mut payload = link.start(0, out).unwrap();
            sender.write(0, &link, &mut payload, limit);
            payload.finish()
        })
    };
    let first = payload(&mut sender, 307);
    sender
        .push(MessageId::RosterExit, |room| exit.encode(room))
        .unwrap();
    let second = payload(&mut sender, 400);
    let case = |what: &str, offset: u32, payload: &[u8]| {
        let bytes = &payload[LINK_HEADER_BYTES + MESSAGE_HEADER_BYTES + 4..];
        json!({"what": what, "segment": {"offset": offset, "hex": hex(bytes)}, "hex": hex(payload)})
    };
    let message = |id: MessageId, bytes: &[u8]| json!({"id": id as u8, "hex": hex(bytes)});
    let entered = encoded(|out| entry.encode(out).unwrap());
    let exited = encoded(|out| exit.encode(out).unwrap());
    let actual = json!({
        "start": offset,
        "messages": [
            message(MessageId::Goodbye, &[7; 290]),
            message(MessageId::RosterEntry, &entered),
            message(MessageId::RosterExit, &exited),
        ],
        "cases": [
            case("message 5 (290 bytes of 7), the first 7 bytes of a roster entry", offset, &first),
            case("the rest of the roster entry, a roster exit", 0, &second),
        ],
    });
    check("events", &actual);
    let mut heard = Vec::new();
    for case in [1, 0] {
        let payload = golden_bytes("events", case);
        let received = Link::new()
            .receive(0, &payload)
            .map(|r| r.messages.collect::<Vec<_>>());
        for (id, segment) in received.unwrap() {
            assert_eq!(id, MessageId::Events as u8);
            receiver.receive(segment).unwrap();
        }
        while let Some((id, message)) = receiver.next().unwrap() {
            heard.push((id, message.to_vec()));
        }
    }
    assert_eq!(heard.len(), 3);
    assert_eq!(heard[0], (MessageId::Goodbye as u8, vec![7; 290]));
    assert_eq!(RosterEntry::decode(&heard[1].1), Ok(entry));
    assert_eq!(RosterExit::decode(&heard[2].1), Ok(exit));
}

#[test]
fn input() {
    let walk = Input {
        right: -127,
        forward: 64,
        yaw: 0x4000,
        buttons: Buttons::RUN,
    };
    let jump = Input {
        buttons: Buttons::JUMP,
        ..walk
    };
    let mut packet = InputPacket::new(InputFrame {
        tick: Tick(u32::MAX),
        input: walk,
    });
    packet.push(walk);
    packet.push(jump);
    let mut held = InputPacket::new(InputFrame {
        tick: Tick(7),
        input: walk,
    });
    held.set_tracked(scene(1_000_003).0[0].tracked);
    let case = |what: &str, packet: &InputPacket| {
        let bytes = encoded(|out| packet.encode(out).unwrap());
        let frames: Vec<Value> = packet.frames().map(|f| json!({
            "tick": f.tick.0, "right": f.input.right, "forward": f.input.forward, "yaw": f.input.yaw, "buttons": f.input.buttons.0,
        })).collect();
        let points = packet
            .tracked()
            .map(|tracked| tracked.points().map(value_of_point));
        json!({"what": what, "frames": frames, "points": points, "hex": hex(&bytes)})
    };
    let actual = json!({"cases": [
        case("three ticks over the wrap, the second as the first", &packet),
        case("one tick, with head and hands", &held),
    ]});
    check("input", &actual);
    assert_eq!(InputPacket::decode(&golden_bytes("input", 0)), Ok(packet));
    assert_eq!(InputPacket::decode(&golden_bytes("input", 1)), Ok(held));
}

/// A character with a blocker, as a walker has who touches a wall.
fn blocked() -> State {
    let floor = [[
        vec3(-9.0, 0.0, -9.0),
        vec3(-9.0, 0.0, 9.0),
        vec3(9.0, 0.0, 0.0),
    ]];
    let world = World::build(&floor).unwrap();
    let measured = Measured {
        position: vec3(0.5, 0.0, 0.0),
        velocity: vec3(1.5, 0.0, -0.25),
        previous: vec3(0.55, 0.0, 0.0),
    };
    let (state, _) = reconcile(&State::at(vec3(0.625, 0.0, 0.0)), &measured, &world);
    assert_eq!(state.blockers.len(), 1);
    state
}

/// What the row of snapshots is of: a player who walks and gestures, one who stands, bodies that roll and rest.
fn scene(tick: u32) -> (Vec<PlayerPose>, Vec<BodyPose>) {
    let passed = (tick - 1_000_000) as f32 / 30.0;
    let hand = |reach: f32| Point {
        position: vec3(0.25 + reach, 1.25, -0.5 * reach),
        rotation: [0.0, reach, 0.0, (1.0 - reach * reach).sqrt()],
    };
    let head = Point {
        position: vec3(0.0, 1.625, 0.0),
        rotation: [0.0, 0.0, 0.0, 1.0],
    };
    let tracked = Tracked {
        head: head.pack(),
        left: hand(0.25).pack(),
        right: hand(0.25 + passed).pack(),
    };
    let walker = PlayerPose {
        entity: EntityId(301),
        position: vec3(-511.5 + 2.0 * passed, 0.25, 12.125),
        yaw: 0x8010 + tick as u16 % 64 * 100,
        grounded: true,
        tracked: Some(tracked),
    };
    let stander = PlayerPose {
        entity: EntityId(70_000),
        position: vec3(3.0, 0.0, -4.0),
        tracked: None,
        ..walker
    };
    let ball = BodyPose {
        entity: EntityId(1),
        position: vec3(1.0 + passed, 255.0, -3.0),
        rotation: [0.5, -0.5, 0.5 - 0.1 * passed, 0.5],
        asleep: false,
    };
    let crate_ = BodyPose {
        entity: EntityId(4_000),
        position: vec3(5.0, 0.5, 5.0),
        rotation: [0.0, 0.0, 0.0, 1.0],
        asleep: true,
    };
    let stander = PlayerPose { yaw: 7, ..stander };
    let mut bodies = vec![ball; 131];
    bodies[130] = crate_;
    (vec![walker, stander], bodies)
}

/// What a snapshot of the row shows, its tick, and which slots it tells how.
type Step = (&'static str, u32, &'static [(usize, Level)]);

const ROW: [Step; 5] = [
    (
        "a keyframe: everything complete, of the walker the root alone",
        1_000_000,
        &[
            (0, Level::Root),
            (1, Level::Full),
            (2, Level::Root),
            (132, Level::Root),
        ],
    ),
    (
        "the walker's root against 1, the points complete; the others as they were",
        1_000_003,
        &[
            (0, Level::Full),
            (1, Level::Root),
            (2, Level::Root),
            (132, Level::Root),
        ],
    ),
    (
        "the next keyframe",
        1_000_004,
        &[(0, Level::Full), (2, Level::Root)],
    ),
    (
        "the walker against 1, the one who stands against 2",
        1_000_007,
        &[(0, Level::Full), (1, Level::Full), (132, Level::Root)],
    ),
    (
        "the walker against 7, and who has left the history complete",
        1_000_031,
        &[(0, Level::Full), (132, Level::Root), (1, Level::Root)],
    ),
];

fn value_of_point(point: PackedPoint) -> Value {
    json!({"place": point.place, "largest": point.rotation.largest, "parts": point.rotation.parts})
}

fn value_of_body(body: &BodyPose) -> Value {
    let place = body.position;
    // To six places: readers of JSON round the last ones differently.
    let rounded = |part: f32| (f64::from(part) * 1e6).round() / 1e6;
    json!({
        "entity": body.entity.0, "position": [place.x, place.y, place.z], "rotation": body.rotation.map(rounded), "asleep": body.asleep,
    })
}

fn value_of(snapshot: &Snapshot) -> Value {
    let v = |v: otherworld_core::Vec3| json!([v.x, v.y, v.z]);
    let player = |player: &PlayerPose| {
        json!({
            "entity": player.entity.0, "position": v(player.position), "yaw": player.yaw, "grounded": player.grounded,
            "points": player.tracked.map(|tracked| tracked.points().map(value_of_point)),
        })
    };
    let own = |own: Own| {
        json!({
            "entity": own.entity.0, "position": v(own.state.position), "velocity": v(own.state.velocity),
            "support": own.state.support as u8,
            "blockers": own.state.blockers.iter().map(|blocker| json!({
                "normal": v(blocker.normal), "offset": blocker.offset, "drift": blocker.drift, "ticks_left": blocker.ticks_left,
            })).collect::<Vec<_>>(),
        })
    };
    let header = snapshot.header;
    json!({
        "header": {
            "tick": header.tick.0, "input_tick": header.input_tick.0,
            "input_margin_ms": header.input_margin_ms, "missed_inputs": header.missed_inputs,
        },
        "own": snapshot.own.map(own),
        "players": snapshot.players.iter().map(player).collect::<Vec<_>>(),
        "bodies": snapshot.bodies.iter().map(value_of_body).collect::<Vec<_>>(),
    })
}

#[test]
fn snapshot() {
    let (mut server, mut client) = (Link::new(), Link::new());
    let mut encoder = Encoder::new(2, 131);
    let mut baselines = Baselines::new(133);
    let (mut decoder, mut read) = (Decoder::new(), Snapshot::default());
    let (mut cases, mut begun) = (Vec::new(), 1_000_000);
    for (number, (what, tick, slots)) in ROW.into_iter().enumerate() {
        let header = Header {
            tick: Tick(tick),
            input_tick: Tick(tick + 3),
            input_margin_ms: -12,
            missed_inputs: 255,
        };
        let own = (number != 1).then(|| Own {
            entity: EntityId(300),
            state: if number == 0 {
                blocked()
            } else {
                State::at(vec3(0.5, 0.0, 0.0))
            },
        });
        // Ticks between are not told of, and the grid's among them are keyframes all the same.
        for passed in begun..=tick {
            let (players, bodies) = scene(passed);
            encoder.begin(Tick(passed), |k| Some(players[k]), |k| Some(bodies[k]));
        }
        begun = tick + 1;
        let message = encoded(|out| {
            let own = own.as_ref();
            let mut writer =
                SnapshotWriter::new(out, &header, own, &mut encoder, &mut baselines).unwrap();
            for (slot, level) in slots {
                writer.add(*slot, *level).unwrap();
            }
            writer.finish()
        });
        let mut frame = [0; LINK_HEADER_BYTES];
        let payload = server.start(0, &mut frame).unwrap();
        baselines.sent(payload.sequence());
        client.receive(0, &frame).unwrap();
        client.start(0, &mut frame).unwrap();
        baselines.acknowledge(server.receive(0, &frame).unwrap().newly_acked);
        decoder.decode(&message, &mut read).unwrap();
        assert_eq!(
            (read.header, read.own, read.unknown_baselines),
            (header, own, 0)
        );
        assert_eq!(read.players.len() + read.bodies.len(), slots.len());
        cases.push(json!({"what": what, "hex": hex(&message), "snapshot": value_of(&read)}));
    }
    check("snapshot", &json!({"cases": cases}));
    let mut decoder = Decoder::new();
    for (number, case) in cases.iter().enumerate() {
        decoder
            .decode(&golden_bytes("snapshot", number), &mut read)
            .unwrap();
        assert_eq!(value_of(&read), case["snapshot"]);
    }
    // Who has none of the keyframes can skip what needs one.
    Decoder::new()
        .decode(&golden_bytes("snapshot", 3), &mut read)
        .unwrap();
    assert_eq!(
        (
            read.players.len(),
            read.bodies.len(),
            read.unknown_baselines
        ),
        (0, 0, 3)
    );
}

#[test]
fn messages() {
    let welcome = Welcome {
        tick: Tick(77),
        entity: EntityId(300),
        world_hash: 0x0123_4567_89ab_cdef,
        tick_rate_hz: 30,
    };
    let entry = RosterEntry {
        entity: EntityId(300),
        seat: SeatId(u64::MAX),
        name: Name::new("Zoë"),
    };
    let exit = RosterExit {
        entity: EntityId(300),
    };
    let goodbye = Goodbye {
        cause: GoodbyeCause::Kicked,
        reason: Reason::new("be kind"),
    };
    let resume = ResumeToken {
        expires: 1_700_000_045,
        timeout_seconds: 15,
        nonce: core::array::from_fn(|k| k as u8),
        client_to_server: [0xc5; 32],
        server_to_client: [0x5c; 32],
        sealed: core::array::from_fn(|k| (k / 4) as u8),
    };
    let spawn = Spawn {
        of: 7,
        tick: Tick(0x0102_0304),
        pose: BodyPose {
            entity: EntityId(5_000),
            position: vec3(1.0, 255.0, -3.0),
            rotation: [0.5, -0.5, 0.5, 0.5],
            asleep: true,
        },
    };
    let despawn = Despawn {
        entity: EntityId(5_000),
    };
    let bytes = [
        encoded(|out| welcome.encode(out).unwrap()),
        encoded(|out| entry.encode(out).unwrap()),
        encoded(|out| goodbye.encode(out).unwrap()),
        encoded(|out| resume.encode(out).unwrap()),
        encoded(|out| exit.encode(out).unwrap()),
        encoded(|out| spawn.encode(out).unwrap()),
        encoded(|out| despawn.encode(out).unwrap()),
    ];
    let shown = Spawn::decode(&bytes[5]).unwrap();
    let actual = json!({"cases": [
        {"message": "welcome", "tick": 77, "entity": 300, "world_hash": "81985529216486895", "tick_rate_hz": 30, "hex": hex(&bytes[0])},
        {"message": "roster entry", "entity": 300, "seat": u64::MAX.to_string(), "name": "Zoë", "hex": hex(&bytes[1])},
        {"message": "goodbye", "cause": 1, "reason": "be kind", "hex": hex(&bytes[2])},
        {"message": "resume token", "expires": resume.expires.to_string(), "timeoutSeconds": resume.timeout_seconds, "nonce": hex(&resume.nonce),
            "clientToServer": hex(&resume.client_to_server), "serverToClient": hex(&resume.server_to_client), "sealed": hex(&resume.sealed), "hex": hex(&bytes[3])},
        {"message": "roster exit", "entity": 300, "hex": hex(&bytes[4])},
        {"message": "spawn", "of": 7, "tick": 0x0102_0304, "body": value_of_body(&shown.pose), "hex": hex(&bytes[5])},
        {"message": "despawn", "entity": 5000, "hex": hex(&bytes[6])},
    ]});
    check("messages", &actual);
    assert_eq!(Welcome::decode(&golden_bytes("messages", 0)), Ok(welcome));
    assert_eq!(RosterEntry::decode(&golden_bytes("messages", 1)), Ok(entry));
    assert_eq!(Goodbye::decode(&golden_bytes("messages", 2)), Ok(goodbye));
    assert_eq!(
        ResumeToken::decode(&golden_bytes("messages", 3)),
        Ok(resume)
    );
    assert_eq!(RosterExit::decode(&golden_bytes("messages", 4)), Ok(exit));
    let read = Spawn::decode(&golden_bytes("messages", 5)).unwrap();
    assert_eq!((read.of, read.tick), (7, Tick(0x0102_0304)));
    assert_eq!(read.pose.position, spawn.pose.position);
    assert_eq!(Despawn::decode(&golden_bytes("messages", 6)), Ok(despawn));
}

#[test]
fn user_data() {
    let ada = UserData {
        role: Role::Player,
        resumed: false,
        user: core::array::from_fn(|k| k as u8),
        protocol_hash: 0x1122_3344_5566_7788,
        seat: SeatId(0x99aa_bbcc_ddee_ff01),
        avatar_sha256: [0; 32],
        name: Name::new("Ada"),
    };
    let longest = UserData {
        role: Role::Operator,
        avatar_sha256: core::array::from_fn(|k| 0xe0 + k as u8),
        name: Name::new(&"ü".repeat(32)),
        ..ada
    };
    let case = |data: &UserData| {
        json!({
            "role": data.role as u8,
            "user": "00010203-0405-0607-0809-0a0b0c0d0e0f",
            "protocolHash": data.protocol_hash.to_string(),
            "seat": data.seat.0.to_string(),
            "avatarSha256": hex(&data.avatar_sha256),
            "name": data.name.as_str(),
            "hex": hex(&data.encode()),
        })
    };
    check("user-data", &json!({"cases": [case(&ada), case(&longest)]}));
    for (k, data) in [ada, longest].iter().enumerate() {
        let bytes = golden_bytes("user-data", k).try_into().unwrap();
        assert_eq!(UserData::decode(&bytes), Ok(*data));
    }
}
