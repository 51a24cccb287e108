//! The rules `[IN1]`… of the buffer, and packets that come back as they were.

use super::*;
use crate::tick::TICK_US;
use proptest::prelude::*;

fn walk(forward: i8) -> Input {
    Input {
        forward,
        buttons: Buttons::JUMP.with(Buttons::RUN),
        ..Input::default()
    }
}

fn packet(tick: u32, forward: i8) -> InputPacket {
    InputPacket::new(InputFrame {
        tick: Tick(tick),
        input: walk(forward),
    })
}

#[test]
fn in1_an_input_is_taken_at_its_tick() {
    let mut buffer = InputBuffer::new(Tick(u32::MAX));
    let mut client = packet(u32::MAX, 1);
    for forward in 2..=100 {
        buffer.receive(&client, 0);
        assert_eq!(buffer.take(), (walk(forward - 1), true));
        client.push(walk(forward));
    }
    let counters = buffer.counters();
    assert_eq!((counters.taken, counters.missed, counters.late), (99, 0, 0));
}

#[test]
fn in1_redundancy_bridges_seven_lost_packets() {
    let mut buffer = InputBuffer::new(Tick(0));
    let mut client = packet(0, 0);
    for forward in 1..=7 {
        client.push(walk(forward));
    }
    buffer.receive(&client, 0);
    for forward in 0..=7 {
        assert_eq!(buffer.take(), (walk(forward), true));
    }
}

#[test]
fn in2_the_first_input_of_a_tick_stands() {
    let mut buffer = InputBuffer::new(Tick(5));
    buffer.receive(&packet(5, 1), 0);
    buffer.receive(&packet(5, 2), 0);
    assert_eq!(buffer.take(), (walk(1), true));
}

#[test]
fn in3_a_late_input_is_dropped_and_counted_once() {
    let mut buffer = InputBuffer::new(Tick(5));
    buffer.receive(&packet(5, 1), 0);
    buffer.take();
    buffer.take();
    buffer.receive(&packet(6, 2), 0);
    buffer.receive(&packet(6, 2), 0);
    assert_eq!(buffer.counters().late, 1);
    assert_eq!(buffer.take().0.forward, 1);
}

#[test]
fn in4_an_input_too_far_ahead_is_dropped() {
    let mut buffer = InputBuffer::new(Tick(u32::MAX - 3));
    buffer.receive(&packet(u32::MAX.wrapping_add(29), 3), 0);
    assert_eq!((buffer.counters().early, buffer.newest()), (1, None));
    buffer.receive(&packet(u32::MAX.wrapping_add(28), 3), 0);
    assert_eq!(buffer.newest(), Some(Tick(27)));
}

#[test]
fn in5_a_missing_input_repeats_the_last_without_jump_then_stands() {
    let mut buffer = InputBuffer::new(Tick(0));
    assert_eq!(buffer.take(), (Input::default(), false));
    buffer.receive(&packet(1, 9), 0);
    assert!(buffer.take().0.buttons.has(Buttons::JUMP));
    for _ in 0..MAX_REPEATS {
        let (input, own) = buffer.take();
        assert!(!own && input.forward == 9 && input.buttons == Buttons::RUN);
    }
    assert_eq!(buffer.take().0.forward, 0);
    assert_eq!(buffer.counters().missed, MAX_REPEATS + 2);
}

#[test]
fn in6_the_margin_is_the_smallest_since_it_was_asked() {
    let mut buffer = InputBuffer::new(Tick(10));
    buffer.receive(&packet(12, 0), 20_000);
    buffer.receive(&packet(13, 0), -5_000);
    buffer.receive(&packet(13, 0), -90_000);
    assert_eq!(buffer.take_margin_us(), Some(2 * TICK_US as i32 + 20_000));
    assert_eq!(buffer.take_margin_us(), None);
    buffer.receive(&packet(9, 0), 1_000);
    assert_eq!(buffer.take_margin_us(), None);
    buffer.receive(&packet(14, 0), i32::MIN);
    assert_eq!(buffer.take_margin_us(), Some(i32::MIN + 4 * TICK_US as i32));
}

fn any_input() -> impl Strategy<Value = Input> {
    (any::<i8>(), any::<i8>(), any::<u16>(), any::<u8>()).prop_map(
        |(right, forward, yaw, buttons)| Input {
            right,
            forward,
            yaw,
            buttons: Buttons(buttons),
        },
    )
}

proptest! {
    #[test]
    fn packets_come_back_as_they_were(tick: u32, inputs in prop::collection::vec(any_input(), 1..12), repeat in 0usize..4) {
        let mut packet = InputPacket::new(InputFrame { tick: Tick(tick), input: inputs[0] });
        for &input in &inputs[1..] {
            packet.push(input);
            (0..repeat).for_each(|_| packet.push(input));
        }
        let mut bytes = [0; 64];
        let length = packet.encode(&mut bytes).unwrap();
        prop_assert!(length <= 46);
        let back = InputPacket::decode(&bytes[..length]).unwrap();
        prop_assert!(back.frames().eq(packet.frames()));
        prop_assert!(InputPacket::decode(&bytes[..length - 1]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..50), next: u32, until: i32) {
        let mut buffer = InputBuffer::new(Tick(next));
        for bytes in packets {
            if let Ok(packet) = InputPacket::decode(&bytes) {
                buffer.receive(&packet, until);
            }
            buffer.take();
        }
    }
}
