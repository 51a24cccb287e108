//! What a bot sees around it, and how it keeps out of the way as a person would.
//!
//! Of some ways and speeds it takes the one that costs least: away from where it wants to go, into somebody soon, out of
//! where it shall stay. How soon is reckoned with half of the avoiding left to the other, as reciprocal velocity obstacles
//! do (van den Berg, Lin and Manocha, ICRA 2008), and on the right before on the left, so that two who meet agree.

use super::Area;
use otherworld_core::step::DT;
use otherworld_core::{EntityId, Vec3};

/// What is farther away is nobody's concern yet (unit: metres).
const SIGHT: f32 = 4.0;
/// Seconds that a bot looks ahead.
const HORIZON_S: f32 = 2.0;
/// What it keeps between its middle and another's (unit: metres).
const PERSONAL: f32 = 0.75;
/// The same for a body, whose size it cannot see.
const BODILY: f32 = 0.8;
/// Higher or lower than this is above or below (unit: metres).
const STOREY: f32 = 1.2;

/// Turns of the wanted way to the right (unit: radians), and shares of its speed.
const TURNS: [f32; 9] = [0.0, 0.35, -0.35, 0.7, -0.7, 1.1, -1.1, 1.6, -1.6];
const SPEEDS: [f32; 2] = [1.0, 0.5];

/// Somebody or something nearby.
#[derive(Debug, Clone, Copy)]
struct Seen {
    entity: EntityId,
    position: Vec3,
    velocity: Vec3,
    reach: f32,
    yields: bool,
}

/// Who and what is nearby.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    now: Vec<Seen>,
    before: Vec<Seen>,
}

impl Sight {
    /// Looks again: players and bodies, wherever they are.
    pub fn look(
        &mut self,
        here: Vec3,
        players: impl Iterator<Item = (EntityId, Vec3)>,
        bodies: impl Iterator<Item = (EntityId, Vec3)>,
    ) {
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.clear();
        for (entity, position) in players {
            self.see(here, entity, position, PERSONAL, true);
        }
        for (entity, position) in bodies {
            self.see(here, entity, position, BODILY, false);
        }
    }

    fn see(&mut self, here: Vec3, entity: EntityId, position: Vec3, reach: f32, yields: bool) {
        let away = position - here;
        if away.horizontal_length() > SIGHT || away.y.abs() > STOREY {
            return;
        }
        let before = self.before.iter().find(|seen| seen.entity == entity);
        // What is shown comes in steps at times; a person sees how somebody walks, not each of them.
        let velocity = before.map_or(Vec3::ZERO, |before| {
            before.velocity * 0.7 + (position - before.position) * (0.3 / DT)
        });
        self.now.push(Seen {
            entity,
            position,
            velocity,
            reach,
            yields,
        });
    }

    /// Whether somebody is where one would like to be.
    pub fn is_taken(&self, place: Vec3) -> bool {
        let mut people = self.now.iter().filter(|seen| seen.yields);
        people.any(|seen| (seen.position - place).horizontal_length() < PERSONAL)
    }

    /// The velocity to take for a wanted one that shall end after so long (unit: seconds).
    pub fn choose(
        &self,
        here: Vec3,
        own: Vec3,
        wanted: Vec3,
        ahead_s: f32,
        area: Option<&Area>,
    ) -> Vec3 {
        let speed = wanted.horizontal_length();
        if speed < 0.01 {
            return wanted;
        }
        let mut best = (
            self.cost(here, own, wanted, Vec3::ZERO, ahead_s, area),
            Vec3::ZERO,
        );
        for share in SPEEDS {
            for turn in TURNS {
                let velocity = turned(wanted, turn) * share;
                let left = if turn < 0.0 { 0.08 } else { 0.0 };
                let cost = left + self.cost(here, own, wanted, velocity, ahead_s, area);
                if cost < best.0 {
                    best = (cost, velocity);
                }
            }
        }
        best.1
    }

    fn cost(
        &self,
        here: Vec3,
        own: Vec3,
        wanted: Vec3,
        velocity: Vec3,
        ahead_s: f32,
        area: Option<&Area>,
    ) -> f32 {
        let speed = wanted.horizontal_length();
        let danger = self
            .now
            .iter()
            .map(|seen| seen.danger(here, own, velocity))
            .fold(0.0, f32::max);
        let strays = area.map_or(0.0, |area| {
            let outside = |at: Vec3| area.outside([at.x, at.z]);
            let after = outside(here + velocity * ahead_s.min(0.5));
            if after > outside(here) {
                4.0 * after
            } else {
                0.0
            }
        });
        (velocity - wanted).horizontal_length() / speed + danger + strays
    }
}

impl Seen {
    /// 0 when nothing happens within the horizon, more the sooner it does.
    fn danger(&self, here: Vec3, own: Vec3, velocity: Vec3) -> f32 {
        let relative = if self.yields {
            velocity * 2.0 - own - self.velocity
        } else {
            velocity - self.velocity
        };
        let away = self.position - here;
        let (ax, az) = (away.x, away.z);
        let (vx, vz) = (relative.x, relative.z);
        let closing = ax * vx + az * vz;
        if closing <= 0.0 {
            return 0.0;
        }
        let gap = ax * ax + az * az - self.reach * self.reach;
        if gap < 0.0 {
            // Already too close: whatever comes nearer is bad, the straighter the worse.
            return 2.5 * closing
                / ((ax * ax + az * az).sqrt().max(0.05) * relative.horizontal_length());
        }
        let square = vx * vx + vz * vz;
        let inside = closing * closing - square * gap;
        if inside <= 0.0 {
            return 0.0;
        }
        let when = (closing - inside.sqrt()) / square;
        if when > HORIZON_S {
            return 0.0;
        }
        0.8 * (1.0 / when.max(0.2) - 1.0 / HORIZON_S)
    }
}

impl Area {
    /// How far outside a place is (unit: metres).
    pub fn outside(&self, [x, z]: super::Spot) -> f32 {
        match *self {
            Area::Disc { center, radius } => {
                ((x - center[0]).hypot(z - center[1]) - radius).max(0.0)
            }
            Area::Rectangle { from, to } => {
                let off =
                    |value: f32, low: f32, high: f32| (low - value).max(value - high).max(0.0);
                off(x, from[0], to[0]).hypot(off(z, from[1], to[1]))
            }
        }
    }
}

/// To the right by an angle, seen from above: +x to +z.
fn turned(v: Vec3, angle: f32) -> Vec3 {
    let (sin, cos) = angle.sin_cos();
    Vec3 {
        x: v.x * cos - v.z * sin,
        y: 0.0,
        z: v.x * sin + v.z * cos,
    }
}
