//! The rules `[LK1]`… of the link, with peers joined by function calls.

use super::*;
use crate::message::MessageId;
use proptest::prelude::*;

fn payload(link: &mut Link, now_us: u64) -> Vec<u8> {
    let mut bytes = vec![0; MAX_PAYLOAD_BYTES];
    let length = link.start(now_us, &mut bytes).unwrap().finish();
    bytes.truncate(length);
    bytes
}

fn link_at(next: u16) -> Link {
    let mut link = Link::new();
    (link.next, link.unsettled) = (Sequence(next), Sequence(next));
    link
}

#[test]
fn lk1_each_payload_is_acknowledged_once_over_the_wrap() {
    let (mut a, mut b) = (link_at(65_500), Link::new());
    let mut acked = Vec::new();
    for tick in 0..100u64 {
        b.receive(0, &payload(&mut a, tick)).unwrap();
        let answer = payload(&mut b, 0);
        acked.extend(a.receive(tick, &answer).unwrap().newly_acked);
    }
    let sent: Vec<_> = (0..100)
        .map(|k| Sequence(65_500u16.wrapping_add(k)))
        .collect();
    assert_eq!(acked, sent);
}

#[test]
fn lk2_an_acknowledgement_survives_32_lost_answers() {
    let (mut a, mut b) = (link_at(65_530), Link::new());
    let first = payload(&mut a, 0);
    b.receive(0, &first).unwrap();
    for _ in 0..32 {
        b.receive(0, &payload(&mut a, 0)).unwrap();
    }
    let acked = a.receive(0, &payload(&mut b, 0)).unwrap().newly_acked;
    assert_eq!(acked.count(), 33);
    assert!(acked.contains(Sequence(65_530)) && acked.contains(Sequence(26)));
    assert!(!acked.contains(Sequence(27)));
}

#[test]
fn lk2_what_did_not_arrive_is_not_acknowledged() {
    let (mut a, mut b) = (Link::new(), Link::new());
    for k in 0..200u64 {
        let bytes = payload(&mut a, k);
        if k % 3 != 0 {
            b.receive(0, &bytes).unwrap();
        }
        for sequence in a.receive(k, &payload(&mut b, 0)).unwrap().newly_acked {
            assert_ne!(sequence.0 % 3, 0);
        }
    }
}

#[test]
fn lk2_nothing_received_acknowledges_nothing() {
    let (mut a, mut b) = (Link::new(), Link::new());
    payload(&mut a, 0);
    let acked = a.receive(9, &payload(&mut b, 0)).unwrap().newly_acked;
    assert_eq!(acked.count(), 0);
    assert_eq!(a.rtt_us(), None);
}

#[test]
fn lk3_duplicates_and_old_payloads_are_refused() {
    let (mut a, mut b) = (link_at(65_520), Link::new());
    let all: Vec<_> = (0..60).map(|_| payload(&mut a, 0)).collect();
    b.receive(0, &all[40]).unwrap();
    assert_eq!(
        b.receive(0, &all[40]).map(|_| ()),
        Err(LinkError::Duplicate)
    );
    b.receive(0, &all[8]).unwrap();
    assert_eq!(b.receive(0, &all[8]).map(|_| ()), Err(LinkError::Duplicate));
    assert_eq!(b.receive(0, &all[7]).map(|_| ()), Err(LinkError::Stale));
    b.receive(0, &all[59]).unwrap();
    assert_eq!(
        b.receive(0, &all[40]).map(|_| ()),
        Err(LinkError::Duplicate)
    );
}

#[test]
fn lk4_the_round_trip_is_smoothed_and_ignores_repeated_acknowledgements() {
    let (mut a, mut b) = (Link::new(), Link::new());
    for k in 0..50u64 {
        b.receive(0, &payload(&mut a, k * 33_333)).unwrap();
        let answer = payload(&mut b, 0);
        a.receive(k * 33_333 + 80_000, &answer).unwrap();
    }
    assert_eq!(a.rtt_us(), Some(80_000));
    assert!(a.rtt_deviation_us().unwrap() < 1_000);
    let before = a.rtt_us();
    a.receive(99_000_000, &payload(&mut b, 0)).unwrap();
    assert_eq!(a.rtt_us(), before);
}

#[test]
fn lk5_unknown_messages_are_skipped_and_lengths_are_checked() {
    let mut link = Link::new();
    let mut bytes = [0; 64];
    let mut writer = link.start(0, &mut bytes).unwrap();
    writer.add_bytes(MessageId::Input, b"abc").unwrap();
    writer.add_bytes(MessageId::Goodbye, b"").unwrap();
    let length = writer.finish();
    bytes[LINK_HEADER_BYTES] = 200;
    let received: Vec<_> = Link::new()
        .receive(0, &bytes[..length])
        .unwrap()
        .messages
        .collect();
    assert_eq!(received, [(200, &b"abc"[..]), (5, &b""[..])]);
    let mut peer = Link::new();
    assert_eq!(
        peer.receive(0, &bytes[..length - 1]).map(|_| ()),
        Err(LinkError::Malformed)
    );
    // The link is as before: the whole payload is no duplicate.
    peer.receive(0, &bytes[..length]).unwrap();
}

#[test]
fn a_message_that_does_not_fit_leaves_the_payload_as_it_was() {
    let mut link = Link::new();
    let mut bytes = [0; 20];
    let mut writer = link.start(0, &mut bytes).unwrap();
    assert_eq!(writer.room(), 9);
    assert_eq!(
        writer.add_bytes(MessageId::Input, &[0; 10]),
        Err(LinkError::Full)
    );
    writer.add_bytes(MessageId::Input, &[7; 9]).unwrap();
    assert_eq!(
        writer.add_bytes(MessageId::Input, &[]),
        Err(LinkError::Full)
    );
    assert_eq!(writer.finish(), 20);
}

#[test]
fn lk6_lost_is_what_three_newer_overtook_or_what_took_too_long() {
    let (mut a, mut b) = (link_at(65_534), Link::new());
    assert!(!a.presumes_lost(Sequence(65_534), 0, 99_999));
    assert!(a.presumes_lost(Sequence(65_534), 0, 100_000));
    payload(&mut a, 0);
    for (newer, lost) in [(1, false), (2, false), (3, true)] {
        let bytes = payload(&mut a, 0);
        b.receive(0, &bytes).unwrap();
        a.receive(40_000, &payload(&mut b, 0)).unwrap();
        assert_eq!(a.presumes_lost(Sequence(65_534), 0, 0), lost, "{newer}");
    }
    let slack_us = u64::from(4 * a.rtt_deviation_us().unwrap()).max(33_333);
    assert!(!a.presumes_lost(Sequence(2), 0, 39_999 + slack_us));
    assert!(a.presumes_lost(Sequence(2), 0, 40_000 + slack_us));
}

#[test]
fn lk7_the_loss_is_measured_over_the_wrap_and_forgotten_with_time() {
    let (mut a, mut b) = (link_at(65_000), Link::new());
    let mut exchange = |every: u64, count: u64| {
        for k in 0..count {
            let bytes = payload(&mut a, k);
            if k % every != 0 {
                b.receive(0, &bytes).unwrap();
            }
            a.receive(k, &payload(&mut b, 0)).unwrap();
        }
        a.loss()
    };
    let fifth = exchange(5, 1_000);
    assert!((0.17..0.23).contains(&fifth), "{fifth}");
    let none = exchange(u64::MAX, 1_000);
    assert!(none < 0.001, "{none}");
    // Nobody answers: what was never acknowledged is lost too.
    let mut alone = link_at(65_500);
    (0..1_000).for_each(|k| drop(payload(&mut alone, k)));
    assert!(alone.loss() > 0.99, "{}", alone.loss());
}

proptest! {
    #[test]
    fn lk5_any_bytes_are_read_or_refused(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let mut link = Link::new();
        for bytes in &payloads {
            payload(&mut link, 5);
            if let Ok(received) = link.receive(9, bytes) {
                prop_assert!(received.messages.map(|(_, m)| m.len() + 3).sum::<usize>() + 8 == bytes.len());
            }
        }
    }

    /// Any loss, duplication and reordering within the window: exactly what arrived is acknowledged, once.
    #[test]
    fn lk1_the_acknowledged_are_those_that_arrived(start: u16, fates in prop::collection::vec((any::<bool>(), 0usize..4), 1..200)) {
        let (mut a, mut b) = (link_at(start), Link::new());
        let (mut arrived, mut acked) = (Vec::new(), Vec::new());
        let mut held: Vec<Vec<u8>> = Vec::new();
        for (lost, slot) in fates {
            held.push(payload(&mut a, 0));
            if held.len() > slot {
                let bytes = held.swap_remove(slot);
                if !lost {
                    if let Ok(received) = b.receive(0, &bytes) {
                        arrived.push(received.sequence.0);
                    }
                    prop_assert!(b.receive(0, &bytes).is_err());
                }
            }
            acked.extend(a.receive(0, &payload(&mut b, 0)).unwrap().newly_acked.map(|s| s.0));
        }
        arrived.sort_unstable();
        acked.sort_unstable();
        prop_assert_eq!(acked, arrived);
    }
}
