//! A small real instance for the executor to play with: the core's step and snapshots behind a real server pipe, a world as
//! GLB over real HTTP, and the executor as a process. Only Godot is missing.

#![allow(dead_code, reason = "each test file uses its part")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use otherworld_core::channel::{Channel, FULL_SEGMENT_BYTES};
use otherworld_core::input::{InputBuffer, InputPacket};
use otherworld_core::link::Link;
use otherworld_core::message::{
    Goodbye, GoodbyeCause, MessageId, Name, Reason, RosterEntry, Welcome,
};
use otherworld_core::protocol::PROTOCOL_HASH;
use otherworld_core::snapshot::{Baselines, Encoder, Header, Own, SnapshotWriter};
use otherworld_core::step::{State, step};
use otherworld_core::tick::{TICK_RATE_HZ, TICK_US};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_core::{EntityId, SeatId, Tick, Vec3};
use otherworld_pipes::netcode::Limits;
use otherworld_pipes::token::Grant;
use otherworld_pipes::{Config, Departure, Event, ServerPipe, UnixClock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const KEY: [u8; 32] = [42; 32];
/// A start near the wrap: the executor must not care.
const FIRST_TICK: Tick = Tick(u32::MAX - 60);

/// Fresh resume tokens come each second, which keeps the tests short.
const RESUME_EVERY_TICKS: u32 = 30;
const GRACE: Duration = Duration::from_secs(30);

/// What the instance does to its players.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// Ends sessions so, after so many ticks of play.
    pub goodbye: Option<(u32, GoodbyeCause)>,
    /// Pushes players sideways every so many ticks, as a crate would.
    pub push_every: Option<u32>,
    /// Says another world hash than the true one.
    pub lies_about_world: bool,
    /// Falls silent after so many ticks, as a killed process does.
    pub dies_after: Option<u32>,
    /// Throws every so manyth payload away, both ways.
    pub loses_every: Option<u32>,
}

/// What the instance noticed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noticed {
    Joined(SeatId),
    Back(SeatId),
    Gone(SeatId, Departure),
}

pub struct Instance {
    pub address: SocketAddr,
    pub noticed: Receiver<Noticed>,
    offer: Sender<SeatId>,
}

impl Instance {
    pub fn start(manners: Manners) -> Self {
        let (noticed_in, noticed) = channel();
        let (offer, offers) = channel();
        let (address_in, address) = channel();
        thread::spawn(move || Simulation::new(manners, noticed_in, offers, &address_in).run());
        Self {
            address: address.recv().unwrap(),
            noticed,
            offer,
        }
    }

    /// What a control plane would answer to a join.
    pub fn join(&self, seat: u64, web: &str) -> Value {
        self.offer.send(SeatId(seat)).unwrap();
        let now = UnixClock::start().now().as_secs();
        let grant = Grant {
            protocol_id: PROTOCOL_HASH,
            created: now,
            expires: now + 30,
            nonce: [seat as u8; 24],
            timeout_seconds: 2,
            addresses: vec![self.address],
            client_to_server: [seat as u8; 32],
            server_to_client: [!seat as u8; 32],
            seat: SeatId(seat),
            user_data: [0; 256],
        };
        let sha256 = sha256(&glb());
        json!({
            "seat": seat.to_string(), "user": "u", "instance": "test-1", "protocolHash": PROTOCOL_HASH.to_string(),
            "world": { "id": "w", "sha256": sha256, "url": format!("{web}/worlds/{sha256}.glb") },
            "pipes": [{ "pipe": "udp", "token": STANDARD.encode(&grant.seal(&KEY).unwrap()[..]) }],
        })
    }
}

struct Simulation {
    manners: Manners,
    noticed: Sender<Noticed>,
    offers: Receiver<SeatId>,
    pipe: ServerPipe,
    clock: UnixClock,
    world: World,
    tick: Tick,
    players: HashMap<SeatId, Player>,
    payloads: u32,
}

struct Player {
    link: Link,
    channel: Channel,
    inputs: InputBuffer,
    state: State,
    age: u32,
    is_away: bool,
    resume_due: Option<u32>,
    is_leaving: bool,
    missed: u8,
    margin_ms: i16,
}

impl Simulation {
    fn new(
        manners: Manners,
        noticed: Sender<Noticed>,
        offers: Receiver<SeatId>,
        address: &Sender<SocketAddr>,
    ) -> Self {
        let config = Config {
            protocol_id: PROTOCOL_HASH,
            key: KEY,
            addresses: Vec::new(),
            capacity: 16,
            limits: Limits::default(),
        };
        let pipe = ServerPipe::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
        address
            .send(pipe.socket().local_address().unwrap())
            .unwrap();
        let scene = otherworld_scene::read(&glb()).unwrap();
        Self {
            manners,
            noticed,
            offers,
            pipe,
            clock: UnixClock::start(),
            world: World::build(&scene.triangles()).unwrap(),
            tick: FIRST_TICK,
            players: HashMap::new(),
            payloads: 0,
        }
    }

    /// Until the test is over and nobody listens.
    fn run(&mut self) {
        let start = self.clock.now();
        for number in 0u32.. {
            let due = start + number * Duration::from_micros(TICK_US.into());
            thread::sleep(due.saturating_sub(self.clock.now()));
            if self
                .manners
                .dies_after
                .is_some_and(|ticks| self.players.values().any(|player| player.age > ticks))
            {
                return;
            }
            while let Ok(seat) = self.offers.try_recv() {
                self.pipe.offer(seat);
            }
            if self.receive().is_err() {
                return;
            }
            self.simulate();
            self.send();
        }
    }

    fn receive(&mut self) -> Result<(), std::sync::mpsc::SendError<Noticed>> {
        let mut heard = Vec::new();
        let now = self.clock.now();
        let mut note = |event: Event<'_>| match event {
            Event::Connected { seat, .. } => heard.push((seat, None, None)),
            Event::Payload { seat, bytes } => heard.push((seat, Some(bytes.to_vec()), None)),
            Event::Disconnected { seat, cause } => heard.push((seat, None, Some(cause))),
        };
        self.pipe.receive(now, &mut note).unwrap();
        self.pipe.update(now, &mut note);
        for (seat, payload, cause) in heard {
            match (payload, cause) {
                (Some(payload), _) => self.read(seat, &payload)?,
                (None, Some(cause)) => {
                    let keeps_body = matches!(cause, Departure::TimedOut | Departure::Superseded);
                    match self.players.get_mut(&seat) {
                        Some(player) if keeps_body => player.is_away = true,
                        _ => drop(self.players.remove(&seat)),
                    }
                    self.noticed.send(Noticed::Gone(seat, cause))?;
                }
                (None, None) if self.players.contains_key(&seat) => {
                    let player = self.players.get_mut(&seat).unwrap();
                    (player.is_away, player.resume_due) = (false, None);
                    self.noticed.send(Noticed::Back(seat))?;
                }
                (None, None) => {
                    let player = Player::new(self.tick, self.world_hash(), seat);
                    self.players.insert(seat, player);
                    self.noticed.send(Noticed::Joined(seat))?;
                }
            }
        }
        Ok(())
    }

    fn read(
        &mut self,
        seat: SeatId,
        payload: &[u8],
    ) -> Result<(), std::sync::mpsc::SendError<Noticed>> {
        if self.lost() {
            return Ok(());
        }
        let Some(player) = self.players.get_mut(&seat) else {
            return Ok(());
        };
        let received = player
            .link
            .receive(self.clock.now().as_micros() as u64, payload)
            .unwrap();
        player.channel.acknowledge(received.newly_acked);
        player.resume_due.get_or_insert(player.age);
        for (id, message) in received.messages {
            match MessageId::from_u8(id) {
                // Everything is read at the start of a tick, so its own input is due now.
                Some(MessageId::Input) => player
                    .inputs
                    .receive(&InputPacket::decode(message).unwrap(), 0),
                other => panic!("a client sent {other:?}"),
            }
        }
        Ok(())
    }

    fn simulate(&mut self) {
        self.tick = self.tick.plus(1);
        for player in self.players.values_mut() {
            if let Some(margin_us) = player.inputs.take_margin_us() {
                player.margin_ms = (margin_us / 1000) as i16;
            }
            let (input, own) = player.inputs.take();
            player.missed = player
                .missed
                .wrapping_add(u8::from(!own && player.inputs.newest().is_some()));
            player.state = step(&player.state, input, &self.world);
            player.age += 1;
            if self
                .manners
                .push_every
                .is_some_and(|ticks| player.age.is_multiple_of(ticks))
            {
                player.state.position += vec3(0.05, 0.0, 0.0);
            }
        }
    }

    fn send(&mut self) {
        let now = self.clock.now();
        let seats: Vec<SeatId> = self.players.keys().copied().collect();
        for seat in seats {
            let lost = self.lost();
            let player = self.players.get_mut(&seat).unwrap();
            if player.is_away {
                continue;
            }
            let mut buffer = [0; 1150];
            let mut payload = player
                .link
                .start(now.as_micros() as u64, &mut buffer)
                .unwrap();
            if let Some((ticks, cause)) = self.manners.goodbye
                && player.age > ticks
                && !player.is_leaving
            {
                let goodbye = Goodbye {
                    cause,
                    reason: Reason::new("you stood on the flowers"),
                };
                player.is_leaving = true;
                player
                    .channel
                    .push(MessageId::Goodbye, |room| goodbye.encode(room))
                    .unwrap();
            }
            let now_us = now.as_micros() as u64;
            player
                .channel
                .write(now_us, &player.link, &mut payload, FULL_SEGMENT_BYTES);
            let header = Header {
                tick: self.tick,
                input_tick: player.inputs.newest().unwrap_or(FIRST_TICK),
                input_margin_ms: player.margin_ms,
                missed_inputs: player.missed,
            };
            let own = Own {
                entity: EntityId(7),
                state: player.state,
            };
            let (mut encoder, mut baselines) = (Encoder::new(0, 0), Baselines::new(0));
            encoder.begin(header.tick, |_| None, |_| None);
            let snapshot = |room: &mut [u8]| {
                let (encoder, baselines) = (&mut encoder, &mut baselines);
                Ok(SnapshotWriter::new(room, &header, Some(&own), encoder, baselines)?.finish())
            };
            payload.add(MessageId::Snapshot, snapshot).unwrap();
            let length = payload.finish();
            if !lost {
                self.pipe.send(now, seat, &buffer[..length]).unwrap();
            }
            if player.resume_due.is_some_and(|due| due <= player.age) {
                player.resume_due = Some(player.age + RESUME_EVERY_TICKS);
                let user_data = [0; 256];
                let token = self.pipe.resume_token(now, seat, &user_data, GRACE);
                let token = token.expect("who is not away has a session");
                let mut payload = player.link.start(now_us, &mut buffer).unwrap();
                payload
                    .add(MessageId::ResumeToken, |room| token.encode(room))
                    .unwrap();
                let length = payload.finish();
                self.pipe.send(now, seat, &buffer[..length]).unwrap();
            }
        }
        self.pipe.flush();
    }

    fn world_hash(&self) -> u64 {
        self.world.hash() ^ u64::from(self.manners.lies_about_world)
    }

    fn lost(&mut self) -> bool {
        self.payloads += 1;
        self.manners
            .loses_every
            .is_some_and(|every| self.payloads.is_multiple_of(every))
    }
}

impl Player {
    fn new(tick: Tick, world_hash: u64, seat: SeatId) -> Self {
        let mut channel = Channel::new();
        let welcome = Welcome {
            tick,
            entity: EntityId(7),
            world_hash,
            tick_rate_hz: TICK_RATE_HZ as u8,
        };
        channel
            .push(MessageId::Welcome, |room| welcome.encode(room))
            .unwrap();
        let entry = RosterEntry {
            entity: EntityId(7),
            seat,
            name: Name::new("Ada"),
        };
        channel
            .push(MessageId::RosterEntry, |room| entry.encode(room))
            .unwrap();
        Self {
            link: Link::new(),
            channel,
            is_leaving: false,
            is_away: false,
            resume_due: None,
            inputs: InputBuffer::new(tick.plus(1)),
            state: State::at(Vec3::ZERO),
            age: 0,
            missed: 0,
            margin_ms: 0,
        }
    }
}

/// A plain with a flight of stairs along x, from 2 m to 4.4 m, 1 m high.
pub fn glb() -> Vec<u8> {
    let mut boxes = vec![([60.0, 1.0, 60.0], [0.0, -0.5, 0.0])];
    boxes.extend((1..=5u8).map(|k| {
        let height = 0.2 * f32::from(k);
        (
            [0.6, height, 3.0],
            [2.0 + 0.4 * f32::from(k), height / 2.0, 0.0],
        )
    }));
    let shapes: Vec<Value> = boxes
        .iter()
        .map(|(size, _)| json!({ "type": "box", "box": { "size": size } }))
        .collect();
    let nodes: Vec<Value> = boxes
        .iter()
        .enumerate()
        .map(|(index, (_, at))| {
            json!({ "name": format!("box_{index}"), "translation": at,
                    "extensions": { "OMI_physics_body": { "collider": { "shape": index } } } })
        })
        .collect();
    let document = json!({
        "asset": { "version": "2.0" }, "scene": 0,
        "scenes": [{ "nodes": (0..boxes.len()).collect::<Vec<_>>() }], "nodes": nodes,
        "extensionsUsed": ["OMI_physics_shape", "OMI_physics_body"],
        "extensions": { "OMI_physics_shape": { "shapes": shapes } },
    });
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    let chunk = text.len() as u32;
    let header = [0x4654_6c67, 2, 20 + chunk, chunk, 0x4e4f_534a];
    [
        header
            .iter()
            .flat_map(|word: &u32| word.to_le_bytes())
            .collect(),
        text,
    ]
    .concat()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A request of the API: its path, the token that it came with, and its body.
#[derive(Debug)]
pub struct Asked {
    pub path: String,
    pub token: Option<String>,
    pub body: Value,
    /// The server's own address.
    pub web: String,
}

/// Serves the world to `GET` and `answer`'s status and JSON to `POST`; returns its address.
pub fn web(mut answer: impl FnMut(Asked) -> (u16, Value) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut line, mut length, mut token) = (String::new(), 0, None);
            stream.read_line(&mut line).unwrap();
            let is_post = line.starts_with("POST");
            let path = line.split(' ').nth(1).unwrap().to_owned();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if let Some(value) = line.strip_prefix("authorization: Bearer ") {
                    token = Some(value.trim().to_owned());
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let (status, body) = if is_post {
                let body = serde_json::from_slice(&body).unwrap();
                let web = own.clone();
                let (status, answer) = answer(Asked {
                    path,
                    token,
                    body,
                    web,
                });
                (status, answer.to_string().into_bytes())
            } else {
                (200, glb())
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream
                .get_mut()
                .write_all(&[head.as_bytes(), &body[..]].concat());
        }
    });
    address
}

/// The executor as a process.
pub struct Executor {
    pub child: Child,
}

/// How it ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub lines: Vec<Value>,
    pub message: String,
}

impl Executor {
    pub fn start(scenario: &Value) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_otherworld-bot"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(scenario.to_string().as_bytes())
            .unwrap();
        Self { child }
    }

    pub fn wait(self) -> Outcome {
        let output = self.child.wait_with_output().unwrap();
        Outcome {
            code: output.status.code(),
            lines: output
                .stdout
                .lines()
                .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
                .collect(),
            message: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Outcome {
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.lines.iter().filter(move |line| line["type"] == kind)
    }

    pub fn summary(&self) -> &Value {
        self.of_type("summary").next().expect("the last line")
    }
}

/// A scenario of one bot that walks up the stairs and back.
pub fn scenario(mut join: Value, duration_s: f64) -> Value {
    let walk = json!({ "do": "walk", "to": [[4.0, 0.0], [0.0, 0.0]] });
    join["behaviour"] = json!({ "steps": [walk], "again_from": 0 });
    json!({ "bots": [join], "duration_s": duration_s, "resume_s": 2 })
}

/// Carries datagrams between one player and an instance, whatever the player's address is.
pub struct Proxy {
    pub address: SocketAddr,
    up: Arc<Mutex<(u64, u64)>>,
}

impl Proxy {
    pub fn start(target: SocketAddr) -> Self {
        let bind = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (door, up) = (bind(), Arc::new(Mutex::new((0, 0))));
        let address = door.local_addr().unwrap();
        let counts = Arc::clone(&up);
        thread::spawn(move || {
            let mut player: Option<(SocketAddr, UdpSocket)> = None;
            let mut bytes = [0; 2048];
            loop {
                let (length, from) = door.recv_from(&mut bytes).unwrap();
                if player.as_ref().is_none_or(|(known, _)| *known != from) {
                    let upstream = bind();
                    let (answers, back) =
                        (upstream.try_clone().unwrap(), door.try_clone().unwrap());
                    thread::spawn(move || {
                        let mut bytes = [0; 2048];
                        while let Ok((length, _)) = answers.recv_from(&mut bytes) {
                            back.send_to(&bytes[..length], from).unwrap();
                        }
                    });
                    player = Some((from, upstream));
                }
                let mut counts = counts.lock().unwrap();
                *counts = (counts.0 + 1, counts.1 + length as u64);
                let (_, upstream) = player.as_ref().unwrap();
                upstream.send_to(&bytes[..length], target).unwrap();
            }
        });
        Self { address, up }
    }

    /// Datagrams and bytes from the player.
    pub fn up(&self) -> (u64, u64) {
        *self.up.lock().unwrap()
    }
}
