//! The proxy as a process, between a client and an echo.

mod common;

use common::{Echo, Proxy, flow, quantile};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

#[test]
fn a_good_network_adds_less_than_a_millisecond() {
    let echo = Echo::start();
    let attempt = || {
        let proxy = Proxy::start(&[&echo.address], &["--seed", "1"]);
        let trips = flow(proxy.address(0), 500, Duration::from_millis(2));
        let report = proxy.stop();
        assert_eq!(trips.len(), 500, "{report}");
        assert_eq!(report["down"]["sent"], 500, "{report}");
        let late_us = report["late_us"]["p50"].as_u64().unwrap();
        // Both ways, two hops of the kernel and the echo are in it.
        (quantile(&trips, 0.5), late_us)
    };
    // The machine is not ours alone: one quiet second is enough.
    let outcomes: Vec<_> = std::iter::repeat_with(attempt).take(3).collect();
    let good =
        |&(median, late_us): &(Duration, u64)| median < Duration::from_millis(1) && late_us < 500;
    assert!(outcomes.iter().any(good), "{outcomes:?}");
}

#[test]
fn delay_and_jitter_are_those_that_were_asked_for() {
    let echo = Echo::start();
    let proxy = Proxy::start(
        &[&echo.address],
        &["--rtt", "80", "--jitter", "30", "--seed", "2"],
    );
    let trips = flow(proxy.address(0), 1_000, Duration::from_millis(2));
    assert_eq!(trips.len(), 1_000);
    let ms = |share| quantile(&trips, share).as_secs_f64() * 1e3;
    // The sum of two even distributions from 0 to 30: its least is 80, its median 110, its most 140. The deviation of a
    // median of 1,000 is 0.5 ms; the least and the most have some way to their corners.
    assert!(ms(0.0) >= 80.0 && ms(0.0) < 84.0, "{}", ms(0.0));
    assert!((107.0..114.0).contains(&ms(0.5)), "{}", ms(0.5));
    assert!((132.0..142.0).contains(&ms(0.99)), "{}", ms(0.99));
    // An even distribution alone would have a quarter of the trips below 95 ms; the sum of two has an eighth.
    let early = trips
        .iter()
        .filter(|trip| trip.as_secs_f64() < 0.095)
        .count();
    assert!((70..170).contains(&early), "{early}");
}

#[test]
fn loss_is_independent_each_way_and_counted() {
    let echo = Echo::start();
    let proxy = Proxy::start(
        &[&echo.address],
        &["--loss", "5", "--duplicate", "10", "--seed", "3"],
    );
    let sent = 4_000;
    let trips = flow(proxy.address(0), sent, Duration::from_micros(500));
    let report = proxy.stop();
    let (up, down) = (&report["up"], &report["down"]);
    let count = |way: &serde_json::Value, name: &str| way[name].as_u64().unwrap();
    assert_eq!(count(up, "received"), sent as u64);
    // 5 % of 4,000, give or take six standard deviations.
    assert!((117..=283).contains(&count(up, "lost")), "{report}");
    assert!((117..=300).contains(&count(down, "lost")), "{report}");
    for way in [up, down] {
        let kept = count(way, "received") - count(way, "lost") + count(way, "duplicated");
        assert_eq!(count(way, "sent") + count(way, "dropped"), kept, "{report}");
        assert_eq!(count(way, "sent_bytes"), 8 * count(way, "sent"), "{report}");
    }
    assert_eq!(trips.len() as u64, count(down, "sent"), "{report}");
}

#[test]
fn the_same_seed_loses_the_same_datagrams() {
    let lost = |seed: &str| {
        let echo = Echo::start();
        let proxy = Proxy::start(&[&echo.address], &["--loss", "30", "--seed", seed]);
        // One after the other, so that both ways take their random numbers in one order.
        let trips = flow(proxy.address(0), 200, Duration::from_millis(2));
        (trips.len(), proxy.stop()["up"]["lost"].clone())
    };
    assert_eq!(lost("4"), lost("4"));
    assert_ne!(lost("4"), lost("5"));
}

#[test]
fn clients_have_addresses_of_their_own_and_their_number_is_bounded() {
    let echo = Echo::start();
    let proxy = Proxy::start(&[&echo.address], &["--clients", "3"]);
    let sockets: Vec<UdpSocket> = (0..10).map(|_| common::socket()).collect();
    let mut answered = 0;
    for socket in &sockets {
        socket.send_to(&[7; 8], proxy.address(0)).unwrap();
        answered += usize::from(socket.recv(&mut [0; 8]).is_ok());
    }
    assert_eq!(answered, 3);
    assert_eq!(echo.stop().len(), 3);
    let report = proxy.stop();
    assert_eq!(
        (&report["most_clients"], &report["refused"]),
        (&3.into(), &7.into())
    );
}

#[test]
fn each_relay_goes_to_its_own_target() {
    let echoes = [Echo::start(), Echo::start()];
    let proxy = Proxy::start(&[&echoes[0].address, &echoes[1].address], &[]);
    assert_eq!(flow(proxy.address(0), 5, Duration::from_millis(1)).len(), 5);
    assert_eq!(flow(proxy.address(1), 7, Duration::from_millis(1)).len(), 7);
    let [first, second] = echoes.map(|echo| echo.stop().into_values().sum::<usize>());
    assert_eq!((first, second), (5, 7));
}

#[test]
fn reports_when_asked_and_ends_when_told() {
    let echo = Echo::start();
    let mut proxy = Proxy::start(&[&echo.address], &[]);
    flow(proxy.address(0), 3, Duration::from_millis(1));
    proxy.signal(nix::sys::signal::Signal::SIGUSR1);
    assert_eq!(proxy.line()["up"]["sent"], 3);
    let asked = Instant::now();
    proxy.stop();
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[test]
fn after_a_kill_another_one_takes_its_place_at_once() {
    let echo = Echo::start();
    let proxy = Proxy::start(&[&echo.address], &[]);
    let address = proxy.address(0);
    assert_eq!(flow(address, 3, Duration::from_millis(1)).len(), 3);
    proxy.kill();
    let proxy = Proxy::start_at(address, &echo.address, &[]);
    assert_eq!(flow(proxy.address(0), 3, Duration::from_millis(1)).len(), 3);
}

#[test]
fn a_datagram_that_is_longer_than_any_packet_goes_nowhere() {
    let echo = Echo::start();
    let proxy = Proxy::start(&[&echo.address], &[]);
    common::socket()
        .send_to(&[1; 4_000], proxy.address(0))
        .unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let report = proxy.stop();
    assert_eq!(
        (&report["up"]["overflowed"], &report["up"]["sent"]),
        (&1.into(), &0.into())
    );
    assert!(echo.stop().is_empty());
}
