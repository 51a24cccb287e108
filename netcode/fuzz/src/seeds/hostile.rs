//! What no honest peer sends and a random change hardly ever makes: numbers that are none, nobody's ids, streams that overlap,
//! handshakes in another order. Most of it is written by our own code from values that it never has.

use super::{Seed, world};
use crate::parts::steps;
use crate::talk::talk;
use otherworld_core::link::{LINK_HEADER_BYTES, Link, MAX_PAYLOAD_BYTES};
use otherworld_core::message::{
    Despawn, Goodbye, GoodbyeCause, MessageId, Name, Reason, RosterEntry, RosterExit, Spawn,
    Welcome,
};
use otherworld_core::snapshot::{Baselines, BodyPose, Encoder, Header, Own, SnapshotWriter};
use otherworld_core::step::State;
use otherworld_core::vec3::{Vec3, vec3};
use otherworld_core::{EntityId, SeatId, Tick};
use serde_json::{Value, json};

pub(super) fn seeds(name: &str) -> Vec<Seed> {
    let inputs = match name {
        "snapshot" => no_numbers().map(|bytes| steps(&[(0, bytes)])).into(),
        "client" => clients(),
        "message" => messages(),
        "link" => links(),
        "channel" => streams(),
        "session" => sessions(),
        "server-pipe" => servers(),
        "client-pipe" => clients_of_pipes(),
        "scene" => scenes(),
        _ => Vec::new(),
    };
    let seed = |(k, bytes)| Seed {
        what: format!("hostile {k}"),
        bytes,
        is_true: false,
    };
    inputs.into_iter().enumerate().map(seed).collect()
}

/// Snapshots whose own state has no number in it, or one at its end.
fn no_numbers() -> [Vec<u8>; 6] {
    let at = |position, velocity| State {
        velocity,
        ..State::at(position)
    };
    let (nan, huge) = (f32::NAN, f32::MAX);
    [
        at(vec3(nan, 0.0, 0.0), Vec3::ZERO),
        at(vec3(0.0, f32::INFINITY, 0.0), Vec3::ZERO),
        at(Vec3::ZERO, vec3(0.0, 0.0, nan)),
        at(Vec3::ZERO, vec3(f32::NEG_INFINITY, 0.0, 0.0)),
        at(vec3(huge, huge, -huge), Vec3::ZERO),
        at(Vec3::ZERO, vec3(huge, -huge, huge)),
    ]
    .map(snapshot)
}

fn snapshot(state: State) -> Vec<u8> {
    let header = Header {
        tick: Tick(8),
        ..Header::default()
    };
    let own = Own {
        entity: EntityId(100),
        state,
    };
    let mut encoder = Encoder::new(1, 1);
    let mut baselines = Baselines::new(2);
    encoder.begin(header.tick, |_| None, |_| None);
    let mut out = [0; MAX_PAYLOAD_BYTES];
    let writer = SnapshotWriter::new(&mut out, &header, Some(&own), &mut encoder, &mut baselines);
    let length = writer.expect("room for a header").finish();
    out[..length].to_vec()
}

/// In a session that has begun: such snapshots, and events that end it, twice and torn apart.
fn clients() -> Vec<Vec<u8>> {
    let begun = 4;
    let mut inputs: Vec<_> = no_numbers()
        .into_iter()
        .map(|bytes| steps(&[(begun | 1 | 4 << 3, bytes.clone()), (1 | 31 << 3, bytes)]))
        .collect();
    let events: Vec<u8> = messages()
        .iter()
        .flat_map(|message| framed(message[0], &message[1..]))
        .collect();
    let torn = events.chunks(100).map(|part| (2 | 4 << 3, part.to_vec()));
    let mut torn: Vec<_> = torn.collect();
    torn[0].0 |= begun;
    inputs.push(steps(&torn));
    inputs.extend(messages().iter().map(|message| {
        let event = framed(message[0], &message[1..]);
        steps(&[(begun | 2 | 4 << 3, event.clone()), (2, event)])
    }));
    inputs
}

/// A message as it lies in a stream or a payload.
fn framed(id: u8, bytes: &[u8]) -> Vec<u8> {
    let [low, high] = (bytes.len() as u16).to_le_bytes();
    [&[id, low, high], bytes].concat()
}

/// Nobody's bodies, no causes, texts that are too long or none, the smallest and the largest of everything.
fn messages() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut add = |id: MessageId, encode: &dyn Fn(&mut [u8]) -> usize| {
        let mut out = [0; MAX_PAYLOAD_BYTES];
        let length = encode(&mut out);
        all.push([&[id as u8], &out[..length]].concat());
    };
    for (entity, seat) in [(0, 1), (1, 0), (u32::MAX, u64::MAX), (7, 1 << 32)] {
        let (entity, seat) = (EntityId(entity), SeatId(seat));
        let name = Name::new("ü");
        let entry = RosterEntry { entity, seat, name };
        add(MessageId::RosterEntry, &|out| {
            entry.encode(out).unwrap_or(0)
        });
        let exit = RosterExit { entity };
        add(MessageId::RosterExit, &|out| exit.encode(out).unwrap_or(0));
        let despawn = Despawn { entity };
        add(MessageId::Despawn, &|out| despawn.encode(out).unwrap_or(0));
        let pose = BodyPose {
            entity,
            position: vec3(f32::NAN, f32::MAX, -1.0),
            rotation: [0.0; 4],
            asleep: false,
        };
        let (of, tick) = (u16::MAX, Tick(u32::MAX));
        let spawn = Spawn { of, tick, pose };
        add(MessageId::Spawn, &|out| spawn.encode(out).unwrap_or(0));
        let welcome = Welcome {
            tick: Tick(u32::MAX),
            entity,
            world_hash: seat.0,
            tick_rate_hz: 31 * (seat.0 % 2) as u8,
        };
        add(MessageId::Welcome, &|out| welcome.encode(out).unwrap_or(0));
    }
    let goodbye = Goodbye {
        cause: GoodbyeCause::Kicked,
        reason: Reason::new(&"ü".repeat(100)),
    };
    for cause in [0, 3, 4] {
        add(MessageId::Goodbye, &|out| {
            let length = goodbye.encode(out).unwrap_or(0);
            out[0] = cause;
            length
        });
    }
    // One byte more than a text may have.
    all.push([&[5, 1, 201][..], &[b'a'; 201]].concat());
    all.push(
        [
            &[4, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 65][..],
            &[b'a'; 65],
        ]
        .concat(),
    );
    all
}

/// Sequences that jump, return and wrap, each with all acknowledgements at once.
fn links() -> Vec<Vec<u8>> {
    let payload = |sequence: u16| {
        let [low, high] = sequence.to_le_bytes();
        vec![low, high, 5, 0, 255, 255, 255, 255]
    };
    let around = [
        0u16, 65_535, 1, 33, 34, 1, 66, 33, 34, 65_535, 32_833, 65_534, 31, 65_535,
    ];
    let forth: Vec<_> = around
        .iter()
        .map(|sequence| (7 | 2 << 3, payload(*sequence)))
        .collect();
    let edges = [100u16, 67, 68, 69, 132, 133, 100, 101, 99];
    let edges: Vec<_> = edges
        .iter()
        .map(|sequence| (1, payload(*sequence)))
        .collect();
    vec![steps(&forth), steps(&edges)]
}

/// Segments of a stream of numbered messages, cut and laid over each other in every way.
fn streams() -> Vec<Vec<u8>> {
    let stream: Vec<u8> = (0..60u8)
        .flat_map(|k| framed(k % 12, &vec![k; usize::from(k)]))
        .collect();
    let part = |from: usize, to: usize| {
        let (from, to) = (from.min(stream.len()), to.min(stream.len()));
        (
            0,
            [&(from as u32).to_le_bytes()[..], &stream[from..to]].concat(),
        )
    };
    let row = |step: usize, before: usize, after: usize| -> Vec<_> {
        let starts = (0..stream.len()).step_by(step);
        starts
            .map(|at| part(at.saturating_sub(before), at + step + after))
            .collect()
    };
    let mut gaps: Vec<_> = (0..66).map(|k| part(10 * k + 1, 10 * k + 2)).collect();
    let mut inputs = vec![
        steps(&row(100, 1, 0)),
        steps(&row(100, 0, 30)),
        steps(&row(50, 49, 60)),
    ];
    inputs.push(steps(&gaps));
    gaps.truncate(60);
    gaps.push(part(0, 700));
    inputs.push(steps(&gaps));
    let mut back = row(200, 20, 20);
    back.reverse();
    inputs.push(steps(&back));
    // The edge of the window, the longest message and one that is longer, a segment without its offset.
    for (offset, bytes) in [
        (24_578u32, &[7][..]),
        (24_579, &[7]),
        (0, &[9, 0, 32]),
        (0, &[9, 1, 32]),
    ] {
        inputs.push(steps(&[(0, [&offset.to_le_bytes()[..], bytes].concat())]));
    }
    inputs.push(steps(&[(0, [1, 2, 3])]));
    inputs
}

/// A client that acknowledges what was never sent, sends events, and repeats itself.
fn sessions() -> Vec<Vec<u8>> {
    let honest = talk(4).up;
    let twice: Vec<_> = honest
        .iter()
        .chain(&honest)
        .map(|bytes| (1, bytes.clone()))
        .collect();
    let mut link = Link::new();
    let mut eager = |ack: u16, message: &[u8]| {
        let mut out = [0; LINK_HEADER_BYTES];
        let length = link.start(0, &mut out).map(|payload| payload.finish());
        let mut payload = out[..length.unwrap_or(0)].to_vec();
        payload[2..4].copy_from_slice(&ack.to_le_bytes());
        payload[4..8].fill(255);
        payload.extend_from_slice(message);
        payload
    };
    let segment = framed(7, &[&[0; 4][..], &framed(200, &[1; 40])].concat());
    let row: Vec<_> = [0u16, 3, 255, 256, 40_000, 65_535, 2]
        .iter()
        .map(|ack| (26 << 2 | 3, eager(*ack, &segment)))
        .collect();
    vec![steps(&twice), steps(&row)]
}

/// Each peer with each kind of packet under its own key, bodies short and long; handshakes answered, and ended at once.
fn servers() -> Vec<Vec<u8>> {
    let (sealed, copied, waits) = (1 << 2, 2 << 2, 3 << 2);
    let mut inputs = Vec::new();
    for who in 0..4u8 {
        for kind in 0..6u8 {
            let packet = |body: &[u8]| (who | sealed | kind << 4, body.to_vec());
            let row = [
                packet(&[0]),
                packet(&[0; 9]),
                packet(&[255; 9]),
                packet(&[0; 310]),
            ];
            inputs.push(steps(&row));
        }
        let again = |kind: u8| (who | copied | kind << 4, Vec::new());
        let leave = (who | sealed | 5 << 4, vec![0]);
        let wait = (waits | 8 << 4, Vec::new());
        inputs.push(steps(&[
            again(0),
            again(1),
            again(1),
            again(3),
            leave.clone(),
            again(3),
        ]));
        inputs.push(steps(&[
            again(1),
            leave,
            again(0),
            again(1),
            wait.clone(),
            wait,
            again(2),
        ]));
        let flip = |kind: u8| (who | copied | kind << 4, vec![1]);
        inputs.push(steps(&[flip(0), flip(1), flip(2), flip(3)]));
    }
    inputs
}

/// Each kind of packet, sealed, short and long, before the handshake and in session.
fn clients_of_pipes() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for kind in 0..10u8 {
        for body in [0, 8, 300, 308, 1200] {
            inputs.push(steps(&[
                (1 | kind << 2, vec![kind; body]),
                (3 | 63 << 2, Vec::new()),
            ]));
        }
    }
    for prefix in [0x05, 0x15, 0x85, 0x95, 0xf5, 0xff, 0x10] {
        inputs.push(steps(&[(0, vec![prefix; 40]), (4, vec![prefix])]));
    }
    inputs
}

/// Documents whose nodes are no tree, or whose lists lie about each other.
fn scenes() -> Vec<Vec<u8>> {
    let changes = [
        (
            "/nodes/0/children",
            json!([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]),
        ),
        ("/nodes/0/children", json!([0])),
        ("/nodes/1/children", json!([0])),
        (
            "/scenes",
            json!([{"nodes": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}]),
        ),
        ("/accessors/0/count", json!(u32::MAX)),
        ("/bufferViews/1/byteOffset", json!(u64::MAX)),
        ("/nodes/1/scale", json!([1e-30, 1e30, 1.0])),
    ];
    let changed = |(pointer, value): (&str, Value)| {
        let mut document = world::document();
        if let Some(place) = document.pointer_mut(pointer) {
            *place = value;
        } else if let Some((parent, key)) = pointer.rsplit_once('/') {
            document.pointer_mut(parent).expect("a place")[key] = value;
        }
        [document.to_string().as_bytes(), &[0], &world::tetrahedron()].concat()
    };
    changes.into_iter().map(changed).collect()
}
