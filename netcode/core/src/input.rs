//! What a player wants, tick by tick, and the server's buffer that has it ready when its tick comes.
//!
//! A client sends every tick; the last few ticks ride along, so that a lost payload costs nothing when the next one
//! arrives in time. All fields are integers: no input can be NaN. The rules of the buffer are numbered `[IN1]`… in
//! `netcode/spec/RULES.md`; the clock that decides how early a client sends is the client's.

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::message::MessageError;
use crate::tick::{TICK_US, Tick};

/// Ticks that ride along in one packet, the newest included.
pub const MAX_FRAMES: usize = 8;

/// `[IN4]` How far ahead of its tick an input may come (unit: ticks).
pub const MAX_AHEAD: usize = 32;

/// `[IN5]` How long a missing input is replaced by the last one (unit: ticks; half a second).
pub const MAX_REPEATS: u32 = 15;

/// What is pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Buttons(pub u8);

impl Buttons {
    /// Jump, while held.
    pub const JUMP: Buttons = Buttons(1);
    /// Run, while held.
    pub const RUN: Buttons = Buttons(2);

    /// Whether all of these are pressed.
    #[must_use]
    pub const fn has(self, buttons: Buttons) -> bool {
        self.0 & buttons.0 == buttons.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, buttons: Buttons) -> Buttons {
        Buttons(self.0 | buttons.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, buttons: Buttons) -> Buttons {
        Buttons(self.0 & !buttons.0)
    }
}

/// One tick's wish. The movement is in the **player's frame**: `yaw` turns it into the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Input {
    /// To the right, -127 to 127 for full speed.
    pub right: i8,
    /// Forward, -127 to 127 for full speed.
    pub forward: i8,
    /// Where the player looks: 65,536 is a full turn, 0 is -z, growing to the left as Godot's `rotation.y`.
    pub yaw: u16,
    /// What is pressed.
    pub buttons: Buttons,
}

/// An input and its tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputFrame {
    /// When it shall happen.
    pub tick: Tick,
    /// What.
    pub input: Input,
}

/// The message: inputs of consecutive ticks, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputPacket {
    newest: Tick,
    inputs: [Input; MAX_FRAMES],
    count: u8,
}

impl InputPacket {
    /// A packet with one input.
    #[must_use]
    pub fn new(frame: InputFrame) -> InputPacket {
        let mut inputs = [Input::default(); MAX_FRAMES];
        inputs[0] = frame.input;
        InputPacket {
            newest: frame.tick,
            inputs,
            count: 1,
        }
    }

    /// Moves on to the next tick: what was there rides along, up to [`MAX_FRAMES`].
    pub fn push(&mut self, input: Input) {
        self.inputs.copy_within(..MAX_FRAMES - 1, 1);
        self.inputs[0] = input;
        self.newest = self.newest.plus(1);
        self.count = (self.count + 1).min(MAX_FRAMES as u8);
    }

    /// The tick of the newest input.
    #[must_use]
    pub fn newest(&self) -> Tick {
        self.newest
    }

    /// The inputs, oldest first.
    pub fn frames(&self) -> impl Iterator<Item = InputFrame> + '_ {
        self.inputs[..self.count as usize]
            .iter()
            .enumerate()
            .rev()
            .map(|(age, &input)| InputFrame {
                tick: self.newest.plus(-(age as i32)),
                input,
            })
    }

    /// Writes the message's bytes and returns how many they are: `tick 32, count - 1 3`, then for each input but the
    /// newest `same 1` (as the one after it) or the input's 40 bits.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(u64::from(self.newest.0), 32)?;
        out.write(u64::from(self.count - 1), 3)?;
        let mut newer = None;
        for &input in &self.inputs[..self.count as usize] {
            if let Some(newer) = newer {
                out.write_bool(newer == input)?;
            }
            if newer != Some(input) {
                write_input(&mut out, input)?;
            }
            newer = Some(input);
        }
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short. Every value that it can hold is a valid one.
    pub fn decode(bytes: &[u8]) -> Result<InputPacket, MessageError> {
        let mut bits = BitReader::new(bytes);
        let newest = Tick(bits.read_u32(32)?);
        let count = bits.read(3)? as u8 + 1;
        let mut inputs = [Input::default(); MAX_FRAMES];
        inputs[0] = read_input(&mut bits)?;
        for age in 1..count as usize {
            inputs[age] = if bits.read_bool()? {
                inputs[age - 1]
            } else {
                read_input(&mut bits)?
            };
        }
        Ok(InputPacket {
            newest,
            inputs,
            count,
        })
    }
}

fn write_input(out: &mut BitWriter<'_>, input: Input) -> Result<(), BitsError> {
    out.write(u64::from(input.right.cast_unsigned()), 8)?;
    out.write(u64::from(input.forward.cast_unsigned()), 8)?;
    out.write(u64::from(input.yaw), 16)?;
    out.write(u64::from(input.buttons.0), 8)
}

fn read_input(bits: &mut BitReader<'_>) -> Result<Input, BitsError> {
    Ok(Input {
        right: (bits.read(8)? as u8).cast_signed(),
        forward: (bits.read(8)? as u8).cast_signed(),
        yaw: bits.read(16)? as u16,
        buttons: Buttons(bits.read(8)? as u8),
    })
}

/// What an [`InputBuffer`] did since the player came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputCounters {
    /// `[IN1]` Ticks that had their own input.
    pub taken: u32,
    /// `[IN3]` Inputs that came after their tick.
    pub late: u32,
    /// `[IN4]` Inputs that came too far ahead of theirs.
    pub early: u32,
    /// `[IN5]` Ticks without an input of their own.
    pub missed: u32,
}

/// One player's inputs on the server, from arrival to their tick.
#[derive(Clone, Debug)]
pub struct InputBuffer {
    slots: [Option<InputFrame>; MAX_AHEAD],
    next: Tick,
    newest: Option<Tick>,
    last: Input,
    repeats: u32,
    margin_us: Option<i32>,
    counters: InputCounters,
}

impl InputBuffer {
    /// An empty buffer; `next` is the tick that will be taken first.
    #[must_use]
    pub fn new(next: Tick) -> InputBuffer {
        InputBuffer {
            slots: [None; MAX_AHEAD],
            next,
            newest: None,
            last: Input::default(),
            repeats: 0,
            margin_us: None,
            counters: InputCounters::default(),
        }
    }

    /// Takes in a packet that arrived `until_next_us` before the tick that will be taken next (negative: that tick is due).
    pub fn receive(&mut self, packet: &InputPacket, until_next_us: i32) {
        let newest = packet.newest();
        if self.newest.is_none_or(|known| newest.is_after(known)) {
            self.note_margin(newest, until_next_us);
        }
        for frame in packet.frames() {
            self.insert(frame);
        }
    }

    /// `[IN6]` How early the newest input of a packet comes: from its arrival to the moment its tick is taken.
    fn note_margin(&mut self, newest: Tick, until_next_us: i32) {
        let ahead = newest
            .since(self.next)
            .clamp(-(MAX_AHEAD as i32), MAX_AHEAD as i32);
        let margin_us = (ahead * TICK_US as i32).saturating_add(until_next_us);
        self.margin_us = Some(
            self.margin_us
                .map_or(margin_us, |known| known.min(margin_us)),
        );
    }

    fn insert(&mut self, frame: InputFrame) {
        let ahead = frame.tick.since(self.next);
        if ahead < 0 {
            // Riding along after it was taken is how redundancy works; late is what its tick had to do without.
            if self.newest.is_none_or(|newest| frame.tick.is_after(newest)) {
                self.counters.late += 1;
            }
        } else if ahead as usize >= MAX_AHEAD {
            self.counters.early += 1;
            return;
        } else {
            let slot = &mut self.slots[frame.tick.0 as usize % MAX_AHEAD];
            // [IN2] The first one stands: a client cannot change its mind about a tick.
            if slot.is_none_or(|held| held.tick != frame.tick) {
                *slot = Some(frame);
            }
        }
        if self.newest.is_none_or(|newest| frame.tick.is_after(newest)) {
            self.newest = Some(frame.tick);
        }
    }

    /// The input of the next tick, and whether it is the player's own for that tick.
    pub fn take(&mut self) -> (Input, bool) {
        let tick = self.next;
        self.next = tick.plus(1);
        let slot = self.slots[tick.0 as usize % MAX_AHEAD].take();
        if let Some(frame) = slot.filter(|frame| frame.tick == tick) {
            self.last = frame.input;
            self.repeats = 0;
            self.counters.taken += 1;
            return (frame.input, true);
        }
        self.counters.missed += 1;
        self.repeats = self.repeats.saturating_add(1);
        if self.repeats > MAX_REPEATS {
            self.last.right = 0;
            self.last.forward = 0;
        }
        self.last.buttons = self.last.buttons.without(Buttons::JUMP);
        (self.last, false)
    }

    /// The tick that will be taken next.
    #[must_use]
    pub fn next_tick(&self) -> Tick {
        self.next
    }

    /// The newest tick that the client sent an input for.
    #[must_use]
    pub fn newest(&self) -> Option<Tick> {
        self.newest
    }

    /// The smallest margin since it was asked last (unit: microseconds; negative: late), if a new input came.
    pub fn take_margin_us(&mut self) -> Option<i32> {
        self.margin_us.take()
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> InputCounters {
        self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
