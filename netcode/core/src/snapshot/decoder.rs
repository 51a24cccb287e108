//! The client's half: reads snapshots and keeps what they say of grid ticks.
//!
//! Every payload that the link gives out is acknowledged, so every snapshot in one is decoded, also one that comes after
//! a newer: the server counts on what was in it. Acknowledgements reach 33 payloads back, and a baseline is at most 28
//! ticks older than its snapshot; 16 keyframes an entity (64 ticks) are enough that an honest server's baseline is there.

use super::delta::{read_body, read_points, read_root};
use super::fields::{read_entity, read_state};
use super::grid::{BASELINE_BITS, is_on_grid, keyframe_before, place_in_ring};
use super::packed::{PackedBody, PackedPlayer};
use super::{Header, INDEX_BITS, KIND_BITS, Kind, Own, Snapshot};
use crate::bits::BitReader;
use crate::message::MessageError;
use crate::tick::Tick;

/// Keyframes that are kept of each entity; a power of two.
const RING: usize = 16;

/// What is kept of one index: some keyframes of whoever was there.
#[derive(Clone, Copy, Debug)]
struct Kept<T> {
    keyframes: [Option<(Tick, T)>; RING],
}

/// One for each client; keeps at most [`super::MAX_SLOTS`] players and as many bodies, whatever a server sends.
/// Allocates only when an index is seen that is higher than all before.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    players: Vec<Kept<PackedPlayer>>,
    bodies: Vec<Kept<PackedBody>>,
}

/// The baseline that an entry names.
enum Baseline<T> {
    /// It is complete.
    None,
    /// It is not here: the entry can be skipped, not understood.
    Unknown,
    Known(T),
}

impl Decoder {
    /// Of a client that has nothing yet.
    #[must_use]
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Reads a message in place of what `snapshot` held. To be called for each one, in the order of arrival.
    ///
    /// # Errors
    /// When it is too short or has an impossible value; what `snapshot` holds then is of no use, and the session is to
    /// be ended.
    pub fn decode(&mut self, bytes: &[u8], snapshot: &mut Snapshot) -> Result<(), MessageError> {
        snapshot.players.clear();
        snapshot.bodies.clear();
        snapshot.unknown_baselines = 0;
        let mut bits = BitReader::new(bytes);
        snapshot.header = Header {
            tick: Tick(bits.read_u32(32)?),
            input_tick: Tick(bits.read_u32(32)?),
            input_margin_ms: (bits.read(16)? as u16).cast_signed(),
            missed_inputs: bits.read(8)? as u8,
        };
        snapshot.own = if bits.read_bool()? {
            Some(Own {
                entity: read_entity(&mut bits)?,
                state: read_state(&mut bits)?,
            })
        } else {
            None
        };
        while bits.bits_left() >= KIND_BITS as usize {
            match Kind::from_bits(bits.read(KIND_BITS)?) {
                Kind::End => break,
                Kind::PlayerRoot => self.read_player(&mut bits, snapshot, false)?,
                Kind::PlayerFull => self.read_player(&mut bits, snapshot, true)?,
                Kind::Body => self.read_body(&mut bits, snapshot)?,
            }
        }
        if bits.bits_left() >= 8 {
            return Err(MessageError::Invalid("end of the snapshot"));
        }
        Ok(())
    }

    /// Indices that something is kept of.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.players.len() + self.bodies.len()
    }

    fn read_player(
        &mut self,
        bits: &mut BitReader<'_>,
        snapshot: &mut Snapshot,
        has_points: bool,
    ) -> Result<(), MessageError> {
        let tick = snapshot.header.tick;
        let kept = at_index(&mut self.players, read_index(bits)?);
        let root = kept.baseline(bits.read(BASELINE_BITS)?, tick, |player| Some(*player));
        let points = if has_points {
            kept.baseline(bits.read(BASELINE_BITS)?, tick, |player| player.tracked)
        } else {
            Baseline::None
        };
        let is_known = !root.is_unknown() && !points.is_unknown();
        let mut player = match root.value() {
            None => PackedPlayer {
                entity: read_entity(bits)?,
                ..read_root(bits, None)?
            },
            Some(base) => read_root(bits, Some(&base))?,
        };
        player.tracked = None;
        if has_points {
            player.tracked = read_points(bits, points.value().as_ref())?;
        }
        if !is_known {
            snapshot.unknown_baselines += 1;
            return Ok(());
        }
        kept.keep(tick, player);
        snapshot.players.push(player.unpack());
        Ok(())
    }

    fn read_body(
        &mut self,
        bits: &mut BitReader<'_>,
        snapshot: &mut Snapshot,
    ) -> Result<(), MessageError> {
        let tick = snapshot.header.tick;
        let kept = at_index(&mut self.bodies, read_index(bits)?);
        let base = kept.baseline(bits.read(BASELINE_BITS)?, tick, |body| Some(*body));
        let is_known = !base.is_unknown();
        let body = match base.value() {
            None => PackedBody {
                entity: read_entity(bits)?,
                ..read_body(bits, None)?
            },
            Some(base) => read_body(bits, Some(&base))?,
        };
        if !is_known {
            snapshot.unknown_baselines += 1;
            return Ok(());
        }
        kept.keep(tick, body);
        snapshot.bodies.push(body.unpack());
        Ok(())
    }
}

impl<T: Copy> Kept<T> {
    /// The baseline that these bits name in a snapshot of `tick`, as far as `part` finds it in the keyframe.
    fn baseline<P>(
        &self,
        back: u64,
        tick: Tick,
        part: impl FnOnce(&T) -> Option<P>,
    ) -> Baseline<P> {
        if back == 0 {
            return Baseline::None;
        }
        let wanted = keyframe_before(tick, back as usize);
        match &self.keyframes[place_in_ring(wanted, RING)] {
            Some((known, value)) if *known == wanted => {
                part(value).map_or(Baseline::Unknown, Baseline::Known)
            }
            _ => Baseline::Unknown,
        }
    }

    /// On the grid it becomes a keyframe, unless a newer one is in its place already.
    fn keep(&mut self, tick: Tick, value: T) {
        if is_on_grid(tick) {
            let place = &mut self.keyframes[place_in_ring(tick, RING)];
            if place.is_none_or(|(known, _)| !known.is_after(tick)) {
                *place = Some((tick, value));
            }
        }
    }
}

impl<P: Default> Baseline<P> {
    fn is_unknown(&self) -> bool {
        matches!(self, Baseline::Unknown)
    }

    /// What to read against: anything will do for what is skipped.
    fn value(self) -> Option<P> {
        match self {
            Baseline::None => None,
            Baseline::Unknown => Some(P::default()),
            Baseline::Known(value) => Some(value),
        }
    }
}

fn read_index(bits: &mut BitReader<'_>) -> Result<usize, MessageError> {
    let is_wide = bits.read_bool()?;
    Ok(bits.read(INDEX_BITS[usize::from(is_wide)])? as usize)
}

fn at_index<T: Copy>(kept: &mut Vec<Kept<T>>, index: usize) -> &mut Kept<T> {
    if index >= kept.len() {
        let nothing = Kept {
            keyframes: [None; RING],
        };
        kept.resize(index + 1, nothing);
    }
    &mut kept[index]
}
