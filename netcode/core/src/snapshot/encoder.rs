//! What an instance tells everybody, coded once: the state of this tick, the keyframes before it, and the parts of this
//! tick that some client was told already, to be copied for the next one.

use super::delta::{write_body, write_points, write_root};
use super::fields::write_entity;
use super::grid::{BASELINES, is_on_grid, keyframe_before, place_in_ring};
use super::packed::{PackedBody, PackedPlayer};
use super::{BodyPose, MAX_SLOTS, PlayerPose};
use crate::bits::{BitWriter, BitsError};
use crate::tick::{EntityId, Tick};

/// Keyframes that are kept: the seven that can be baselines and the one of this tick.
const RING: usize = BASELINES + 1;

/// Longest part (unit: bytes): three points, all of them in the widest class, 220 bits.
const PART_BYTES: usize = 32;

/// What is coded by itself, each against a baseline of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A player's feet, yaw and footing, with the entity when it is absolute.
    Root,
    /// A player's head and hands.
    Points,
    /// A body, with the entity when it is absolute.
    Body,
}

/// Everybody's state at a tick.
#[derive(Clone, Debug)]
struct Frame {
    tick: Option<Tick>,
    players: Vec<PackedPlayer>,
    bodies: Vec<PackedBody>,
}

/// A part as it stands in a snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded {
    turn: u32,
    length: u16,
    bytes: [u8; PART_BYTES],
}

/// One for an instance: players have the slots from 0 on, bodies those after them. Allocates nothing after `new`.
#[derive(Clone, Debug)]
pub struct Encoder {
    now: Frame,
    keyframes: [Frame; RING],
    coded: Vec<Coded>,
    turn: u32,
}

impl Encoder {
    /// For so many slots of players and of bodies.
    ///
    /// # Panics
    /// With more than [`MAX_SLOTS`] of one kind.
    #[must_use]
    pub fn new(players: usize, bodies: usize) -> Encoder {
        assert!(players <= MAX_SLOTS && bodies <= MAX_SLOTS);
        let frame = || Frame {
            tick: None,
            players: vec![PackedPlayer::default(); players],
            bodies: vec![PackedBody::default(); bodies],
        };
        let nothing = Coded {
            turn: 0,
            length: 0,
            bytes: [0; PART_BYTES],
        };
        Encoder {
            now: frame(),
            keyframes: core::array::from_fn(|_| frame()),
            coded: vec![nothing; (2 * players + bodies) * RING],
            turn: 0,
        }
    }

    /// Takes in the state of `tick`, by the index among the players and among the bodies. Once a tick, before any
    /// snapshot of it is written; on the grid the state is kept as a keyframe.
    pub fn begin(
        &mut self,
        tick: Tick,
        player: impl Fn(usize) -> Option<PlayerPose>,
        body: impl Fn(usize) -> Option<BodyPose>,
    ) {
        self.turn = self.turn.wrapping_add(1);
        self.now.tick = Some(tick);
        for (index, packed) in self.now.players.iter_mut().enumerate() {
            *packed =
                player(index).map_or_else(PackedPlayer::default, |pose| PackedPlayer::pack(&pose));
        }
        for (index, packed) in self.now.bodies.iter_mut().enumerate() {
            *packed = body(index).map_or_else(PackedBody::default, |pose| PackedBody::pack(&pose));
        }
        if is_on_grid(tick) {
            let keyframe = &mut self.keyframes[place_in_ring(tick, RING)];
            keyframe.tick = Some(tick);
            keyframe.players.copy_from_slice(&self.now.players);
            keyframe.bodies.copy_from_slice(&self.now.bodies);
        }
    }

    /// The tick of the newest [`Encoder::begin`].
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.now.tick.unwrap_or_default()
    }

    /// Slots of players and bodies together.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.now.players.len() + self.now.bodies.len()
    }

    /// What is in this slot now: its index among its kind, whether it is a player, and whether it has points.
    pub(super) fn occupant(&self, slot: usize) -> Option<Occupant> {
        match slot.checked_sub(self.now.players.len()) {
            None => {
                let player = &self.now.players[slot];
                (player.entity != EntityId::NONE).then_some(Occupant::Player(slot))
            }
            Some(index) => {
                let body = &self.now.bodies[index];
                (body.entity != EntityId::NONE).then_some(Occupant::Body(index))
            }
        }
    }

    /// `[KF3]` Whether the keyframe `back` steps before this tick has this part of whoever is in the slot now.
    pub(super) fn has_baseline(&self, part: Part, index: usize, back: usize) -> bool {
        let Some(keyframe) = self.keyframe(back) else {
            return false;
        };
        match part {
            Part::Root => keyframe.players[index].entity == self.now.players[index].entity,
            Part::Points => {
                let then = &keyframe.players[index];
                then.entity == self.now.players[index].entity && then.tracked.is_some()
            }
            Part::Body => keyframe.bodies[index].entity == self.now.bodies[index].entity,
        }
    }

    /// The part against this baseline (0: none), coded when nobody was told it yet in this tick.
    pub(super) fn part(
        &mut self,
        part: Part,
        index: usize,
        back: usize,
    ) -> Result<&Coded, BitsError> {
        let (players, turn) = (self.now.players.len(), self.turn);
        let row = match part {
            Part::Root => index,
            Part::Points => players + index,
            Part::Body => 2 * players + index,
        };
        let at = row * RING + back;
        if self.coded[at].turn != turn {
            let mut coded = Coded {
                turn,
                length: 0,
                bytes: [0; PART_BYTES],
            };
            let mut bits = BitWriter::new(&mut coded.bytes);
            self.code(&mut bits, part, index, back)?;
            coded.length = bits.bits_written() as u16;
            self.coded[at] = coded;
        }
        Ok(&self.coded[at])
    }

    fn code(
        &self,
        bits: &mut BitWriter<'_>,
        part: Part,
        index: usize,
        back: usize,
    ) -> Result<(), BitsError> {
        let keyframe = self.keyframe(back);
        match part {
            Part::Root => {
                let player = &self.now.players[index];
                if keyframe.is_none() {
                    write_entity(bits, player.entity)?;
                }
                write_root(bits, player, keyframe.map(|k| &k.players[index]))
            }
            Part::Points => {
                let base = keyframe.and_then(|k| k.players[index].tracked.as_ref());
                write_points(bits, self.now.players[index].tracked.as_ref(), base)
            }
            Part::Body => {
                let body = &self.now.bodies[index];
                if keyframe.is_none() {
                    write_entity(bits, body.entity)?;
                }
                write_body(bits, body, keyframe.map(|k| &k.bodies[index]))
            }
        }
    }

    fn keyframe(&self, back: usize) -> Option<&Frame> {
        if back == 0 {
            return None;
        }
        let tick = keyframe_before(self.tick(), back);
        let keyframe = &self.keyframes[place_in_ring(tick, RING)];
        (keyframe.tick == Some(tick)).then_some(keyframe)
    }
}

/// Who is in a slot, with the index among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupant {
    Player(usize),
    Body(usize),
}

impl Coded {
    /// Unit: bits.
    pub(super) fn length(&self) -> usize {
        self.length.into()
    }

    pub(super) fn copy(&self, out: &mut BitWriter<'_>) -> Result<(), BitsError> {
        out.write_bits(&self.bytes, self.length.into())
    }
}
