//! One client's snapshot: header and own state first, then entities until it is full.

use super::baselines::Baselines;
use super::encoder::{Encoder, Occupant, Part};
use super::fields::{write_entity, write_state};
use super::grid::BASELINE_BITS;
use super::{Header, INDEX_BITS, KIND_BITS, Kind, Level, Own};
use crate::bits::{BitWriter, BitsError};

/// Writes one snapshot into the caller's bytes, most important things first, until it is full.
#[derive(Debug)]
pub struct SnapshotWriter<'a> {
    bits: BitWriter<'a>,
    encoder: &'a mut Encoder,
    baselines: &'a mut Baselines,
}

impl<'a> SnapshotWriter<'a> {
    /// Starts a snapshot of the encoder's tick, `header.tick`. `own` is `None` for a spectator. When the payload has
    /// gone out, [`Baselines::sent`] is to be told.
    ///
    /// # Errors
    /// [`BitsError::Full`] when not even that fits.
    pub fn new(
        out: &'a mut [u8],
        header: &Header,
        own: Option<&Own>,
        encoder: &'a mut Encoder,
        baselines: &'a mut Baselines,
    ) -> Result<SnapshotWriter<'a>, BitsError> {
        debug_assert_eq!(header.tick, encoder.tick());
        baselines.begin(header.tick);
        let mut bits = BitWriter::new(out);
        bits.write(u64::from(header.tick.0), 32)?;
        bits.write(u64::from(header.input_tick.0), 32)?;
        bits.write(u64::from(header.input_margin_ms.cast_unsigned()), 16)?;
        bits.write(u64::from(header.missed_inputs), 8)?;
        bits.write_bool(own.is_some())?;
        if let Some(own) = own {
            write_entity(&mut bits, own.entity)?;
            write_state(&mut bits, &own.state)?;
        }
        Ok(SnapshotWriter {
            bits,
            encoder,
            baselines,
        })
    }

    /// Adds whoever is in this slot, as far as `level` says; an empty slot adds nothing.
    ///
    /// # Errors
    /// [`BitsError::Full`]; the snapshot stays without it.
    pub fn add(&mut self, slot: usize, level: Level) -> Result<(), BitsError> {
        match (self.encoder.occupant(slot), level) {
            (None, _) => Ok(()),
            (Some(Occupant::Player(index)), Level::Root) => {
                self.add_parts(Kind::PlayerRoot, slot, index, &[Part::Root])
            }
            (Some(Occupant::Player(index)), Level::Full) => {
                self.add_parts(Kind::PlayerFull, slot, index, &[Part::Root, Part::Points])
            }
            (Some(Occupant::Body(index)), _) => {
                self.add_parts(Kind::Body, slot, index, &[Part::Body])
            }
        }
    }

    /// Kind, index, a baseline for each part, and the parts.
    fn add_parts(
        &mut self,
        kind: Kind,
        slot: usize,
        index: usize,
        parts: &[Part],
    ) -> Result<(), BitsError> {
        let is_wide = index >> INDEX_BITS[0] != 0;
        let (mut head, mut width) = (kind as u64, KIND_BITS);
        head |= u64::from(is_wide) << width | (index as u64) << (width + 1);
        width += 1 + INDEX_BITS[usize::from(is_wide)];
        let (mut backs, mut length) = ([0; 2], 0);
        for (back, part) in backs.iter_mut().zip(parts) {
            *back = self.baselines.newest(self.encoder, *part, slot, index);
            head |= (*back as u64) << width;
            width += BASELINE_BITS;
            length += self.encoder.part(*part, index, *back)?.length();
        }
        if width as usize + length > self.bits.bits_left() {
            return Err(BitsError::Full);
        }
        self.bits.write(head, width)?;
        for (back, part) in backs.into_iter().zip(parts) {
            self.encoder
                .part(*part, index, back)?
                .copy(&mut self.bits)?;
            self.baselines.tell(*part, slot);
        }
        Ok(())
    }

    /// Bits so far.
    #[must_use]
    pub fn bits_written(&self) -> usize {
        self.bits.bits_written()
    }

    /// The length of the message (unit: bytes). Nothing marks the end but the end: unused bits are zero.
    #[must_use]
    pub fn finish(self) -> usize {
        self.bits.bytes_written()
    }
}
