//! A session in memory, both ends real: what a server tells and a client sends while people walk about. Its payloads are true
//! seeds of several targets, made anew each time, so that they are never older than the protocol.

use otherworld_core::client::{Client, Intent, Others, Pilot};
use otherworld_core::input::{Buttons, Input};
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::message::{Name, ResumeToken};
use otherworld_core::pose::{PackedPoint, PackedRotation, Tracked};
use otherworld_core::seat::{Role, UserData};
use otherworld_core::server::{Body, Player, Scene, Session};
use otherworld_core::snapshot::{BodyPose, Encoder, PlayerPose};
use otherworld_core::step::State;
use otherworld_core::tick::TICK_US;
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_core::{EntityId, SeatId, Tick};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// Slots of the scene.
pub const PLAYERS: usize = 3;
pub const BODIES: usize = 2;

/// The tick at which sessions begin: ticks wrap soon.
pub const FIRST: Tick = Tick(u32::MAX - 9);

/// A floor.
#[must_use]
pub fn world() -> Arc<World> {
    thread_local! {
        static WORLD: RefCell<Option<Arc<World>>> = const { RefCell::new(None) };
    }
    WORLD.with_borrow_mut(|world| {
        let floor = || {
            let (near, far) = (-20.0, 20.0);
            let corner = |x, z| vec3(x, 0.0, z);
            World::build(&[
                [corner(near, near), corner(near, far), corner(far, far)],
                [corner(near, near), corner(far, far), corner(far, near)],
            ])
        };
        Arc::clone(world.get_or_insert_with(|| Arc::new(floor().expect("a floor"))))
    })
}

/// What a connect token says of the player in this slot.
#[must_use]
pub fn user(slot: usize) -> UserData {
    UserData {
        role: Role::Player,
        resumed: false,
        user: [slot as u8; 16],
        protocol_hash: otherworld_core::protocol::PROTOCOL_HASH,
        seat: SeatId(slot as u64 + 1),
        avatar_sha256: [0; 32],
        name: Name::new("Ada"),
    }
}

/// Everybody as they are at a tick: a function of it alone.
pub struct People {
    tick: Tick,
    players: [Option<Player>; PLAYERS],
    bodies: [Option<Body>; BODIES],
}

impl People {
    #[must_use]
    pub fn at(tick: Tick) -> People {
        People {
            tick,
            players: std::array::from_fn(|slot| Some(player(slot, tick))),
            bodies: std::array::from_fn(|index| Some(body(index, tick))),
        }
    }

    #[must_use]
    pub fn scene(&self, world_hash: u64) -> Scene<'_> {
        Scene {
            tick: self.tick,
            world_hash,
            players: &self.players,
            bodies: &self.bodies,
        }
    }
}

fn player(slot: usize, tick: Tick) -> Player {
    let moved = (tick.0 % 512) as f32 / 64.0;
    let position = vec3(slot as f32 - 1.0, 0.0, moved - 4.0);
    Player {
        seat: user(slot).seat,
        name: user(slot).name,
        state: State::at(position),
        shown: PlayerPose {
            entity: EntityId(100 + slot as u32),
            position,
            yaw: tick.0.wrapping_mul(300) as u16,
            grounded: true,
            tracked: (slot == 1).then(|| tracked(tick)),
        },
        velocity: vec3(0.0, 0.0, 0.5),
    }
}

fn tracked(tick: Tick) -> Tracked {
    let point = |height: u16| PackedPoint {
        place: [2048, height, 2000 + (tick.0 % 64) as u16],
        rotation: PackedRotation {
            largest: 3,
            parts: [256, 200 + (tick.0 % 32) as u16, 256],
        },
    };
    Tracked::from_points([point(2600), point(2000), point(2100)])
}

fn body(index: usize, tick: Tick) -> Body {
    let asleep = index == 0;
    let moved = if asleep {
        0.0
    } else {
        (tick.0 % 128) as f32 / 32.0
    };
    Body {
        of: index as u16,
        pose: BodyPose {
            entity: EntityId(1 + index as u32),
            position: vec3(moved, 0.5, 3.0),
            rotation: [0.0, 0.0, 0.0, 1.0],
            asleep,
        },
    }
}

/// Walks on, with hands.
pub struct Walker;

impl Pilot for Walker {
    fn steer(&mut self, tick: Tick, _: &State, _: &Others) -> Intent {
        let input = Input {
            forward: 127,
            yaw: (tick.0 / 8).wrapping_mul(500) as u16,
            buttons: if tick.0.is_multiple_of(16) {
                Buttons::JUMP
            } else {
                Buttons::RUN
            },
            ..Input::default()
        };
        Intent {
            input,
            tracked: Some(tracked(tick)),
        }
    }
}

/// The payloads of a session, each way, of so many ticks.
#[derive(Default)]
pub struct Talk {
    pub down: Vec<Vec<u8>>,
    pub up: Vec<Vec<u8>>,
}

/// The first payloads of a server, made once.
#[must_use]
pub fn first_words() -> Vec<Vec<u8>> {
    thread_local! {
        static WORDS: RefCell<Option<Vec<Vec<u8>>>> = const { RefCell::new(None) };
    }
    WORDS.with_borrow_mut(|words| words.get_or_insert_with(|| talk(3).down).clone())
}

/// The server's end with its encoder, and the client's end.
struct Ends {
    session: Session,
    encoder: Encoder,
    client: Client,
}

/// Plays a session.
///
/// # Panics
/// When the two ends do not understand each other.
#[must_use]
pub fn talk(ticks: u32) -> Talk {
    let mut ends = Ends {
        session: Session::new(&user(0), FIRST, PLAYERS, BODIES),
        encoder: Encoder::new(PLAYERS, BODIES),
        client: Client::new(world()),
    };
    let mut talk = Talk::default();
    for k in 0..ticks {
        ends.tick(
            FIRST.plus(k as i32),
            1_000_000 + u64::from(k) * u64::from(TICK_US),
            &mut talk,
        );
    }
    talk
}

impl Ends {
    fn tick(&mut self, tick: Tick, now_us: u64, talk: &mut Talk) {
        self.session.take_input();
        let people = People::at(tick);
        let scene = people.scene(world().hash());
        scene.code(&mut self.encoder);
        let mut out = [0; MAX_PAYLOAD_BYTES];
        if self.session.wants_resume_token(now_us) {
            let token = ResumeToken {
                expires: 1_700_000_045,
                timeout_seconds: 15,
                nonce: [1; 24],
                client_to_server: [2; 32],
                server_to_client: [3; 32],
                sealed: [4; 1024],
            };
            let length = self
                .session
                .write_resume_token(now_us, now_us + 5_000_000, &token, &mut out)
                .expect("room for a token");
            self.down(now_us, &out[..length], talk);
        }
        let length = self
            .session
            .write_payload(now_us, 0, &scene, &mut self.encoder, &mut out)
            .expect("room for a snapshot");
        self.down(now_us, &out[..length], talk);
        let now = Duration::from_micros(now_us);
        let length = self.client.tick(now, &mut Walker, &mut out);
        self.session
            .receive(now_us, 10_000, &out[..length])
            .expect("an honest payload");
        talk.up.push(out[..length].to_vec());
    }

    fn down(&mut self, now_us: u64, payload: &[u8], talk: &mut Talk) {
        let now = Duration::from_micros(now_us);
        self.client
            .receive(now, payload)
            .expect("an honest payload");
        talk.down.push(payload.to_vec());
    }
}
