//! No allocation in the steady state: a server and its clients exchange payloads for ten seconds of ticks.

mod common;

use common::{Bench, Ours};
use otherworld_pipes::SeatId;
use std::time::Duration;

#[test]
fn ticks_with_payloads_keep_alives_and_strangers_allocate_nothing() {
    let mut bench = Bench::new();
    let (token, other) = (bench.token(1), bench.token(2));
    let mut clients = [
        Ours::connect(&bench, &token[..]),
        Ours::connect(&bench, &other[..]),
    ];
    bench.until("two sessions", |bench| {
        let now = bench.now();
        clients
            .iter_mut()
            .map(|client| client.is_connected(now))
            .fold(true, |all, one| all & one)
    });
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = bench.address();
    let clock = bench.clock;
    let mut heard = 0;
    let counted = allocation_counter::measure(|| {
        for tick in 0..300u32 {
            let now = clock.now() + tick * Duration::from_millis(33);
            for client in &mut clients {
                client.pipe.send(b"up", &mut client.outbox).unwrap();
                client
                    .pipe
                    .receive(&mut client.inbox, |_| heard += 1)
                    .unwrap();
                client.pipe.update(now, &mut client.outbox);
            }
            stranger.send_to(&[5; 100], to).unwrap();
            bench.pipe.receive(now, |_| heard += 1).unwrap();
            bench.pipe.update(now, |event| panic!("{event:?}"));
            // The other one is kept alive.
            bench.pipe.send(now, SeatId(1), b"down").unwrap();
            let fresh = bench
                .pipe
                .resume_token(now, SeatId(1), &[0; 256], Duration::ZERO);
            assert!(fresh.is_some());
            bench.pipe.flush();
        }
    });
    assert!(heard >= 890, "{heard}");
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
