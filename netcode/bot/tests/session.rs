//! The executor as a process, in sessions with a small real instance.

mod common;

use common::{Asked, Executor, Instance, Manners, Noticed, Outcome, scenario, web};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use otherworld_core::SeatId;
use otherworld_core::message::GoodbyeCause;
use otherworld_pipes::Departure;
use serde_json::{Value, json};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

fn no_seat(_: Asked) -> (u16, Value) {
    panic!("nobody may ask for a seat")
}

#[test]
fn walks_up_stairs_without_a_single_correction() {
    let instance = Instance::start(Manners::default());
    let outcome = Executor::start(&scenario(instance.join(1, &web(no_seat)), 6.0)).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let summary = outcome.summary();
    assert_eq!(summary["playing"], 1);
    assert_eq!(
        (&summary["corrections"], &summary["correction_max_mm"]),
        (&json!(0), &json!(0.0)),
        "{summary}"
    );
    assert!(summary["walked_m"].as_f64().unwrap() > 5.0, "{summary}");
    assert!(summary["highest_m"].as_f64().unwrap() > 0.5, "{summary}");
    let settled = outcome.of_type("bot").last().unwrap();
    assert!(settled["snapshots"].as_u64().unwrap() >= 25, "{settled}");
    assert_eq!(settled["missed_inputs"], 0, "{settled}");
    assert_eq!(settled["names"], 1, "{settled}");
    // The instance reads at its ticks, so a margin there is a whole number of periods.
    assert!(
        (0..=67).contains(&settled["margin_ms"].as_i64().unwrap()),
        "{settled}"
    );
}

#[test]
fn lost_payloads_cost_no_correction() {
    let instance = Instance::start(Manners {
        loses_every: Some(7),
        ..Manners::default()
    });
    let outcome = Executor::start(&scenario(instance.join(1, &web(no_seat)), 5.0)).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.summary()["corrections"], 0, "{}", outcome.summary());
}

#[test]
fn what_the_server_changes_is_counted_in_millimetres_and_replayed() {
    let instance = Instance::start(Manners {
        push_every: Some(30),
        ..Manners::default()
    });
    let outcome = Executor::start(&scenario(instance.join(1, &web(no_seat)), 4.0)).wait();
    let summary = outcome.summary();
    let corrections = summary["corrections"].as_u64().unwrap();
    // One for each push: after it prediction goes on from the corrected state.
    assert!((2..=4).contains(&corrections), "{summary}");
    assert!(
        (summary["correction_max_mm"].as_f64().unwrap() - 50.0).abs() < 1.0,
        "{summary}"
    );
}

#[test]
fn a_kick_is_told_with_its_reason() {
    let instance = Instance::start(Manners {
        goodbye: Some((30, GoodbyeCause::Kicked)),
        ..Manners::default()
    });
    let outcome = Executor::start(&scenario(instance.join(1, &web(no_seat)), 20.0)).wait();
    assert_eq!(outcome.code, Some(6), "{outcome:?}");
    assert!(
        outcome.message.contains("you stood on the flowers"),
        "{}",
        outcome.message
    );
    let ended = outcome.of_type("ended").next().unwrap();
    assert_eq!(
        (&ended["cause"], &ended["rejoining"]),
        (&json!("kicked"), &json!(false))
    );
}

#[test]
fn a_dead_instance_is_noticed_and_named() {
    let instance = Instance::start(Manners {
        dies_after: Some(30),
        ..Manners::default()
    });
    let start = Instant::now();
    let outcome = Executor::start(&scenario(instance.join(1, &web(no_seat)), 20.0)).wait();
    assert_eq!(outcome.code, Some(8), "{outcome:?}");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "the token's timeout is two seconds"
    );
}

/// A control plane that lets a guest wait once, and seats in `instance`. Tells each request.
fn control_plane(instance: Instance, told: Sender<Asked>, good: &'static str) -> String {
    let mut tickets = 0;
    web(move |asked| {
        let (path, token, web) = (asked.path.clone(), asked.token.clone(), asked.web.clone());
        told.send(asked).unwrap();
        if path == "/api/v1/guests" {
            return (201, json!({ "account": {}, "token": "ow_new" }));
        }
        if !token.is_some_and(|token| token == good || token == "ow_new") {
            return (401, json!({ "code": "OW_ERR_SIGN_IN", "message": "who?" }));
        }
        tickets += 1;
        let waits = json!({ "id": "t", "state": "waiting", "reason": null, "connect": null });
        let seated =
            |connect| json!({ "id": "t", "state": "seated", "reason": null, "connect": connect });
        match tickets {
            1 => (201, waits),
            _ => (200, seated(instance.join(10 + tickets, &web))),
        }
    })
}

fn rejoins(good: &'static str) -> (Outcome, Vec<Asked>) {
    let first = Instance::start(Manners {
        dies_after: Some(30),
        ..Manners::default()
    });
    let (told, asked) = channel();
    let web = control_plane(Instance::start(Manners::default()), told, good);
    let mut scenario = scenario(first.join(1, &web), 8.0);
    scenario["bots"][0]["name"] = json!("Ada");
    scenario["bots"][0]["token"] = json!("ow_old");
    scenario["rejoin"] = json!({ "url": web, "world": "plaza" });
    (
        Executor::start(&scenario).wait(),
        asked.try_iter().collect(),
    )
}

#[test]
fn a_bot_that_lost_its_seat_asks_for_another_one_as_the_same_account() {
    let (outcome, asked) = rejoins("ow_old");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.of_type("ended").next().unwrap()["rejoining"], true);
    assert_eq!(outcome.of_type("connected").count(), 2);
    assert_eq!(
        (
            &outcome.summary()["playing"],
            &outcome.summary()["disconnects"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(asked.len(), 2, "once to wait, once to be seated: {asked:?}");
    assert!(asked.iter().all(|asked| asked.path == "/api/v1/tickets"
        && asked.token.as_deref() == Some("ow_old")
        && asked.body == json!({ "world": "plaza" })));
}

#[test]
fn a_bot_whose_account_is_not_known_any_more_becomes_a_new_guest() {
    let (outcome, asked) = rejoins("ow_another");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.of_type("connected").count(), 2);
    let told: Vec<(&str, Option<&str>)> = asked
        .iter()
        .map(|asked| (asked.path.as_str(), asked.token.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("/api/v1/tickets", Some("ow_old")),
            ("/api/v1/guests", None),
            ("/api/v1/tickets", Some("ow_new")),
            ("/api/v1/tickets", Some("ow_new")),
        ]
    );
    assert_eq!(asked[1].body, json!({ "name": "Ada" }));
}

#[test]
fn se8_a_nat_that_forgot_the_port_costs_a_moment_and_no_body() {
    let instance = Instance::start(Manners::default());
    let mut join = instance.join(1, &web(no_seat));
    join["faults"] = json!([{ "kind": "rebind", "at_s": 2 }]);
    let outcome = Executor::start(&scenario(join, 7.0)).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let returned = outcome.of_type("returned").next().expect("it came back");
    let silence_s = returned["silence_s"].as_f64().unwrap();
    assert!((1.4..3.0).contains(&silence_s), "{returned}");
    let noticed: Vec<Noticed> = instance.noticed.try_iter().collect();
    assert_eq!(
        noticed[..3],
        [
            Noticed::Joined(SeatId(1)),
            Noticed::Gone(SeatId(1), Departure::Superseded),
            Noticed::Back(SeatId(1)),
        ]
    );
    is_back_and_walks(&outcome);
}

#[test]
fn se8_ten_seconds_without_a_network_come_back_to_the_same_body() {
    let instance = Instance::start(Manners::default());
    let mut join = instance.join(1, &web(no_seat));
    join["faults"] = json!([{ "kind": "silence", "at_s": 2, "for_s": 10 }]);
    let mut scenario = scenario(join, 16.0);
    scenario["resume_s"] = json!(13);
    let outcome = Executor::start(&scenario).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let returned = outcome.of_type("returned").next().expect("it came back");
    let silence_s = returned["silence_s"].as_f64().unwrap();
    assert!((9.9..11.0).contains(&silence_s), "{returned}");
    let noticed: Vec<Noticed> = instance.noticed.try_iter().collect();
    assert_eq!(
        noticed[..3],
        [
            Noticed::Joined(SeatId(1)),
            Noticed::Gone(SeatId(1), Departure::TimedOut),
            Noticed::Back(SeatId(1)),
        ]
    );
    is_back_and_walks(&outcome);
}

/// The same session, counted as a disconnect all the same, with snapshots and inputs that count.
fn is_back_and_walks(outcome: &common::Outcome) {
    let summary = outcome.summary();
    assert_eq!(
        (
            &summary["playing"],
            &summary["disconnects"],
            &summary["returned"]
        ),
        (&json!(1), &json!(1), &json!(1)),
        "{summary}"
    );
    assert_eq!(outcome.of_type("connected").count(), 1);
    let last = outcome.of_type("bot").last().unwrap();
    assert!(last["snapshots"].as_u64().unwrap() >= 25, "{last}");
    assert_eq!(
        (&last["missed_inputs"], &last["corrections"]),
        (&json!(0), &json!(0)),
        "{last}"
    );
}

#[test]
fn sigterm_leaves_at_once() {
    let instance = Instance::start(Manners::default());
    let executor = Executor::start(&scenario(instance.join(1, &web(no_seat)), 60.0));
    let patience = Duration::from_secs(10);
    assert_eq!(
        instance.noticed.recv_timeout(patience),
        Ok(Noticed::Joined(SeatId(1)))
    );
    kill(Pid::from_raw(executor.child.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(executor.wait().code, Some(0));
    assert_eq!(
        instance.noticed.recv_timeout(patience),
        Ok(Noticed::Gone(SeatId(1), Departure::Left))
    );
}

#[test]
fn another_world_or_protocol_or_nobody_there_ends_with_its_own_code() {
    let web = web(no_seat);
    let liar = Instance::start(Manners {
        lies_about_world: true,
        ..Manners::default()
    });
    let outcome = Executor::start(&scenario(liar.join(1, &web), 20.0)).wait();
    assert_eq!(outcome.code, Some(4), "{outcome:?}");

    let honest = Instance::start(Manners::default());
    let mut join = honest.join(1, &web);
    join["protocolHash"] = json!("1");
    let outcome = Executor::start(&scenario(join, 20.0)).wait();
    assert_eq!(outcome.code, Some(4));
    assert!(
        outcome.message.contains("protocol 1"),
        "{}",
        outcome.message
    );

    let mut join = honest.join(2, &web);
    join["world"]["sha256"] = json!("0".repeat(64));
    let outcome = Executor::start(&scenario(join, 20.0)).wait();
    assert_eq!(outcome.code, Some(3), "{outcome:?}");

    let dead = Instance::start(Manners {
        dies_after: Some(0),
        ..Manners::default()
    });
    let join = dead.join(1, &web);
    let first = Executor::start(&scenario(join.clone(), 20.0)).wait();
    assert_eq!(first.code, Some(8), "the first one kills it: {first:?}");
    let outcome = Executor::start(&scenario(join, 20.0)).wait();
    assert_eq!(outcome.code, Some(5), "{outcome:?}");
    assert!(
        outcome.message.contains("did not answer"),
        "{}",
        outcome.message
    );

    assert_eq!(Executor::start(&json!({ "bots": [] })).wait().code, Some(2));
}

#[test]
fn plays_through_a_proxy_comes_back_through_it_and_writes_what_it_sees() {
    let instance = Instance::start(Manners::default());
    let proxy = common::Proxy::start(instance.address);
    let mut join = instance.join(1, &web(no_seat));
    join["via"] = json!(proxy.address.to_string());
    join["faults"] = json!([{ "kind": "silence", "at_s": 2, "for_s": 2 }]);
    let mut scenario = scenario(join, 7.0);
    let path = std::env::temp_dir().join(format!("otherworld-views-{}", std::process::id()));
    scenario["views"] = json!({ "path": path, "every_s": 0.5 });
    let outcome = Executor::start(&scenario).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.summary()["returned"], 1, "{}", outcome.summary());
    // To the last goodbye, and what the proxy had is all there is: nothing gets lost here.
    let summary = outcome.summary();
    let expected = summary["datagrams_up"].as_u64().unwrap();
    let deadline = Instant::now() + Duration::from_secs(2);
    while proxy.up().0 < expected && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    let (datagrams, bytes) = proxy.up();
    assert_eq!(
        (&summary["datagrams_up"], &summary["bytes_up"]),
        (&json!(datagrams), &json!(bytes))
    );
    let views = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(&views[..8], b"OWVIEWS1");
    // Alone in the world: time, bot, entity, place, no players, no bodies.
    let samples: Vec<&[u8]> = views[8..].chunks(32).collect();
    assert!((11..=14).contains(&samples.len()), "{}", samples.len());
    let time_us = |sample: &[u8]| u64::from_le_bytes(sample[..8].try_into().unwrap());
    let period_us = time_us(samples[2]) - time_us(samples[1]);
    assert!(period_us.abs_diff(500_000) < 100_000, "{period_us}");
    assert!(
        samples
            .iter()
            .all(|sample| sample[8..16] == [0, 0, 0, 0, 7, 0, 0, 0])
    );
}

#[test]
fn who_reads_slowly_makes_no_bot_late() {
    let instance = Instance::start(Manners::default());
    let mut scenario = scenario(instance.join(1, &web(no_seat)), 6.0);
    // Far more than a pipe holds.
    scenario["bots"][0]["name"] = json!("x".repeat(8_000));
    scenario["report_s"] = json!(0.1);
    let executor = Executor::start(&scenario);
    std::thread::sleep(Duration::from_secs(5));
    let outcome = executor.wait();
    assert_eq!(outcome.code, Some(0), "{}", outcome.message);
    let lines: Vec<&Value> = outcome.of_type("bot").collect();
    assert!(lines.len() > 50, "{}", lines.len());
    let skipped = |line: &&&Value| line["skipped_ticks"] != 0;
    assert_eq!(lines.iter().filter(skipped).count(), 0);
}
