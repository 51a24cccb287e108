//! Who and what is on the stage: players by their index, those who steer them, and bodies.

use crate::common::Walker;
use otherworld_core::client::{Intent, Others, Pilot};
use otherworld_core::message::Name;
use otherworld_core::pose::{Point, Tracked};
use otherworld_core::seat::{Role, UserData};
use otherworld_core::server::{Body, Player};
use otherworld_core::snapshot::{BodyPose, PlayerPose};
use otherworld_core::step::State;
use otherworld_core::vec3::vec3;
use otherworld_core::{EntityId, SeatId, Tick, Vec3};

pub const FIRST_PLAYER: u32 = 1_000;

pub fn entity(index: usize) -> EntityId {
    EntityId(FIRST_PLAYER + index as u32)
}

pub fn name(index: usize) -> Name {
    Name::new(&format!("player {index} of a long name"))
}

/// What the token of the player with this index says.
pub fn data(index: usize) -> UserData {
    UserData {
        role: Role::Player,
        resumed: false,
        user: [0; 16],
        protocol_hash: 0,
        seat: SeatId(index as u64 + 1),
        avatar_sha256: [0; 32],
        name: name(index),
    }
}

/// The player with this index in this state.
pub fn player(index: usize, state: State) -> Player {
    Player {
        seat: SeatId(index as u64 + 1),
        name: name(index),
        state,
        shown: PlayerPose {
            entity: entity(index),
            position: state.position,
            grounded: state.grounded(),
            ..PlayerPose::default()
        },
        velocity: state.velocity,
    }
}

/// Somebody who stands where they are.
pub struct Still;

impl Pilot for Still {
    fn steer(&mut self, _: Tick, _: &State, _: &Others) -> Intent {
        Intent::default()
    }
}

/// Somebody who walks about.
pub struct Wanderer(Walker);

impl Wanderer {
    pub fn with(walker: Walker) -> Box<Wanderer> {
        Box::new(Wanderer(walker))
    }
}

impl Pilot for Wanderer {
    fn steer(&mut self, _: Tick, own: &State, _: &Others) -> Intent {
        self.0.state = *own;
        self.0.input().into()
    }
}

/// A body that lies at this place.
pub fn lying(entity: u32, at: Vec3) -> Body {
    let pose = BodyPose {
        entity: EntityId(entity),
        position: at,
        rotation: [0.0, 0.0, 0.0, 1.0],
        asleep: true,
    };
    Body {
        of: entity as u16,
        pose,
    }
}

/// Hands that move at up to 1.5 m/s, each at its own pace.
pub fn wave(tick: Tick, k: usize) -> Tracked {
    let at = |hand: f32| {
        let angle = (tick.0 % 30_000) as f32 * 0.12 + hand + k as f32;
        let point = Point {
            position: vec3(0.4 * angle.sin(), 1.2 + 0.3 * angle.cos(), -0.3),
            rotation: [0.0, 0.0, (angle * 0.5).sin(), (angle * 0.5).cos()],
        };
        point.pack()
    };
    Tracked::from_points([at(0.0), at(1.0), at(2.0)])
}
