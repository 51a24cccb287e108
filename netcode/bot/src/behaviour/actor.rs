//! Plays a behaviour: one step at a time with legs and eyes, and head and hands from a clip all the while.

use super::crowd::Sight;
use super::legs::{Course, Legs, Way};
use super::push::Push;
use super::random::Random;
use super::{Area, Behaviour, BodyName, Spot, Step};
use crate::motion::{Clip, Clips};
use otherworld_core::client::{Intent, Others, Pilot};
use otherworld_core::step::State;
use otherworld_core::tick::TICK_RATE_HZ;
use otherworld_core::{EntityId, Tick, Vec3};
use std::collections::HashMap;
use std::sync::Arc;

/// The bodies of a scene by the names of their nodes: entity and first place.
pub type Bodies = HashMap<String, (EntityId, Vec3)>;

/// A bot that follows its behaviour.
pub struct Actor {
    script: Vec<Part>,
    again_from: Option<usize>,
    next: usize,
    doing: Option<Doing>,
    legs: Legs,
    sight: Sight,
    random: Random,
    gesture: Option<Gesture>,
    ticks: u32,
}

/// A step with all its names looked up.
enum Part {
    Do(Step),
    Gesture(Option<(Arc<Clip>, f64)>),
    Push(Box<Push>, f32),
}

/// What is playing, and since when.
struct Gesture {
    clip: Arc<Clip>,
    offset_s: f64,
    since: u32,
}

/// What a step has come to.
enum Doing {
    Walk {
        next: usize,
    },
    Wander {
        until: u32,
        to: Option<Spot>,
        rest_until: u32,
    },
    Wait {
        until: u32,
    },
    Face,
    Jump {
        until: u32,
        pressed: bool,
    },
    Push {
        push: Box<Push>,
        until: u32,
    },
}

impl Actor {
    /// Looks up what the steps name; complains with the index of the step and a sentence.
    pub fn new(
        behaviour: &Behaviour,
        clips: &Clips,
        bodies: &Bodies,
    ) -> Result<Actor, (usize, String)> {
        let script = behaviour.steps.iter().enumerate();
        let script = script.map(|(index, step)| {
            Part::look_up(step, clips, bodies).map_err(|complaint| (index, complaint))
        });
        Ok(Actor {
            script: script.collect::<Result<_, _>>()?,
            again_from: behaviour.again_from,
            next: 0,
            doing: None,
            legs: Legs::default(),
            sight: Sight::default(),
            random: Random::new(behaviour.seed),
            gesture: None,
            ticks: 0,
        })
    }

    /// What it wants in this tick, who is in this state and has looked around; `body` tells where a body is seen.
    fn act(&mut self, own: &State, body: impl Fn(EntityId) -> Option<Vec3>) -> Intent {
        // Each step once at most: a behaviour whose steps are all over at once must not hold the tick.
        for _ in 0..=self.script.len() {
            if self.doing.is_none() && !self.begin() {
                break;
            }
            if self.doing.is_some() && !self.go_on(own, &body) {
                break;
            }
            self.doing = None;
        }
        let tracked = self.gesture.as_ref().map(|gesture| {
            let played =
                f64::from(self.ticks.wrapping_sub(gesture.since)) / f64::from(TICK_RATE_HZ);
            gesture.clip.at(gesture.offset_s + played)
        });
        self.ticks = self.ticks.wrapping_add(1);
        Intent {
            input: self.legs.input(),
            tracked,
        }
    }

    /// Takes the next step; whether there is one.
    fn begin(&mut self) -> bool {
        if self.next >= self.script.len() {
            match self.again_from {
                Some(again) => self.next = again,
                None => return false,
            }
        }
        let now = self.ticks;
        let part = &self.script[self.next];
        self.next += 1;
        self.legs.set_out();
        self.doing = match part {
            Part::Gesture(gesture) => {
                self.gesture = gesture.as_ref().map(|(clip, offset_s)| Gesture {
                    clip: Arc::clone(clip),
                    offset_s: *offset_s,
                    since: now,
                });
                None
            }
            Part::Push(push, for_s) => Some(Doing::Push {
                push: push.clone(),
                until: now + ticks(*for_s),
            }),
            Part::Do(step) => Doing::of(step, now),
        };
        true
    }

    /// Does a tick of the present step; whether it is over.
    fn go_on(&mut self, own: &State, body: &impl Fn(EntityId) -> Option<Vec3>) -> bool {
        let Self {
            legs, sight, ticks, ..
        } = self;
        let part = &self.script[self.next - 1];
        match (self.doing.as_mut(), part) {
            (Some(Doing::Walk { next }), Part::Do(Step::Walk { to, speed })) => {
                walk(own, sight, legs, next, to, *speed)
            }
            (
                Some(Doing::Wander {
                    until,
                    to,
                    rest_until,
                }),
                Part::Do(step),
            ) => {
                let wandering = Wandering {
                    step,
                    now: *ticks,
                    to,
                    rest_until,
                };
                wandering.go(own, sight, legs, &mut self.random);
                *ticks >= *until
            }
            (Some(Doing::Wait { until }), _) => *ticks >= *until,
            (Some(Doing::Face), Part::Do(Step::Face { at })) => legs.face(own, *at),
            (Some(Doing::Jump { until, pressed }), _) => {
                // The ground may have to be reached first.
                if own.grounded() {
                    *pressed = true;
                    legs.jump();
                }
                *ticks >= *until || (*pressed && !own.grounded())
            }
            (Some(Doing::Push { push, until }), _) => {
                if *ticks >= *until {
                    push.stop();
                }
                let seen = body(push.entity());
                push.go(own, sight, seen, legs)
            }
            _ => true,
        }
    }
}

impl Pilot for Actor {
    fn steer(&mut self, _: Tick, own: &State, others: &Others) -> Intent {
        let players = others.players().map(|shown| (shown.entity, shown.position));
        let bodies = others.bodies().map(|shown| (shown.entity, shown.position));
        self.sight.look(own.position, players, bodies);
        self.act(own, |entity| {
            others.body(entity).map(|shown| shown.position)
        })
    }
}

impl Part {
    fn look_up(step: &Step, clips: &Clips, bodies: &Bodies) -> Result<Part, String> {
        Ok(match step {
            Step::Gesture { clip: None, .. } => Part::Gesture(None),
            Step::Gesture {
                clip: Some(name),
                offset_s,
            } => {
                let clip = clips.get(name);
                let clip = clip.ok_or_else(|| format!("clip: motion has no {name:?}"))?;
                Part::Gesture(Some((Arc::clone(clip), *offset_s)))
            }
            Step::Push {
                body,
                to,
                speed,
                for_s,
            } => {
                let (entity, home) = find(body, bodies)?;
                Part::Push(Box::new(Push::new(entity, home, *to, *speed)), *for_s)
            }
            step => Part::Do(step.clone()),
        })
    }
}

fn find(name: &BodyName, bodies: &Bodies) -> Result<(EntityId, Vec3), String> {
    let found = match name {
        BodyName::Node(name) => bodies.get(name),
        BodyName::Entity(id) => bodies.values().find(|(entity, _)| entity.0 == *id),
    };
    found
        .copied()
        .ok_or_else(|| format!("body: the world has no dynamic body {name:?}"))
}

impl Doing {
    fn of(step: &Step, now: u32) -> Option<Doing> {
        Some(match step {
            Step::Walk { .. } => Doing::Walk { next: 0 },
            Step::Wander { for_s, .. } => Doing::Wander {
                until: for_s.map_or(u32::MAX, |for_s| now + ticks(for_s)),
                to: None,
                rest_until: 0,
            },
            Step::Stand { for_s } => Doing::Wait {
                until: now + ticks(*for_s),
            },
            Step::Face { .. } => Doing::Face,
            Step::Jump {} => Doing::Jump {
                until: now + TICK_RATE_HZ,
                pressed: false,
            },
            Step::Push { .. } | Step::Gesture { .. } => return None,
        })
    }
}

fn walk(
    own: &State,
    sight: &Sight,
    legs: &mut Legs,
    next: &mut usize,
    to: &[Spot],
    speed: f32,
) -> bool {
    while let Some(place) = to.get(*next) {
        let course = Course {
            to: *place,
            speed,
            area: None,
        };
        if legs.go(own, sight, &course) == Way::On {
            return false;
        }
        *next += 1;
        legs.set_out();
    }
    true
}

struct Wandering<'a> {
    step: &'a Step,
    now: u32,
    to: &'a mut Option<Spot>,
    rest_until: &'a mut u32,
}

impl Wandering<'_> {
    fn go(self, own: &State, sight: &Sight, legs: &mut Legs, random: &mut Random) {
        let Step::Wander {
            area,
            speed,
            rest_s,
            ..
        } = self.step
        else {
            return;
        };
        if self.now < *self.rest_until {
            return;
        }
        let to = *self.to.get_or_insert_with(|| {
            legs.set_out();
            random.place(area)
        });
        // Who is on the way there from outside may take any way.
        let inside = area.outside([own.position.x, own.position.z]) == 0.0;
        let course = Course {
            to,
            speed: *speed,
            area: inside.then_some::<&Area>(area),
        };
        match legs.go(own, sight, &course) {
            Way::On => {}
            Way::Arrived => {
                *self.to = None;
                *self.rest_until = self.now + ticks(random.between(*rest_s));
            }
            Way::GivenUp => *self.to = None,
        }
    }
}

fn ticks(seconds: f32) -> u32 {
    (seconds * TICK_RATE_HZ as f32).round() as u32
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
