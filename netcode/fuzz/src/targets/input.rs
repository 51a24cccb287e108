//! Input messages: what is read is written the same again, and the buffer gives each tick one input, whatever came.

use crate::parts::Steps;
use otherworld_core::Tick;
use otherworld_core::bits::BitReader;
use otherworld_core::input::{InputBuffer, InputPacket, MAX_AHEAD, MAX_FRAMES};
use otherworld_core::link::MAX_PAYLOAD_BYTES;

/// The tick that the buffer gives out first: it wraps soon.
const FIRST: Tick = Tick(u32::MAX - 3);

/// Control: low half ticks that are taken first, high half time until the next one (unit: 8 ms, less 64).
pub fn check(bytes: &[u8]) -> bool {
    let mut buffer = InputBuffer::new(FIRST);
    let (mut taken, mut understood) = (0, true);
    for step in Steps::of(bytes) {
        for _ in 0..step.control & 15 {
            take(&mut buffer, &mut taken);
        }
        let Ok(packet) = InputPacket::decode(step.bytes) else {
            understood = false;
            continue;
        };
        check_packet(&packet, step.bytes);
        let until_us = (i32::from(step.control >> 4) - 8) * 8_000;
        buffer.receive(&packet, until_us);
        if let Some(margin_us) = buffer.take_margin_us() {
            assert!(
                margin_us.abs() <= (MAX_AHEAD as i32 + 2) * 33_334,
                "{margin_us}"
            );
        }
    }
    for _ in 0..MAX_AHEAD + 1 {
        take(&mut buffer, &mut taken);
    }
    let (last, own) = buffer.take();
    assert!(!own && !last.buttons.has(otherworld_core::input::Buttons::JUMP));
    understood
}

fn take(buffer: &mut InputBuffer, taken: &mut u32) {
    assert_eq!(buffer.next_tick(), FIRST.plus(*taken as i32));
    buffer.take();
    *taken += 1;
    let counters = buffer.counters();
    assert_eq!(counters.taken + counters.missed, *taken);
}

fn check_packet(packet: &InputPacket, bytes: &[u8]) {
    let frames: Vec<_> = packet.frames().collect();
    assert!((1..=MAX_FRAMES).contains(&frames.len()));
    assert_eq!(frames.last().map(|frame| frame.tick), Some(packet.newest()));
    assert!(
        frames
            .windows(2)
            .all(|two| two[1].tick == two[0].tick.plus(1))
    );
    for point in packet.tracked().iter().flat_map(|tracked| tracked.points()) {
        let point = point.unpack();
        assert!(point.position.is_finite());
        let length: f32 = point.rotation.iter().map(|part| part * part).sum();
        assert!((length - 1.0).abs() < 1e-3, "{point:?}");
    }
    let mut out = [0xa5; MAX_PAYLOAD_BYTES];
    let length = packet.encode(&mut out).expect("a payload holds any input");
    let (told, written) = (walk(bytes), walk(&out[..length]));
    let (told, written) = (told.expect("it was read"), written.expect("it was written"));
    assert_eq!(written.points, told.points);
    // A peer may say in 40 bits what 1 bit can say; who does not says it as we do, bit by bit.
    let (told, written) = (told.inputs, written.inputs);
    assert!(written.len() < told.len() || written == told);
    assert_eq!(InputPacket::decode(&out[..length]).as_ref(), Ok(packet));
    assert!(packet.encode(&mut out[..length - 1]).is_err());
}

/// A message's bits up to its end.
#[derive(Default)]
struct Told {
    inputs: Vec<bool>,
    points: Vec<bool>,
}

/// Finds them without the reader that is tested.
fn walk(bytes: &[u8]) -> Option<Told> {
    let (mut bits, mut told) = (BitReader::new(bytes), Told::default());
    let mut take = |count: usize, into: &mut Vec<bool>| -> Option<bool> {
        (0..count).try_for_each(|_| bits.read_bool().map(|bit| into.push(bit)).ok())?;
        into.last().copied()
    };
    let inputs = &mut told.inputs;
    take(32, inputs)?;
    let older = [take(1, inputs)?, take(1, inputs)?, take(1, inputs)?];
    let older = older
        .iter()
        .rev()
        .fold(0, |sum, bit| 2 * sum + u32::from(*bit));
    take(40, inputs)?;
    for _ in 0..older {
        if !take(1, inputs)? {
            take(40, inputs)?;
        }
    }
    if take(1, &mut told.points)? {
        take(3 * (3 * 12 + 2 + 3 * 9), &mut told.points)?;
    }
    Some(told)
}
