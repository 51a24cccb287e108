//! The rules `[RC1]`… of the channel, with ends joined by function calls; over a network in `netcode/core/tests`.

use super::*;
use crate::link::MAX_PAYLOAD_BYTES;
use crate::message::MessageId::Goodbye;
use proptest::prelude::*;

struct End {
    link: Link,
    channel: Channel,
}

impl End {
    fn new(offset: u32) -> End {
        End {
            link: Link::new(),
            channel: Channel::starting_at(offset),
        }
    }

    fn send_with(&mut self, now_us: u64, limit: usize) -> Vec<u8> {
        let mut bytes = vec![0; MAX_PAYLOAD_BYTES];
        let mut payload = self.link.start(now_us, &mut bytes).unwrap();
        let before = payload.left();
        let used = self.channel.write(now_us, &self.link, &mut payload, limit);
        assert_eq!(before - payload.left(), used);
        assert!(used <= limit);
        let length = payload.finish();
        bytes.truncate(length);
        bytes
    }

    fn send(&mut self, now_us: u64) -> Vec<u8> {
        self.send_with(now_us, usize::MAX)
    }

    fn hear(&mut self, now_us: u64, payload: &[u8]) -> Vec<Vec<u8>> {
        let received = self.link.receive(now_us, payload).unwrap();
        self.channel.acknowledge(received.newly_acked);
        let mut heard = Vec::new();
        for (id, segment) in received.messages {
            assert_eq!(id, MessageId::Events as u8);
            self.channel.receive(segment).unwrap();
            while let Some((id, message)) = self.channel.next().unwrap() {
                assert_eq!(id, Goodbye as u8);
                heard.push(message.to_vec());
            }
        }
        heard
    }
}

fn pair() -> (End, End) {
    (End::new(u32::MAX - 700), End::new(u32::MAX - 700))
}

fn segments(payload: &[u8]) -> usize {
    Link::new().receive(0, payload).unwrap().messages.count()
}

#[test]
fn rc1_messages_come_once_and_in_order_though_payloads_do_not() {
    let (mut a, mut b) = pair();
    let payloads: Vec<_> = (0..5u8)
        .map(|k| {
            a.channel.push_bytes(Goodbye, &[k]).unwrap();
            a.send(0)
        })
        .collect();
    assert!(b.hear(0, &payloads[2]).is_empty());
    assert!(b.hear(0, &payloads[1]).is_empty());
    assert_eq!(b.hear(0, &payloads[0]), [[0], [1], [2]]);
    assert!(b.hear(0, &payloads[4]).is_empty());
    assert_eq!(b.hear(0, &payloads[3]), [[3], [4]]);
}

#[test]
fn rc2_what_is_presumed_lost_is_sent_again_and_what_arrived_is_not() {
    let (mut a, mut b) = pair();
    a.channel.push_bytes(Goodbye, b"lost").unwrap();
    a.send(0);
    // Not before the first time-out, then once each time.
    assert_eq!(segments(&a.send(99_000)), 0);
    let again = a.send(100_000);
    assert_eq!(segments(&again), 1);
    assert_eq!(segments(&a.send(101_000)), 0);
    assert_eq!(b.hear(110_000, &again), [b"lost"]);
    a.hear(120_000, &b.send(110_000));
    assert!(a.channel.is_idle());
    assert_eq!(segments(&a.send(9_000_000)), 0);
}

#[test]
fn rc2_three_newer_acknowledgements_do_not_wait_for_the_time_out() {
    let (mut a, mut b) = pair();
    a.channel.push_bytes(Goodbye, b"lost").unwrap();
    a.send(0);
    let mut newer = || {
        let payload = a.send(10);
        b.hear(10, &payload);
        a.hear(20, &b.send(10));
        segments(&payload)
    };
    assert_eq!([newer(), newer(), newer(), newer()], [0, 0, 0, 1]);
}

#[test]
fn rc2_a_late_acknowledgement_of_the_first_copy_is_enough() {
    let (mut a, mut b) = pair();
    a.channel.push_bytes(Goodbye, b"slow").unwrap();
    let slow = a.send(0);
    a.send(200_000);
    b.hear(210_000, &slow);
    a.hear(220_000, &b.send(210_000));
    assert!(a.channel.is_idle());
}

#[test]
fn rc3_small_messages_share_a_segment() {
    let (mut a, mut b) = pair();
    for k in 0..20u8 {
        a.channel.push_bytes(Goodbye, &[k; 10]).unwrap();
    }
    let payload = a.send(0);
    assert_eq!(segments(&payload), 1);
    assert_eq!(b.hear(0, &payload).len(), 20);
}

#[test]
fn rc4_a_message_larger_than_a_payload_comes_whole() {
    let (mut a, mut b) = pair();
    let large: Vec<u8> = (0..MAX_EVENT_BYTES).map(|k| (k / 7) as u8).collect();
    a.channel.push_bytes(Goodbye, &large).unwrap();
    a.channel.push_bytes(Goodbye, b"after").unwrap();
    let mut heard = Vec::new();
    for k in 0..20 {
        let payload = a.send(k);
        heard.extend(b.hear(k, &payload));
    }
    assert_eq!(heard, [&large[..], b"after"]);
    let longer = vec![0; MAX_EVENT_BYTES + 1];
    assert_eq!(
        a.channel.push_bytes(Goodbye, &longer),
        Err(ChannelError::TooLong)
    );
}

#[test]
fn rc5_a_full_window_refuses_and_keeps_what_it_has() {
    let (mut a, mut b) = pair();
    let mut pushed = 0u32;
    while a.channel.push_bytes(Goodbye, &[pushed as u8; 97]).is_ok() {
        pushed += 1;
    }
    assert_eq!(pushed as usize, WINDOW_BYTES / 100);
    let mut heard = Vec::new();
    for tick in 0..40 {
        let payload = a.send(tick);
        heard.extend(b.hear(tick, &payload));
        a.hear(tick, &b.send(tick));
    }
    assert_eq!(heard.len(), pushed as usize);
    assert!(heard.iter().enumerate().all(|(k, m)| m[0] == k as u8));
    assert_eq!(a.channel.room(), MAX_EVENT_BYTES);
}

#[test]
fn rc5_no_more_segments_than_the_window_are_on_their_way() {
    let mut a = End::new(0);
    let mut sent = 0;
    for k in 0..100u8 {
        a.channel.push_bytes(Goodbye, &[k]).unwrap();
        sent += segments(&a.send(0));
    }
    assert_eq!(sent, WINDOW_SEGMENTS);
}

#[test]
fn rc5_a_limit_is_kept_and_progress_is_made() {
    let (mut a, mut b) = pair();
    a.channel.push_bytes(Goodbye, &[7; 4000]).unwrap();
    let mut heard = Vec::new();
    for tick in 0..200 {
        let payload = a.send_with(tick * 1_000, 60);
        heard.extend(b.hear(tick, &payload));
        a.hear(tick * 1_000, &b.send(tick));
    }
    assert_eq!(heard, [[7; 4000]]);
}

#[test]
fn rc6_what_no_honest_peer_sends_is_refused() {
    let segment = |offset: u32, bytes: &[u8]| [&offset.to_le_bytes()[..], bytes].concat();
    let mut b = Channel::new();
    assert_eq!(b.receive(&[1, 2, 3]), Err(ChannelError::Short));
    let far = (WINDOW_BYTES + MAX_EVENT_BYTES) as u32;
    assert_eq!(
        b.receive(&segment(far, &[0; 4])),
        Err(ChannelError::BeyondWindow)
    );
    for k in 1..=WINDOW_SEGMENTS as u32 {
        b.receive(&segment(2 * k, &[0])).unwrap();
    }
    assert_eq!(
        b.receive(&segment(1000, &[0])),
        Err(ChannelError::Scattered)
    );
    let mut b = Channel::new();
    b.receive(&segment(0, &[5, 255, 255])).unwrap();
    assert_eq!(b.next(), Err(ChannelError::TooLong));
    // Long ago: a duplicate, of which nobody needs to know more.
    b.receive(&segment(u32::MAX - 50, &[0; 20])).unwrap();
}

#[test]
fn rc7_after_an_outage_it_goes_on_from_what_was_acknowledged() {
    let (mut a, mut b) = pair();
    for k in 0..3u8 {
        a.channel.push_bytes(Goodbye, &[k; 600]).unwrap();
    }
    let first = a.send(0);
    a.send(0);
    assert_eq!(b.hear(0, &first).len(), 1);
    // The acknowledgement never comes, nor does anything for ten seconds: more payloads than either end remembers.
    for tick in 1..300 {
        a.send(tick * 33_333);
        b.send(tick * 33_333);
    }
    let mut heard = Vec::new();
    for tick in 300..310 {
        let payload = a.send(tick * 33_333);
        heard.extend(b.hear(tick * 33_333, &payload));
        a.hear(tick * 33_333, &b.send(tick * 33_333));
    }
    assert_eq!(heard, [[1; 600], [2; 600]]);
    assert!(a.channel.is_idle());
}

#[test]
fn pace_is_kept_in_the_long_run_and_in_a_burst() {
    let mut pace = Pace::new(0, 64_000, 4_000);
    let mut sent = 0;
    for tick in 0..300u64 {
        let allowance = pace.allowance(tick * 33_333);
        assert!(allowance <= 4_000);
        pace.spend(allowance);
        sent += allowance;
    }
    // Ten seconds, and the burst that it began with.
    assert!((640_000..=642_000).contains(&sent), "{sent}");
    assert_eq!(pace.allowance(0), 0, "a clock that goes back gives nothing");
}

proptest! {
    /// Any bytes: no panic, and no memory but what was there.
    #[test]
    fn rc6_any_bytes_are_taken_or_refused(
        segments in prop::collection::vec((any::<u16>(), prop::collection::vec(any::<u8>(), 0..600), any::<bool>()), 0..200),
        raw in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut channel = Channel::starting_at(65_000);
        let held = channel.incoming.capacity();
        let _ = channel.receive(&raw);
        for (offset, bytes, near) in segments {
            // Near ones fit the window, so that messages come of some.
            let offset = if near { 65_000 + u32::from(offset) % 3_000 } else { u32::from(offset) << 3 };
            let _ = channel.receive(&[&offset.to_le_bytes()[..], &bytes].concat());
            while let Ok(Some((_, message))) = channel.next() {
                prop_assert!(message.len() <= MAX_EVENT_BYTES);
            }
        }
        prop_assert_eq!(channel.incoming.capacity(), held);
    }

    /// Acknowledgements that nobody earned take nothing away but what the liar would have got.
    #[test]
    fn rc6_any_acknowledgements_are_survived(headers in prop::collection::vec(any::<[u8; 8]>(), 1..100)) {
        let mut a = End::new(0);
        for (k, header) in headers.iter().enumerate() {
            let _ = a.channel.push_bytes(Goodbye, &[1; 50]);
            a.send(k as u64);
            if let Ok(received) = a.link.receive(k as u64, header) {
                a.channel.acknowledge(received.newly_acked);
            }
            prop_assert!(a.channel.room() <= MAX_EVENT_BYTES);
        }
    }
}
