//! Walking from waypoint to waypoint: turn towards the next one, go, and when something is in the way jump and sidestep.

use otherworld_core::client::{Intent, Others, Pilot};
use otherworld_core::input::{Buttons, Input};
use otherworld_core::step::State;
use otherworld_core::{Tick, Vec3};
use std::f32::consts::TAU;

/// Near enough to a waypoint (unit: metres).
const ARRIVED: f32 = 0.35;
/// 65,536 to a full turn; 450 degrees a second at 30 Hz.
const TURN_PER_TICK: i16 = 2731;
/// Ticks without coming nearer after which something must be in the way; one second.
const PATIENCE: u32 = 30;
/// Ticks of a sidestep.
const SIDESTEP: u32 = 15;

/// A route and how far along it the bot is.
#[derive(Debug, Clone)]
pub struct Walker {
    route: Vec<[f32; 2]>,
    repeat: bool,
    next: usize,
    yaw: u16,
    nearest: f32,
    waited: u32,
    evading: u32,
}

impl Pilot for Walker {
    fn steer(&mut self, _: Tick, own: &State, _: &Others) -> Intent {
        self.walk(own).into()
    }
}

impl Walker {
    /// Starts towards the first waypoint.
    pub fn new(route: Vec<[f32; 2]>, repeat: bool) -> Self {
        Self {
            route,
            repeat,
            next: 0,
            yaw: 0,
            nearest: f32::MAX,
            waited: 0,
            evading: 0,
        }
    }

    /// The input of the next tick for a character in this state.
    pub fn walk(&mut self, state: &State) -> Input {
        let Some(away) = self.way_to_next(state.position) else {
            return Input {
                yaw: self.yaw,
                ..Input::default()
            };
        };
        let off = self.turn_towards(away);
        self.notice_obstacle(away.horizontal_length());
        // Turning on the spot first when the waypoint lies behind.
        let forward = if off.unsigned_abs() > 8192 { 0 } else { 127 };
        let mut input = Input {
            forward,
            yaw: self.yaw,
            ..Input::default()
        };
        if self.evading > 0 {
            self.evading -= 1;
            input.right = if self.next.is_multiple_of(2) {
                127
            } else {
                -127
            };
            input.buttons = Buttons::JUMP;
        }
        input
    }

    fn way_to_next(&mut self, position: Vec3) -> Option<Vec3> {
        for _ in 0..self.route.len() {
            let [x, z] = *self.route.get(self.next)?;
            let away = Vec3 {
                x: x - position.x,
                y: 0.0,
                z: z - position.z,
            };
            if away.horizontal_length() > ARRIVED {
                return Some(away);
            }
            self.next += 1;
            if self.repeat {
                self.next %= self.route.len();
            }
            (self.nearest, self.waited, self.evading) = (f32::MAX, 0, 0);
        }
        None
    }

    /// Turns as fast as a person would; returns what is still missing.
    fn turn_towards(&mut self, away: Vec3) -> i16 {
        // Yaw 0 looks along -z and grows to the left.
        let turns = (-away.x).atan2(-away.z) / TAU;
        let wanted = ((turns * 65536.0) as i32) as u16;
        let missing = wanted.wrapping_sub(self.yaw).cast_signed();
        self.yaw = self
            .yaw
            .wrapping_add_signed(missing.clamp(-TURN_PER_TICK, TURN_PER_TICK));
        wanted.wrapping_sub(self.yaw).cast_signed()
    }

    fn notice_obstacle(&mut self, distance: f32) {
        if distance < self.nearest - 0.05 {
            (self.nearest, self.waited) = (distance, 0);
            return;
        }
        self.waited += 1;
        if self.waited >= PATIENCE {
            (self.nearest, self.waited, self.evading) = (distance, 0, SIDESTEP);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otherworld_core::step::step;
    use otherworld_core::vec3::vec3;
    use otherworld_core::world::World;

    fn quad(a: Vec3, b: Vec3, c: Vec3, d: Vec3) -> [[Vec3; 3]; 2] {
        [[a, b, c], [a, c, d]]
    }

    /// A plain, and across it a wall with an end at x = 1.
    fn world(wall: bool) -> World {
        let ground = quad(
            vec3(-50.0, 0.0, -50.0),
            vec3(-50.0, 0.0, 50.0),
            vec3(50.0, 0.0, 50.0),
            vec3(50.0, 0.0, -50.0),
        );
        let barrier = quad(
            vec3(-9.0, 0.0, -3.0),
            vec3(-9.0, 2.0, -3.0),
            vec3(1.0, 2.0, -3.0),
            vec3(1.0, 0.0, -3.0),
        );
        let all = [ground, barrier].concat();
        World::build(&all[..if wall { 4 } else { 2 }]).unwrap()
    }

    fn walk(world: &World, route: &[[f32; 2]], repeat: bool, ticks: u32) -> (Vec<usize>, State) {
        let mut walker = Walker::new(route.to_vec(), repeat);
        let mut state = State::at(Vec3::ZERO);
        let mut reached = Vec::new();
        for _ in 0..ticks {
            let before = walker.next;
            state = step(&state, walker.walk(&state), world);
            if walker.next != before {
                reached.push(before);
            }
        }
        (reached, state)
    }

    #[test]
    fn walks_in_every_direction_and_round_again() {
        let square = [
            [4.0, 0.0],
            [4.0, 4.0],
            [-4.0, 4.0],
            [-4.0, -4.0],
            [0.0, -4.0],
        ];
        let (reached, _) = walk(&world(false), &square, true, 600);
        assert_eq!(reached[..7], [0, 1, 2, 3, 4, 0, 1]);
    }

    #[test]
    fn stands_still_at_the_end() {
        let (reached, state) = walk(&world(false), &[[0.0, 5.0]], false, 300);
        assert_eq!(reached, [0]);
        assert!((state.position - vec3(0.0, 0.0, 5.0)).length() < ARRIVED + 0.1);
        assert!(state.velocity.length() < 1e-3);
    }

    #[test]
    fn finds_its_way_round_the_end_of_a_wall() {
        let (reached, _) = walk(&world(true), &[[0.0, -6.0]], false, 900);
        assert_eq!(reached, [0]);
    }

    #[test]
    fn no_route_is_standing_still() {
        let (reached, state) = walk(&world(false), &[], true, 60);
        assert!(reached.is_empty());
        assert!(state.position.horizontal_length() < 1e-6);
    }
}
