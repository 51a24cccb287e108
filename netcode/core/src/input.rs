//! What a player wants, tick by tick, and the server's buffer that has it ready when its tick comes.
//!
//! A client sends every tick; the last few ticks ride along, so that a lost payload costs nothing when the next one
//! arrives in time. All fields are integers: no input can be NaN. The rules of the buffer are numbered `[IN1]`… in
//! `netcode/spec/RULES.md`; the clock that decides how early a client sends is the client's.

mod buffer;
#[cfg(test)]
mod tests;

pub use buffer::{InputBuffer, InputCounters, MAX_AHEAD, MAX_REPEATS};

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::message::MessageError;
use crate::pose::{Tracked, read_tracked, write_tracked};
use crate::tick::Tick;

/// Ticks that ride along in one packet, the newest included.
pub const MAX_FRAMES: usize = 8;

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

/// A yaw as an angle (unit: radians).
#[must_use]
pub fn radians(yaw: u16) -> f32 {
    f32::from(yaw) / 65_536.0 * core::f32::consts::TAU
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

/// The message: inputs of consecutive ticks, newest first, and the points that were tracked at the newest one. Those do not
/// ride along again: a pose that got lost is history when the next one arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputPacket {
    newest: Tick,
    inputs: [Input; MAX_FRAMES],
    count: u8,
    tracked: Option<Tracked>,
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
            tracked: None,
        }
    }

    /// Moves on to the next tick: what was there rides along, up to [`MAX_FRAMES`].
    pub fn push(&mut self, input: Input) {
        self.inputs.copy_within(..MAX_FRAMES - 1, 1);
        self.inputs[0] = input;
        self.newest = self.newest.plus(1);
        self.count = (self.count + 1).min(MAX_FRAMES as u8);
        self.tracked = None;
    }

    /// Says how the player is held at the newest tick.
    pub fn set_tracked(&mut self, tracked: Option<Tracked>) {
        self.tracked = tracked;
    }

    /// How the player is held at the newest tick.
    #[must_use]
    pub fn tracked(&self) -> Option<&Tracked> {
        self.tracked.as_ref()
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
    /// newest `same 1` (as the one after it) or the input's 40 bits; then 1 bit, and the newest one's points if it is set.
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
        write_tracked(&mut out, self.tracked.as_ref())?;
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
            tracked: read_tracked(&mut bits)?,
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
