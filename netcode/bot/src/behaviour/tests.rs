//! Behaviours on small worlds with the real step.

use super::*;
use otherworld_core::step::{State, step};
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

fn behaviour(json: &str) -> Behaviour {
    serde_json::from_str(json).unwrap()
}

fn bodies() -> Bodies {
    let ball = (EntityId::of_body(0), vec3(4.0, 0.25, 0.0));
    Bodies::from([("ball_001".to_owned(), ball)])
}

/// Some actors in a world, with what they see of each other: places a few ticks old, as over a network.
struct Stage {
    world: World,
    actors: Vec<(Actor, State)>,
    past: Vec<Vec<(EntityId, Vec3)>>,
    ball: Option<Vec3>,
}

/// How old what is seen is (unit: ticks).
const DELAY: usize = 4;

impl Stage {
    fn new(world: World) -> Stage {
        Stage {
            world,
            actors: Vec::new(),
            past: Vec::new(),
            ball: None,
        }
    }

    fn alone(world: World, json: &str) -> Stage {
        let mut stage = Stage::new(world);
        stage.enter(Vec3::ZERO, json);
        stage
    }

    fn enter(&mut self, at: Vec3, json: &str) {
        let actor = Actor::new(&behaviour(json), &Clips::new(), &bodies());
        let actor = actor.unwrap_or_else(|complaint| panic!("{complaint:?}"));
        self.actors.push((actor, State::at(at)));
    }

    fn tick(&mut self) {
        let places = self.actors.iter().enumerate();
        let places = places.map(|(k, (_, state))| (EntityId(1000 + k as u32), state.position));
        self.past.push(places.collect());
        let seen = &self.past[self.past.len().saturating_sub(DELAY)];
        let ball = self.ball.map(|ball| (EntityId::of_body(0), ball));
        for (k, (actor, state)) in self.actors.iter_mut().enumerate() {
            let others = seen.iter().enumerate().filter(|(other, _)| *other != k);
            let others = others.map(|(_, seen)| *seen);
            actor.sight.look(state.position, others, ball.into_iter());
            let intent = actor.act(state, |_| self.ball);
            *state = step(state, intent.input, &self.world);
        }
        if let Some(ball) = &mut self.ball {
            for (_, state) in &self.actors {
                shove(ball, state.position);
            }
        }
    }

    fn run(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.tick();
        }
    }

    fn place(&self, k: usize) -> Vec3 {
        self.actors[k].1.position
    }
}

/// What is pushed gives way and stays where it is.
fn shove(ball: &mut Vec3, who: Vec3) {
    let away = vec3(ball.x - who.x, 0.0, ball.z - who.z);
    let distance = away.horizontal_length();
    let touching = 0.3 + 0.25;
    if distance < touching && distance > 1e-3 {
        *ball += away * ((touching - distance) / distance);
    }
}

#[test]
fn walks_in_every_direction_and_round_again() {
    let mut stage = Stage::alone(
        world(false),
        r#"{"steps": [{"do": "walk", "to": [[4, 0], [4, 4], [-4, 4], [-4, -4], [0, -4]]}], "again_from": 0}"#,
    );
    let mut visited = Vec::new();
    for _ in 0..600 {
        stage.tick();
        let Some(Doing::Walk { next }) = stage.actors[0].0.doing else {
            panic!("it walks");
        };
        if visited.last() != Some(&next) {
            visited.push(next);
        }
    }
    assert_eq!(visited[..7], [0, 1, 2, 3, 4, 0, 1]);
}

#[test]
fn stands_still_at_the_end_and_without_a_behaviour() {
    let mut stage = Stage::alone(
        world(false),
        r#"{"steps": [{"do": "walk", "to": [[0, 5]]}]}"#,
    );
    stage.enter(vec3(9.0, 0.0, 9.0), r#"{"steps": []}"#);
    stage.run(300);
    assert!((stage.place(0) - vec3(0.0, 0.0, 5.0)).length() < 0.5);
    assert!((stage.place(1) - vec3(9.0, 0.0, 9.0)).length() < 1e-3);
    for (_, state) in &stage.actors {
        assert!(state.velocity.length() < 1e-3);
    }
}

#[test]
fn finds_its_way_round_the_end_of_a_wall() {
    let mut stage = Stage::alone(
        world(true),
        r#"{"steps": [{"do": "walk", "to": [[0, -6]]}]}"#,
    );
    stage.run(900);
    assert!((stage.place(0) - vec3(0.0, 0.0, -6.0)).length() < 0.5);
}

#[test]
fn gives_up_what_cannot_be_reached_and_goes_on() {
    let mut stage = Stage::alone(
        world(true),
        r#"{"steps": [{"do": "walk", "to": [[-4, -3], [-4, 4]]}]}"#,
    );
    // In the middle of the wall, where the capsule does not fit.
    stage.run(1200);
    assert!((stage.place(0) - vec3(-4.0, 0.0, 4.0)).length() < 0.5);
}

#[test]
fn a_slower_speed_is_slower() {
    let mut stage = Stage::alone(
        world(false),
        r#"{"steps": [{"do": "walk", "to": [[0, 40]], "speed": 1.5}]}"#,
    );
    stage.run(300);
    let walked = stage.place(0).z;
    assert!((14.0..15.5).contains(&walked), "{walked}");
}

#[test]
fn faces_waits_and_jumps() {
    let mut stage = Stage::alone(
        world(false),
        r#"{"steps": [{"do": "face", "at": [-5, 0]}, {"do": "stand", "for_s": 1}, {"do": "jump"}]}"#,
    );
    let mut highest = 0.0_f32;
    let mut left_ground_at = None;
    for tick in 0..120 {
        stage.tick();
        highest = highest.max(stage.place(0).y);
        if tick > 5 && highest > 0.1 && left_ground_at.is_none() {
            left_ground_at = Some(tick);
        }
    }
    // A quarter to the left of -z.
    assert_eq!(stage.actors[0].0.legs.input().yaw, 16_384);
    assert!(highest > 0.6, "{highest}");
    assert!(
        left_ground_at.is_some_and(|tick| (30..45).contains(&tick)),
        "{left_ground_at:?}"
    );
    assert!(stage.place(0).horizontal_length() < 0.01);
}

#[test]
fn wanders_in_its_area_for_as_long_as_it_shall() {
    for area in [
        r#"{"center": [3, 3], "radius": 2}"#,
        r#"{"from": [-3, 1], "to": [5, 4]}"#,
    ] {
        let json = format!(
            r#"{{"seed": 3, "steps": [{{"do": "wander", "area": {area}, "for_s": 60, "rest_s": [0, 1]}}, {{"do": "walk", "to": [[20, 20]]}}]}}"#
        );
        let area: Area = serde_json::from_str(area).unwrap();
        let mut stage = Stage::alone(world(false), &json);
        stage.run(150);
        let mut walked = 0.0;
        for _ in 150..1790 {
            let before = stage.place(0);
            stage.tick();
            let after = stage.place(0);
            walked += (after - before).horizontal_length();
            assert!(area.outside([after.x, after.z]) < 0.4, "{after:?}");
        }
        assert!(walked > 40.0, "{walked}");
        stage.run(300);
        assert!((stage.place(0) - vec3(20.0, 0.0, 20.0)).length() < 0.5);
    }
}

#[test]
fn two_who_meet_pass_each_other() {
    let mut stage = Stage::new(world(false));
    stage.enter(
        vec3(-8.0, 0.0, 0.0),
        r#"{"steps": [{"do": "walk", "to": [[8, 0]], "speed": 2}]}"#,
    );
    stage.enter(
        vec3(8.0, 0.0, 0.0),
        r#"{"steps": [{"do": "walk", "to": [[-8, 0]], "speed": 2}]}"#,
    );
    let mut nearest = f32::MAX;
    for _ in 0..360 {
        stage.tick();
        nearest = nearest.min((stage.place(0) - stage.place(1)).horizontal_length());
    }
    assert!(nearest > 0.55, "{nearest}");
    assert!((stage.place(0) - vec3(8.0, 0.0, 0.0)).length() < 0.5);
    assert!((stage.place(1) - vec3(-8.0, 0.0, 0.0)).length() < 0.5);
}

#[test]
fn a_crowd_in_a_disc_stays_in_it_and_does_not_pile_up() {
    const CROWD: usize = 60;
    const RADIUS: f32 = 10.0;
    let mut stage = Stage::new(world(false));
    let mut random = Random::new(1);
    let disc = Area::Disc {
        center: [0.0, 0.0],
        radius: RADIUS,
    };
    for seed in 0..CROWD {
        let [x, z] = random.place(&disc);
        let json = format!(
            r#"{{"seed": {seed}, "steps": [{{"do": "wander", "area": {{"center": [0, 0], "radius": {RADIUS}}}, "speed": 1.4}}]}}"#
        );
        stage.enter(vec3(x, 0.0, z), &json);
    }
    stage.run(300);
    let (mut touching, mut pairs, mut walked) = (0u32, 0u32, 0.0);
    for _ in 0..900 {
        let before: Vec<Vec3> = (0..CROWD).map(|k| stage.place(k)).collect();
        stage.tick();
        for (k, from) in before.iter().enumerate() {
            let at = stage.place(k);
            walked += (at - *from).horizontal_length();
            assert!(at.horizontal_length() < RADIUS + 0.7, "{k}: {at:?}");
            for other in k + 1..CROWD {
                pairs += 1;
                touching += u32::from((at - stage.place(other)).horizontal_length() < 0.5);
            }
        }
    }
    // Who walked at random through each other would touch in 0.25 % of the pairs.
    let share = f64::from(touching) / f64::from(pairs);
    assert!(share < 0.000_8, "{share}");
    let each = walked / CROWD as f32;
    assert!(each > 8.0, "{each} m in 30 s");
    // Each quarter of the disc has its people.
    for (sx, sz) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let here =
            (0..CROWD).filter(|&k| stage.place(k).x * sx > 0.0 && stage.place(k).z * sz > 0.0);
        assert!(here.count() >= CROWD / 10);
    }
}

#[test]
fn pushes_a_ball_where_it_shall_be_and_steps_back() {
    for to in [[10.0, 0.0], [-6.0, 1.0], [4.0, 7.0], [1.0, -6.0]] {
        let [x, z] = to;
        let mut stage = Stage::alone(
            world(false),
            &format!(r#"{{"steps": [{{"do": "push", "body": "ball_001", "to": [{x}, {z}]}}]}}"#),
        );
        stage.ball = Some(vec3(4.0, 0.25, 0.0));
        let mut ticks = 0;
        while stage.actors[0].0.next == 0 || stage.actors[0].0.doing.is_some() {
            stage.tick();
            ticks += 1;
            assert!(ticks < 900, "not done after 30 s: ball at {:?}", stage.ball);
        }
        let ball = stage.ball.unwrap();
        assert!((ball - vec3(x, 0.25, z)).length() < 0.6, "{ball:?}");
        let away = (stage.place(0) - ball).horizontal_length();
        assert!((0.8..2.0).contains(&away), "{away}");
    }
}

#[test]
fn a_push_that_comes_to_nothing_ends() {
    let mut stage = Stage::alone(
        world(false),
        r#"{"steps": [{"do": "push", "body": "ball_001", "to": [9, 0], "for_s": 3}, {"do": "walk", "to": [[0, 9]]}]}"#,
    );
    stage.run(330);
    assert!((stage.place(0) - vec3(0.0, 0.0, 9.0)).length() < 0.5);
}

#[test]
fn gestures_play_while_it_walks_from_their_offset_on() {
    let rows = (0..30).map(|frame| {
        let hand = format!("{},1000,0,0,0,0", frame * 10);
        format!("0,1600,0,0,0,0,{hand},{hand}\n")
    });
    let csv = format!("names\n{}", rows.collect::<String>());
    let clips = Clips::from([("talk".to_owned(), Arc::new(Clip::read(&csv).unwrap()))]);
    let json = r#"{"steps": [{"do": "gesture", "clip": "talk", "offset_s": 0.5}, {"do": "walk", "to": [[0, 3]]}, {"do": "gesture"}]}"#;
    let mut actor = Actor::new(&behaviour(json), &clips, &bodies())
        .ok()
        .unwrap();
    let world = world(false);
    let mut state = State::at(Vec3::ZERO);
    for tick in 0..20 {
        let intent = actor.act(&state, |_| None);
        let hand = intent.tracked.unwrap().left.unpack().position.x;
        let expected = ((15 + tick) % 30) as f32 / 100.0;
        assert!((hand - expected).abs() < 2e-3, "{tick}: {hand}");
        state = step(&state, intent.input, &world);
    }
    assert!(state.position.z > 1.0);
    for _ in 0..60 {
        state = step(&state, actor.act(&state, |_| None).input, &world);
    }
    assert_eq!(actor.act(&state, |_| None).tracked, None);
}

#[test]
fn says_which_step_names_what_is_not_there() {
    let fails = |json: &str| {
        let actor = Actor::new(&behaviour(json), &Clips::new(), &bodies());
        actor.err().unwrap()
    };
    let (step, complaint) =
        fails(r#"{"steps": [{"do": "jump"}, {"do": "gesture", "clip": "dance"}]}"#);
    assert_eq!(
        (step, complaint.as_str()),
        (1, "clip: motion has no \"dance\"")
    );
    let (step, complaint) = fails(r#"{"steps": [{"do": "push", "body": "car", "to": [0, 0]}]}"#);
    assert!(step == 0 && complaint.contains("car"), "{complaint}");
    let known = r#"{"steps": [{"do": "push", "body": 4294967295, "to": [0, 0]}]}"#;
    assert!(fails(known).1.contains("4294967295"));
}

/// The TypeScript that makes behaviours reads the same file in its tests.
#[test]
fn knows_every_step_that_is_made_for_it() {
    let every = include_str!("../../../../loadtest/behaviours/every-step.json");
    let Behaviour {
        seed,
        steps,
        again_from,
    } = behaviour(every);
    assert_eq!((seed, steps.len(), again_from), (u32::MAX, 10, Some(1)));
    for (from, to) in [
        ("\"walk\"", "\"wlak\""),
        ("\"speed\": 1.5", "\"speed\": 9"),
        ("\"speed\": 1.5", "\"sped\": 1.5"),
        ("\"radius\": 3", "\"radius\": 0"),
        ("[-3, -2]", "[5, -2]"),
        ("\"again_from\": 1", "\"again_from\": 10"),
        ("[0, 2]", "[2, 0]"),
    ] {
        let wrong = every.replace(from, to);
        assert_ne!(wrong, every);
        assert!(serde_json::from_str::<Behaviour>(&wrong).is_err(), "{to}");
    }
}

#[test]
fn steps_that_are_over_at_once_do_not_hold_the_tick() {
    let mut stage = Stage::alone(
        world(false),
        r#"{"steps": [{"do": "stand", "for_s": 0}, {"do": "gesture"}], "again_from": 0}"#,
    );
    stage.run(10);
}
