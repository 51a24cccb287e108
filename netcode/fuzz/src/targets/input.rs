//! Input messages: what is read is written the same again, and the buffer gives each tick one input, whatever came.

use crate::parts::Steps;
use otherworld_core::Tick;
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
    // A peer may say in 40 bits what 1 bit can say; we do not.
    assert!(length <= bytes.len());
    assert_eq!(InputPacket::decode(&out[..length]).as_ref(), Ok(packet));
    assert!(packet.encode(&mut out[..length - 1]).is_err());
}
