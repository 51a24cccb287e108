//! The flow against a real gRPC server on loopback. The test holds the other ends: control plane, tick and fleet.

use std::time::Duration;

use otherworld_core::{SeatId, Tick};
use tonic::{Code, Status};

use super::*;
use crate::exchange::{LeaveCause, Listening, Report, TickSample};
use crate::proto::{self, control_message as tell, instance_message::Message, seat_answer::Answer};
use crate::seats::Refusal;
use crate::testing::{CREDENTIAL, ControlPlane, Dialled, Rig, WORLD, within};

const LISTENING: Listening = Listening {
    world_hash: 11,
    static_triangles: 12,
    dynamic_bodies: 13,
    load_ms: 14.5,
};

/// Up to the open door.
async fn running() -> (ControlPlane, Dialled, Rig) {
    let mut control = ControlPlane::start().await;
    let rig = Rig::start(control.address).await;
    let (mut stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    assert!(matches!(rig.command().await, Command::World(_)));
    rig.tick.report(Report::Listening(LISTENING)).unwrap();
    assert!(matches!(stream.next_event().await, Message::Listening(_)));
    (control, stream, rig)
}

/// A seat that is offered, accepted and, if wanted, taken.
async fn seat(stream: &mut Dialled, rig: &Rig, id: u64, taken: bool) {
    stream.offer(id, 5000).await;
    assert!(matches!(rig.command().await, Command::OfferSeat { .. }));
    rig.tick
        .report(Report::SeatAnswer(SeatId(id), Ok(())))
        .unwrap();
    assert!(matches!(stream.next_event().await, Message::SeatAnswer(_)));
    if taken {
        rig.tick.report(Report::PlayerJoined(SeatId(id))).unwrap();
        assert_eq!(
            stream.next_event().await,
            Message::PlayerJoined(proto::PlayerJoined { seat: id })
        );
    }
}

fn shutdown_of(command: Command) -> (Duration, String) {
    match command {
        Command::Shutdown { grace, reason } => (grace, reason),
        other => panic!("{other:?} instead of Shutdown"),
    }
}

#[tokio::test]
async fn it_introduces_itself_is_ready_without_a_world_and_opens_the_one_that_it_is_given() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start_unready(control.address).await;
    let (mut stream, register) = control.dialled().await;
    let endpoint = proto::Endpoint {
        pipe: "udp".into(),
        address: "127.0.0.1".into(),
        port: 7420,
    };
    assert_eq!(
        register,
        proto::Register {
            name: "plaza-abcde".into(),
            uid: "uid-1".into(),
            credential: CREDENTIAL.into(),
            build: "test".into(),
            protocol_hash: 42,
            endpoints: vec![endpoint],
            seats: vec![],
            world: None,
            capacity: 0,
            tick_rate_hz: 0,
        }
    );
    assert_eq!(
        rig.desired_phase(),
        Phase::Starting,
        "not before Registered"
    );

    stream.accept(&rig.registered).await;
    rig.fleet_becomes(Phase::Ready).await;
    stream.next_heartbeat().await;
    assert!(
        matches!(rig.any_command().await, Command::Connected(true)) && rig.tick.poll().is_none(),
        "the tick has nothing to do yet"
    );
    let desired = rig.desired.borrow().clone();
    assert_eq!((desired.capacity, desired.world.as_str()), (0, ""));

    stream.assign(&rig.assignment).await;
    let Command::World(world) = rig.command().await else {
        panic!("the world comes first")
    };
    assert_eq!(
        (
            world.bytes.as_slice(),
            world.key,
            world.capacity,
            world.tick_rate_hz
        ),
        (WORLD, [7; 32], 4, 30)
    );
    assert_eq!(world.public_address, ([127, 0, 0, 1].into(), 7420));
    assert!(
        !format!("{world:?}").contains("7, 7"),
        "no log shows the key"
    );

    rig.tick.report(Report::Listening(LISTENING)).unwrap();
    let told = proto::Listening {
        world_hash: 11,
        static_triangles: 12,
        dynamic_bodies: 13,
        load_ms: 14.5,
    };
    assert_eq!(stream.next_event().await, Message::Listening(told));
    let desired = rig.desired.borrow().clone();
    assert_eq!(desired.capacity, 4);
    assert_eq!(desired.world, format!("plaza@{}", world.sha256));
}

#[tokio::test]
async fn a_control_plane_that_is_killed_while_it_waits_is_dialled_again_and_gives_it_its_world() {
    let mut control = ControlPlane::start().await;
    let rig = Rig::start(control.address).await;
    let (stream, _) = control.dialled().await;
    stream.accept(&rig.registered).await;
    assert!(matches!(rig.any_command().await, Command::Connected(true)));
    drop(stream);
    let (stream, register) = control.dialled().await;
    assert_eq!(register.world, None);
    stream.welcome(&rig).await;
    assert!(matches!(rig.command().await, Command::World(_)));
}

#[tokio::test]
async fn one_that_is_killed_while_the_world_loads_hears_which_one_and_does_not_give_it_again() {
    let mut control = ControlPlane::start().await;
    let rig = Rig::start(control.address).await;
    let (stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    assert!(matches!(rig.command().await, Command::World(_)));
    drop(stream);

    let (mut stream, register) = control.dialled().await;
    assert_eq!(
        (register.world, register.capacity, register.tick_rate_hz),
        (rig.assignment.world.clone(), 4, 30)
    );
    // Of two processes of the control plane the other one may have given the order, under another address.
    let mut again = rig.assignment.clone();
    again.world.as_mut().unwrap().url = "http://127.0.0.1:1/elsewhere.glb".into();
    stream.accept(&rig.registered).await;
    stream.assign(&again).await;
    rig.tick.report(Report::Listening(LISTENING)).unwrap();
    assert!(matches!(stream.next_event().await, Message::Listening(_)));
    seat(&mut stream, &rig, 1, false).await;
}

#[tokio::test]
async fn a_second_world_ends_it_with_an_error_that_the_control_plane_hears() {
    let (_control, mut stream, mut rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    stream.assign(&rig.assignment).await;
    seat(&mut stream, &rig, 2, true).await;

    rig.assignment.world.as_mut().unwrap().id = "garden".into();
    stream.assign(&rig.assignment).await;
    let (_, reason) = shutdown_of(rig.command().await);
    assert!(
        reason.contains("plaza") && reason.contains("garden"),
        "{reason}"
    );
    assert_eq!(stream.failure().await, reason);
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(matches!(
        rig.result().await,
        Err(Error::WorldChanged { .. })
    ));
}

#[tokio::test]
async fn an_assignment_that_cannot_be_used_ends_it() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    rig.assignment.tick_rate_hz = 45;
    let (mut stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    assert!(stream.failure().await.contains("tick rate"));
    shutdown_of(rig.command().await);
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(matches!(rig.result().await, Err(Error::BadAssignWorld(_))));
}

#[tokio::test]
async fn one_that_waits_for_a_world_ends_when_told_to() {
    use tell::Message as Tell;
    let orders = [
        Tell::Shutdown(proto::Shutdown { grace_ms: 1000 }),
        Tell::Drain(proto::Drain {}),
    ];
    for order in orders {
        let mut control = ControlPlane::start().await;
        let mut rig = Rig::start(control.address).await;
        let (mut stream, _) = control.dialled().await;
        stream.accept(&rig.registered).await;
        let drains = matches!(order, Tell::Drain(_));
        stream.tell(order).await;
        if drains {
            assert!(matches!(rig.command().await, Command::Drain));
        }
        shutdown_of(rig.command().await);
        rig.tick.report(Report::Stopped).unwrap();
        rig.fleet_becomes(Phase::Shutdown).await;
        assert!(stream.has_ended().await);
        rig.result().await.unwrap();
    }
}

#[tokio::test]
async fn a_heartbeat_tells_players_tick_times_and_totals() {
    let (_control, mut stream, rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    seat(&mut stream, &rig, 2, false).await;
    stream.next_heartbeat().await;
    for tick in 1..=10 {
        let duration = Duration::from_millis(if tick == 10 { 40 } else { 2 });
        let sample = TickSample {
            tick: Tick(tick),
            duration,
            late: tick == 10,
            dropped: 0,
            bytes_in: 100,
            bytes_out: 200,
            allocations: 4,
            refusals: &[3],
        };
        rig.tick.tick_done(&sample);
    }
    let beat = within("a heartbeat after the ticks", async {
        loop {
            let beat = stream.next_heartbeat().await;
            if beat.tick == 10 {
                return beat;
            }
        }
    })
    .await;
    let times = beat.tick_times.unwrap();
    assert_eq!((beat.players, beat.bytes_in, beat.bytes_out), (1, 100, 200));
    assert_eq!(
        beat.refusals,
        [proto::Counter {
            cause: "token_expired".into(),
            count: 3
        }]
    );
    assert_eq!((times.ticks, times.late), (10, 1));
    assert!(
        (times.p50_ms - 2.0).abs() < 0.1 && (times.max_ms - 40.0).abs() < 0.1,
        "{times:?}"
    );
    let all = beat.tick_times_since_start.unwrap();
    assert_eq!((all.ticks, all.late, beat.tick_allocations), (10, 1, 4));
    assert!(beat.resident_bytes > 1 << 20, "{beat:?}");
}

#[tokio::test]
async fn it_dials_until_the_control_plane_is_there() {
    let control = ControlPlane::start().await;
    let address = control.address;
    control.stop().await;
    let rig = Rig::start(address).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut control = ControlPlane::start_at(address).await;
    let (stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    assert!(matches!(rig.any_command().await, Command::Connected(true)));
    assert!(matches!(rig.command().await, Command::World(_)));
}

#[tokio::test]
async fn a_refused_credential_ends_an_instance_that_never_was() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    let (stream, _) = control.dialled().await;
    stream
        .refuse(Status::unauthenticated("not the secret of plaza-abcde"))
        .await;
    let (_, reason) = shutdown_of(rig.command().await);
    assert!(reason.contains("not the secret of plaza-abcde"), "{reason}");
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    let error = rig.result().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Refused {
                code: Code::Unauthenticated,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn trouble_of_the_control_plane_is_no_refusal() {
    let mut control = ControlPlane::start().await;
    let rig = Rig::start(control.address).await;
    for status in [
        Status::unavailable("the fleet does not answer"),
        Status::already_exists("an older stream lives"),
    ] {
        let (stream, _) = control.dialled().await;
        stream.refuse(status).await;
    }
    let (stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    assert!(matches!(rig.command().await, Command::World(_)));
}

#[tokio::test]
async fn a_registered_without_a_usable_key_ends_it() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    rig.registered.key.pop();
    let (stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    shutdown_of(rig.command().await);
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(matches!(rig.result().await, Err(Error::BadRegistered(_))));
}

#[tokio::test]
async fn a_seat_is_offered_answered_taken_and_left() {
    let (_control, mut stream, mut rig) = running().await;
    stream.offer(1, 5000).await;
    let Command::OfferSeat { seat, expires } = rig.command().await else {
        panic!("an offer")
    };
    assert_eq!(
        (seat.id, seat.user.as_str(), seat.name.as_str()),
        (SeatId(1), "user-1", "name 1")
    );
    assert_eq!(expires, Duration::from_secs(5));
    rig.tick
        .report(Report::SeatAnswer(SeatId(1), Ok(())))
        .unwrap();
    let accepted = proto::SeatAnswer {
        id: 1,
        answer: Some(Answer::Accepted(proto::SeatAccepted {})),
    };
    assert_eq!(stream.next_event().await, Message::SeatAnswer(accepted));

    stream.offer(2, 5000).await;
    rig.command().await;
    rig.tick
        .report(Report::SeatAnswer(SeatId(2), Err(Refusal::Full)))
        .unwrap();
    let refused = Answer::Refused(proto::SeatRefused {
        cause: "full".into(),
    });
    assert_eq!(
        stream.next_event().await,
        Message::SeatAnswer(proto::SeatAnswer {
            id: 2,
            answer: Some(refused)
        })
    );

    rig.tick.report(Report::PlayerJoined(SeatId(1))).unwrap();
    stream.next_event().await;
    let shown = |desired: &crate::sdk::Desired| {
        (
            desired.players,
            desired.seats.iter().copied().collect::<Vec<_>>(),
        )
    };
    within(
        "the fleet is told",
        rig.desired
            .wait_for(|desired| shown(desired) == (1, vec![SeatId(1)])),
    )
    .await
    .unwrap();

    stream
        .tell(tell::Message::Kick(proto::Kick {
            seat: 1,
            reason: "rude".into(),
        }))
        .await;
    let Command::Kick { seat, reason } = rig.command().await else {
        panic!("a kick")
    };
    assert_eq!((seat, reason.as_str()), (SeatId(1), "rude"));
    rig.tick
        .report(Report::PlayerLeft(SeatId(1), LeaveCause::Kicked))
        .unwrap();
    let left = proto::PlayerLeft {
        seat: 1,
        cause: "kicked".into(),
    };
    assert_eq!(stream.next_event().await, Message::PlayerLeft(left));
    within(
        "the fleet is told",
        rig.desired
            .wait_for(|desired| shown(desired) == (0, vec![])),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn what_a_player_asks_for_by_the_gateway_is_answered_without_the_tick() {
    let (_control, mut stream, rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    seat(&mut stream, &rig, 2, false).await;
    let ask = |id, seat| proto::EventRequest {
        id,
        seat,
        r#type: "interaction:sit:v1:requested".into(),
        data: r#"{"object":"body:1"}"#.into(),
    };
    let mut cause = Vec::new();
    for (id, seat) in [(10, 1), (11, 2), (12, 3)] {
        stream
            .tell(tell::Message::EventRequest(ask(id, seat)))
            .await;
        let Message::EventAnswer(answer) = stream.next_event().await else {
            panic!("an answer")
        };
        let Some(proto::event_answer::Answer::Refused(refused)) = answer.answer else {
            panic!("nothing is offered")
        };
        assert_eq!(answer.id, id);
        cause.push(refused.cause);
    }
    assert_eq!(cause, ["not_offered", "not_here", "not_here"]);
    assert!(rig.tick.poll().is_none());
}

#[tokio::test]
async fn after_a_broken_stream_it_registers_with_its_seats_and_world_and_plays_on() {
    let (mut control, mut stream, rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    seat(&mut stream, &rig, 2, false).await;
    seat(&mut stream, &rig, 3, true).await;
    drop(stream);
    assert!(matches!(rig.any_command().await, Command::Connected(false)));
    // Told while nobody hears.
    rig.tick
        .report(Report::PlayerLeft(SeatId(3), LeaveCause::Left))
        .unwrap();

    let (mut stream, register) = control.dialled().await;
    let held: Vec<(u64, bool)> = register
        .seats
        .iter()
        .map(|seat| (seat.id, seat.connected))
        .collect();
    let left_is_in_register = held == [(1, true), (2, false)];
    assert!(
        left_is_in_register || held == [(1, true), (2, false), (3, true)],
        "{held:?}"
    );
    assert_eq!(register.seats[0].name, "name 1");
    assert_eq!(
        (register.world, register.capacity, register.tick_rate_hz),
        (rig.assignment.world.clone(), 4, 30)
    );

    stream.accept(&rig.registered).await;
    assert!(matches!(rig.any_command().await, Command::Connected(true)));
    assert!(
        matches!(stream.next_event().await, Message::Listening(_)),
        "told again after each Registered"
    );
    if !left_is_in_register {
        assert!(matches!(stream.next_event().await, Message::PlayerLeft(left) if left.seat == 3));
    }
    seat(&mut stream, &rig, 4, true).await;
    assert_eq!(rig.desired_phase(), Phase::Ready);
}

#[tokio::test]
async fn a_refusal_while_people_play_is_waited_out() {
    let (mut control, mut stream, rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    drop(stream);
    for status in [
        Status::unauthenticated("who?"),
        Status::failed_precondition("which protocol?"),
    ] {
        let (stream, _) = control.dialled().await;
        stream.refuse(status).await;
    }
    let (stream, register) = control.dialled().await;
    assert_eq!(register.seats.len(), 1);
    stream.welcome(&rig).await;
    while !matches!(rig.any_command().await, Command::Connected(true)) {}
    assert_eq!(rig.desired_phase(), Phase::Ready);
}

#[tokio::test]
async fn another_key_after_a_reconnect_ends_it_in_order() {
    let (mut control, stream, mut rig) = running().await;
    drop(stream);
    let (stream, _) = control.dialled().await;
    rig.registered.key = vec![8; 32];
    stream.accept(&rig.registered).await;
    let (_, reason) = shutdown_of(rig.command().await);
    assert!(reason.contains("another key"), "{reason}");
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(matches!(rig.result().await, Err(Error::KeyChanged)));
}

#[tokio::test]
async fn a_world_with_another_hash_is_never_handed_to_the_tick() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    let announced = "0".repeat(64);
    rig.assignment
        .world
        .as_mut()
        .unwrap()
        .sha256
        .clone_from(&announced);
    let (mut stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    let (_, reason) = shutdown_of(rig.command().await);
    assert!(reason.contains(&announced), "{reason}");
    assert_eq!(stream.failure().await, reason);
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(stream.has_ended().await);
    assert!(matches!(
        rig.result().await,
        Err(Error::WorldMismatch { .. })
    ));
}

#[tokio::test]
async fn a_world_that_the_tick_cannot_load_ends_it() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    let (mut stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    rig.command().await;
    rig.tick
        .report(Report::Failed("UDP port 7420 is taken; free it".into()))
        .unwrap();
    let (_, reason) = shutdown_of(rig.command().await);
    assert_eq!(reason, "UDP port 7420 is taken; free it");
    assert_eq!(stream.failure().await, reason);
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(matches!(rig.result().await, Err(Error::Tick(_))));
}

#[tokio::test]
async fn shutdown_tells_players_then_the_fleet_then_the_control_plane() {
    let (_control, mut stream, mut rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    stream
        .tell(tell::Message::Shutdown(proto::Shutdown { grace_ms: 9000 }))
        .await;
    let (grace, _) = shutdown_of(rig.command().await);
    assert_eq!(grace, Duration::from_secs(9));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        rig.desired_phase(),
        Phase::Ready,
        "the fleet waits for the players' goodbye"
    );
    rig.tick
        .report(Report::PlayerLeft(SeatId(1), LeaveCause::Shutdown))
        .unwrap();
    rig.tick.report(Report::Stopped).unwrap();
    let left = proto::PlayerLeft {
        seat: 1,
        cause: "shutdown".into(),
    };
    assert_eq!(stream.next_event().await, Message::PlayerLeft(left));
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(stream.has_ended().await, "closed in order, not torn");
    rig.result().await.unwrap();
}

#[tokio::test]
async fn a_tick_that_hangs_holds_up_a_shutdown_no_longer_than_the_grace_period() {
    let (_control, mut stream, mut rig) = running().await;
    stream
        .tell(tell::Message::Shutdown(proto::Shutdown { grace_ms: 200 }))
        .await;
    rig.fleet_becomes(Phase::Shutdown).await;
    assert!(stream.has_ended().await);
    rig.result().await.unwrap();
}

#[tokio::test]
async fn a_control_plane_that_does_not_answer_holds_up_no_end() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    let _unanswered = control.dialled().await;
    rig.stop.ask(Cause::Signal("SIGTERM"));
    let (_, reason) = shutdown_of(rig.command().await);
    assert_eq!(reason, "SIGTERM was received");
    rig.tick.report(Report::Stopped).unwrap();
    let begun = std::time::Instant::now();
    rig.fleet_becomes(Phase::Shutdown).await;
    rig.result().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_line_lost_during_the_goodbye_is_not_dialled_again() {
    let (mut control, mut stream, mut rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    rig.stop.ask(Cause::Signal("SIGTERM"));
    shutdown_of(rig.command().await);
    drop(stream);
    assert!(matches!(rig.any_command().await, Command::Connected(false)));
    rig.tick
        .report(Report::PlayerLeft(SeatId(1), LeaveCause::Shutdown))
        .unwrap();
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    assert_eq!(rig.desired.borrow().players, 0);
    rig.result().await.unwrap();
    assert!(control.is_left_alone());
}

#[tokio::test]
async fn a_drained_instance_ends_when_the_last_one_has_left() {
    let (_control, mut stream, mut rig) = running().await;
    seat(&mut stream, &rig, 1, true).await;
    seat(&mut stream, &rig, 2, false).await;
    stream.tell(tell::Message::Drain(proto::Drain {})).await;
    assert!(matches!(rig.command().await, Command::Drain));
    rig.tick
        .report(Report::PlayerLeft(SeatId(1), LeaveCause::Left))
        .unwrap();
    assert!(matches!(stream.next_event().await, Message::PlayerLeft(_)));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(rig.tick.poll().is_none(), "a seat is still held");
    rig.tick
        .report(Report::PlayerLeft(SeatId(2), LeaveCause::Expired))
        .unwrap();
    shutdown_of(rig.command().await);
    rig.tick.report(Report::Stopped).unwrap();
    rig.fleet_becomes(Phase::Shutdown).await;
    rig.result().await.unwrap();
}

#[tokio::test]
async fn an_empty_instance_ends_as_soon_as_it_is_drained() {
    let (_control, stream, rig) = running().await;
    stream.tell(tell::Message::Drain(proto::Drain {})).await;
    assert!(matches!(rig.command().await, Command::Drain));
    shutdown_of(rig.command().await);
}

#[tokio::test]
async fn telemetry_is_asked_for_at_the_interval_told_and_names_the_players() {
    let mut control = ControlPlane::start().await;
    let mut rig = Rig::start(control.address).await;
    rig.registered.telemetry_interval_ms = 50;
    let (mut stream, _) = control.dialled().await;
    stream.welcome(&rig).await;
    rig.command().await;
    assert!(
        rig.tick.blank_telemetry().is_none(),
        "none is wanted before the world stands"
    );
    rig.tick.report(Report::Listening(LISTENING)).unwrap();
    stream.next_event().await;
    seat(&mut stream, &rig, 1, true).await;

    let begun = tokio::time::Instant::now();
    let mut all = Vec::new();
    for tick in 0..5u32 {
        let mut frame = within("a frame is wanted", async {
            loop {
                if let Some(frame) = rig.tick.blank_telemetry() {
                    return frame;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
        assert!(
            frame.players.is_empty() && frame.bodies.is_empty(),
            "frames come back empty"
        );
        all.push(frame.all_bodies);
        frame.tick = Tick(tick);
        frame.players.push(crate::exchange::TelemetryPlayer {
            seat: SeatId(1),
            position: [1.0, 2.0, 3.0],
            yaw: 0.5,
            grounded: true,
        });
        rig.tick.report(Report::Telemetry(frame)).unwrap();
        let Message::Telemetry(told) = stream.next_event().await else {
            panic!("telemetry")
        };
        assert_eq!(
            (told.tick, told.players[0].name.as_str(), told.players[0].z),
            (tick, "name 1", 3.0)
        );
    }
    assert_eq!(
        all,
        [true, false, false, false, false],
        "everything first, then what moved"
    );
    assert!(
        begun.elapsed() >= Duration::from_millis(190),
        "{:?}",
        begun.elapsed()
    );
}
