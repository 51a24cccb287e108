//! What a bot does, as data from the scenario: steps, one after the other, and again. [`Actor`] plays them.
//!
//! The TypeScript in `loadtest/behaviours` makes such data and has the same schema; places are x and z in the world (unit:
//! metres), times are seconds, speeds metres a second.

mod actor;
mod crowd;
mod legs;
mod push;
mod random;

pub use actor::{Actor, Bodies};

use otherworld_core::step::{RUN_SPEED, WALK_SPEED};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A place on the ground: x and z.
pub type Spot = [f32; 2];

/// No world is wider (unit: metres).
const FARTHEST: f32 = 10_000.0;

/// A bot's steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Behaviour {
    /// Bots with the same steps and other seeds do other things.
    pub seed: u32,
    /// In their order.
    pub steps: Vec<Step>,
    /// After the last step this one comes again; without it the bot then stands.
    pub again_from: Option<usize>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Along waypoints.
    Walk {
        to: Vec<Spot>,
        #[serde(default = "walking")]
        speed: f32,
    },
    /// From one random place of an area to the next, with a rest at each.
    Wander {
        area: Area,
        #[serde(default = "walking")]
        speed: f32,
        /// Shortest and longest.
        #[serde(default = "short_rest")]
        rest_s: [f32; 2],
        /// Without it: for ever.
        #[serde(default)]
        for_s: Option<f32>,
    },
    /// Nothing.
    Stand { for_s: f32 },
    /// Turns to a place.
    Face { at: Spot },
    /// Jumps once.
    Jump {},
    /// Pushes a body towards a place, stops there and steps back; gives up after a time.
    Push {
        body: BodyName,
        to: Spot,
        #[serde(default = "strolling")]
        speed: f32,
        #[serde(default = "a_minute")]
        for_s: f32,
    },
    /// From now on head and hands move as in this clip; without one they are not tracked.
    Gesture {
        #[serde(default)]
        clip: Option<String>,
        #[serde(default)]
        offset_s: f64,
    },
}

/// Where to wander.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Area {
    /// A disc.
    Disc { center: Spot, radius: f32 },
    /// A rectangle between two corners.
    Rectangle { from: Spot, to: Spot },
}

/// Which body.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum BodyName {
    /// Its entity's number.
    Entity(u32),
    /// The name of its node in the scene.
    Node(String),
}

fn walking() -> f32 {
    WALK_SPEED
}

fn strolling() -> f32 {
    1.5
}

fn short_rest() -> [f32; 2] {
    [0.5, 4.0]
}

fn a_minute() -> f32 {
    60.0
}

/// What stands in the scenario; steps are read one by one, so that an error says which one it is in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    seed: u32,
    steps: Vec<Value>,
    #[serde(default)]
    again_from: Option<usize>,
}

impl<'de> Deserialize<'de> for Behaviour {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Behaviour, D::Error> {
        let Written {
            seed,
            steps,
            again_from,
        } = Written::deserialize(source)?;
        let steps = steps.into_iter().enumerate().map(|(index, step)| {
            let place = format!("behaviour.steps[{index}]");
            let step: Step = serde_json::from_value(step)
                .map_err(|error| D::Error::custom(format!("{place}: {error}")))?;
            step.check().map_err(|(key, complaint)| {
                D::Error::custom(format!("{place}.{key} {complaint}"))
            })?;
            Ok(step)
        });
        let steps = steps.collect::<Result<Vec<_>, D::Error>>()?;
        if again_from.is_some_and(|again| again >= steps.len()) {
            return Err(D::Error::custom("behaviour.again_from is no step"));
        }
        Ok(Behaviour {
            seed,
            steps,
            again_from,
        })
    }
}

/// A key and what is wrong with it.
pub type Complaint = (&'static str, &'static str);

impl Step {
    /// Numbers that cannot be meant.
    pub fn check(&self) -> Result<(), Complaint> {
        match self {
            Step::Walk { to, speed } => {
                require(!to.is_empty(), "to", "has no waypoint")?;
                require(to.iter().all(is_place), "to", "is no place in a world")?;
                check_speed(*speed)
            }
            Step::Wander {
                area,
                speed,
                rest_s: [least, most],
                for_s,
            } => {
                require(area.is_possible(), "area", "has no room or is no place")?;
                require(
                    *least >= 0.0 && most >= least && *most < 1e6,
                    "rest_s",
                    "is no span of time",
                )?;
                check_time(for_s.unwrap_or(0.0))?;
                check_speed(*speed)
            }
            Step::Stand { for_s } => check_time(*for_s),
            Step::Face { at } => require(is_place(at), "at", "is no place in a world"),
            Step::Jump {} => Ok(()),
            Step::Push {
                to, speed, for_s, ..
            } => {
                require(is_place(to), "to", "is no place in a world")?;
                check_time(*for_s)?;
                check_speed(*speed)
            }
            Step::Gesture { offset_s, .. } => require(
                offset_s.is_finite() && offset_s.abs() < 1e6,
                "offset_s",
                "is no time",
            ),
        }
    }
}

impl Area {
    fn is_possible(&self) -> bool {
        match self {
            Area::Disc { center, radius } => {
                is_place(center) && *radius > 0.0 && *radius < FARTHEST
            }
            Area::Rectangle { from, to } => {
                is_place(from) && is_place(to) && to[0] > from[0] && to[1] > from[1]
            }
        }
    }
}

fn require(holds: bool, key: &'static str, complaint: &'static str) -> Result<(), Complaint> {
    if holds { Ok(()) } else { Err((key, complaint)) }
}

fn check_speed(speed: f32) -> Result<(), Complaint> {
    let possible = speed > 0.0 && speed <= RUN_SPEED;
    require(possible, "speed", "must be above 0 and at most 6.75 m/s")
}

fn check_time(seconds: f32) -> Result<(), Complaint> {
    require((0.0..1e6).contains(&seconds), "for_s", "is no time")
}

fn is_place(place: &Spot) -> bool {
    place.iter().all(|value| value.abs() < FARTHEST)
}
