//! What one client is known to have of the keyframes.
//!
//! A snapshot of a grid tick is remembered with the sequence of its payload and what was in it. When that payload is
//! acknowledged, the client has decoded it and keeps it, so all that was in it can be a baseline. A payload whose
//! acknowledgement never comes proves nothing, and a keyframe that has left the grid's history is of no use to anybody:
//! after a longer outage everything is told as it is again.

use super::encoder::{Encoder, Part};
use super::grid::{BASELINES, is_on_grid, keyframe_before, place_in_ring};
use crate::link::{Acked, Sequence};
use crate::tick::Tick;

/// Grid ticks that are remembered: the seven that can be baselines and the one that is being told.
const RING: usize = BASELINES + 1;

/// A set of slots.
#[derive(Clone, Debug)]
struct Slots(Vec<u64>);

/// What one payload told of a grid tick.
#[derive(Clone, Debug)]
struct Told {
    tick: Tick,
    fate: Fate,
    /// Players' roots, and bodies.
    roots: Slots,
    /// Players' points.
    points: Slots,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing was told, or it is being written.
    Unsent,
    Sent(Sequence),
    /// The client has it.
    Acknowledged,
}

/// One for each client. Allocates nothing after `new`.
#[derive(Clone, Debug)]
pub struct Baselines {
    told: [Told; RING],
    writing: Option<usize>,
}

impl Baselines {
    /// For an [`Encoder`] with so many slots, to a client that has nothing.
    #[must_use]
    pub fn new(slots: usize) -> Baselines {
        let nothing = || Slots(vec![0; slots.div_ceil(64)]);
        Baselines {
            told: core::array::from_fn(|_| Told {
                tick: Tick::default(),
                fate: Fate::Unsent,
                roots: nothing(),
                points: nothing(),
            }),
            writing: None,
        }
    }

    /// The snapshot that was written last went out in the payload with this sequence. One that did not go out is
    /// forgotten when the next one is begun.
    pub fn sent(&mut self, sequence: Sequence) {
        if let Some(at) = self.writing.take() {
            self.told[at].fate = Fate::Sent(sequence);
        }
    }

    /// `[KF2]` Takes in which payloads arrived: the link says of each one once, in any order.
    pub fn acknowledge(&mut self, acked: Acked) {
        for sequence in acked {
            for told in &mut self.told {
                if told.fate == Fate::Sent(sequence) {
                    told.fate = Fate::Acknowledged;
                }
            }
        }
    }

    /// A snapshot of `tick` is begun.
    pub(super) fn begin(&mut self, tick: Tick) {
        if let Some(unsent) = self.writing.take() {
            self.told[unsent].fate = Fate::Unsent;
        }
        if is_on_grid(tick) {
            let at = place_in_ring(tick, RING);
            let told = &mut self.told[at];
            (told.tick, told.fate) = (tick, Fate::Unsent);
            told.roots.0.fill(0);
            told.points.0.fill(0);
            self.writing = Some(at);
        }
    }

    /// The snapshot at hand tells this part of this slot.
    pub(super) fn tell(&mut self, part: Part, slot: usize) {
        if let Some(at) = self.writing {
            let told = &mut self.told[at];
            match part {
                Part::Root | Part::Body => told.roots.insert(slot),
                Part::Points => told.points.insert(slot),
            }
        }
    }

    /// The newest keyframe that the client has of whoever is in this slot, in steps before the encoder's tick; 0: none.
    pub(super) fn newest(&self, encoder: &Encoder, part: Part, slot: usize, index: usize) -> usize {
        let has = |back: &usize| {
            self.has(encoder.tick(), part, slot, *back) && encoder.has_baseline(part, index, *back)
        };
        (1..=BASELINES).find(has).unwrap_or(0)
    }

    fn has(&self, tick: Tick, part: Part, slot: usize, back: usize) -> bool {
        let keyframe = keyframe_before(tick, back);
        let told = &self.told[place_in_ring(keyframe, RING)];
        let slots = match part {
            Part::Root | Part::Body => &told.roots,
            Part::Points => &told.points,
        };
        told.fate == Fate::Acknowledged && told.tick == keyframe && slots.contains(slot)
    }
}

impl Slots {
    fn insert(&mut self, slot: usize) {
        self.0[slot / 64] |= 1 << (slot % 64);
    }

    fn contains(&self, slot: usize) -> bool {
        self.0[slot / 64] >> (slot % 64) & 1 == 1
    }
}
