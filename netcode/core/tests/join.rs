//! Joining: the welcome, everybody's name and every body arrive, once, on good and bad networks; and so does the goodbye.

mod common;
#[path = "common/stage.rs"]
mod stage;

use common::floor_with;
use otherworld_core::client::Ended;
use otherworld_core::message::{Goodbye, GoodbyeCause, Reason};
use otherworld_core::testing::{Conditions, seed};
use otherworld_core::vec3::vec3;
use otherworld_core::{Tick, Vec3};
use stage::{Is, Stage, Still, entity, lying};
use std::sync::Arc;

fn empty(players: usize, bodies: usize) -> Stage {
    let mut stage = Stage::new(Arc::new(floor_with(|_| {})), Tick(0), players, bodies);
    for k in 0..bodies {
        stage.bodies[k] = Some(lying(k as u32 + 1, vec3(k as f32, 0.0, 2.0)));
    }
    stage
}

#[test]
fn a_join_on_a_good_network_takes_one_way() {
    let delay = Conditions::of(20_000, 0, 0.0);
    let mut stage = empty(4, 5);
    for k in 0..2 {
        stage.join(seed() + k, delay, Vec3::ZERO, Box::new(Still));
    }
    let ticks = stage.until(10, |stage| (0..2).all(|client| stage.knows_all(client)));
    assert!(ticks <= 2, "{ticks}");
    let view = stage.seats[0].client.view().unwrap();
    assert_eq!((view.entity, view.names), (entity(0), 2));
}

#[test]
fn rc1_a_join_on_a_bad_network_loses_nothing() {
    let seed = seed();
    for (k, loss) in [0.05, 0.2, 0.5].into_iter().enumerate() {
        let mut stage = empty(10, 20);
        let seed = seed.wrapping_add(1_000 * k as u64);
        stage.join_walkers(10, 10.0, seed, Conditions::bad(loss));
        let all =
            |is: fn(&Stage, usize) -> bool| move |stage: &Stage| (0..10).all(|k| is(stage, k));
        stage.until(900, all(Stage::knows_all));
        stage.until(600, all(|stage, k| stage.seats[k].session.has_heard_all()));
        for seat in &mut stage.seats {
            let counts = seat.client.take_counts();
            assert_eq!((counts.unreadable, counts.unknown), (0, 0), "{counts:?}");
            assert_eq!(seat.ended, None);
        }
    }
}

#[test]
fn rc1_a_goodbye_comes_last_and_is_known_to_have_come() {
    let mut stage = empty(4, 3);
    stage.join_walkers(2, 10.0, seed(), Conditions::bad(0.3));
    stage.until(600, |stage| stage.knows_all(0) && stage.knows_all(1));
    let goodbye = Goodbye {
        cause: GoodbyeCause::Kicked,
        reason: Reason::new("be kind"),
    };
    stage.send_away(0, &goodbye);
    stage.until(600, |stage| stage.seats[0].is == Is::Gone);
    let ended = stage.seats[0].ended.clone();
    assert_eq!(ended, Some(Ended::Goodbye(Box::new(goodbye))));
    stage.until(600, |stage| stage.knows_all(1));
    assert!(stage.seats[1].client.roster().of(entity(0)).is_none());
}
