//! Bit-packed messages over the caller's slices.
//!
//! The first value lies in the lowest bits of the first byte. Writing past the end and reading past the end are errors,
//! never panics: the first says that a message is full (and leaves the writer as it was), the second that a peer sent
//! too little. Nothing here allocates.

/// Why a message could not be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitsError {
    /// The value does not fit into what is left of the slice.
    Full,
    /// The slice ends before the value does.
    Short,
}

impl core::fmt::Display for BitsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            BitsError::Full => "the message is full",
            BitsError::Short => "the message ends too early",
        })
    }
}

impl core::error::Error for BitsError {}

/// Writes values of 1 to 64 bits into a slice.
#[derive(Debug)]
pub struct BitWriter<'a> {
    bytes: &'a mut [u8],
    position: usize,
}

impl<'a> BitWriter<'a> {
    /// A writer at the start of `bytes`; what they held before is overwritten as it goes, up to eight bytes ahead.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        BitWriter { bytes, position: 0 }
    }

    /// Bits written so far.
    #[must_use]
    pub fn bits_written(&self) -> usize {
        self.position
    }

    /// Bytes touched so far; the unused bits of the last one are zero.
    #[must_use]
    pub fn bytes_written(&self) -> usize {
        self.position.div_ceil(8)
    }

    /// Bits that still fit.
    #[must_use]
    pub fn bits_left(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// Goes back to an earlier [`BitWriter::bits_written`]: what was written since then never was.
    pub fn rewind(&mut self, bits_written: usize) {
        debug_assert!(bits_written <= self.position);
        self.position = bits_written;
        if let Some(byte) = self.bytes.get_mut(bits_written / 8) {
            *byte &= (1u8 << (bits_written % 8)) - 1;
        }
    }

    /// Writes the lowest `count` bits of `value`.
    ///
    /// # Errors
    /// [`BitsError::Full`]; nothing was written then.
    pub fn write(&mut self, value: u64, count: u32) -> Result<(), BitsError> {
        debug_assert!(count <= 64 && (count == 64 || value >> count == 0));
        if count as usize > self.bits_left() {
            return Err(BitsError::Full);
        }
        let (byte, shift) = (self.position / 8, self.position % 8);
        self.position += count as usize;
        // Nine bytes hold 64 bits at any shift.
        if let Some(bytes) = self.bytes.get_mut(byte..byte + 9) {
            let kept = u64::from(bytes[0]) & ((1 << shift) - 1);
            bytes[..8].copy_from_slice(&(kept | value << shift).to_le_bytes());
            if shift + count as usize > 64 {
                bytes[8] = (value >> (64 - shift)) as u8;
            }
        } else {
            self.write_at_the_end(byte, shift, value, count as usize);
        }
        Ok(())
    }

    fn write_at_the_end(&mut self, mut byte: usize, mut shift: usize, value: u64, count: usize) {
        let (mut value, mut left) = (value, count);
        while left > 0 {
            let taken = left.min(8 - shift);
            let mask = (1u64 << taken) - 1;
            let kept = self.bytes[byte] & ((1 << shift) - 1);
            self.bytes[byte] = kept | (((value & mask) as u8) << shift);
            value >>= taken;
            left -= taken;
            (byte, shift) = (byte + 1, 0);
        }
    }

    /// Writes the first `count` bits of what another writer made.
    ///
    /// # Errors
    /// [`BitsError::Full`]; nothing was written then.
    pub fn write_bits(&mut self, bytes: &[u8], count: usize) -> Result<(), BitsError> {
        debug_assert!(count <= bytes.len() * 8);
        if count > self.bits_left() {
            return Err(BitsError::Full);
        }
        let mut reader = BitReader::new(bytes);
        let mut left = count;
        while left > 0 {
            let taken = left.min(64) as u32;
            self.write(reader.read(taken)?, taken)?;
            left -= taken as usize;
        }
        Ok(())
    }

    /// Writes one bit.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn write_bool(&mut self, value: bool) -> Result<(), BitsError> {
        self.write(u64::from(value), 1)
    }

    /// Writes the 32 bits of a float, all of them: for what must arrive exactly.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn write_f32(&mut self, value: f32) -> Result<(), BitsError> {
        self.write(u64::from(value.to_bits()), 32)
    }

    /// Writes whole bytes, at any bit position.
    ///
    /// # Errors
    /// [`BitsError::Full`]; nothing was written then.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), BitsError> {
        if bytes.len() * 8 > self.bits_left() {
            return Err(BitsError::Full);
        }
        bytes
            .iter()
            .try_for_each(|&byte| self.write(u64::from(byte), 8))
    }
}

/// Reads what a [`BitWriter`] wrote.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, position: 0 }
    }

    /// Bits not read yet.
    #[must_use]
    pub fn bits_left(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// Reads `count` bits (at most 64).
    ///
    /// # Errors
    /// [`BitsError::Short`]; nothing was read then.
    pub fn read(&mut self, count: u32) -> Result<u64, BitsError> {
        debug_assert!(count <= 64);
        if count as usize > self.bits_left() {
            return Err(BitsError::Short);
        }
        let (byte, shift) = (self.position / 8, self.position % 8);
        self.position += count as usize;
        let mut nine = [0; 9];
        match self.bytes.get(byte..byte + 9) {
            Some(bytes) => nine.copy_from_slice(bytes),
            None => {
                let rest = self.bytes.get(byte..).unwrap_or_default();
                nine[..rest.len()].copy_from_slice(rest);
            }
        }
        let [low @ .., high] = nine;
        let value = u64::from_le_bytes(low) >> shift;
        let above = (u64::from(high) << 1) << (63 - shift);
        let mask = u64::MAX.checked_shr(64 - count).unwrap_or(0);
        Ok((value | above) & mask)
    }

    /// Reads one bit.
    ///
    /// # Errors
    /// [`BitsError::Short`].
    pub fn read_bool(&mut self) -> Result<bool, BitsError> {
        Ok(self.read(1)? == 1)
    }

    /// Reads at most 32 bits.
    ///
    /// # Errors
    /// [`BitsError::Short`].
    pub fn read_u32(&mut self, count: u32) -> Result<u32, BitsError> {
        debug_assert!(count <= 32);
        Ok(self.read(count)? as u32)
    }

    /// Reads a float's 32 bits, whatever they are: check with `is_finite` what a peer sent.
    ///
    /// # Errors
    /// [`BitsError::Short`].
    pub fn read_f32(&mut self) -> Result<f32, BitsError> {
        Ok(f32::from_bits(self.read_u32(32)?))
    }

    /// Fills `out` with whole bytes.
    ///
    /// # Errors
    /// [`BitsError::Short`]; nothing was read then.
    pub fn read_bytes(&mut self, out: &mut [u8]) -> Result<(), BitsError> {
        if out.len() * 8 > self.bits_left() {
            return Err(BitsError::Short);
        }
        for byte in out {
            *byte = self.read(8)? as u8;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_value_lies_in_the_lowest_bits() {
        let mut bytes = [0xff; 3];
        let mut writer = BitWriter::new(&mut bytes);
        writer.write(0b101, 3).unwrap();
        writer.write(0b1, 1).unwrap();
        writer.write(0xabc, 12).unwrap();
        assert_eq!((writer.bits_written(), writer.bytes_written()), (16, 2));
        assert_eq!(bytes, [0xcd, 0xab, 0xff]);
    }

    #[test]
    fn a_full_message_stays_as_it_was() {
        let mut bytes = [0; 2];
        let mut writer = BitWriter::new(&mut bytes);
        writer.write(0x1ff, 9).unwrap();
        assert_eq!(writer.write(0, 8), Err(BitsError::Full));
        assert_eq!(writer.write_bytes(&[1]), Err(BitsError::Full));
        assert_eq!(writer.bits_written(), 9);
        writer.write(0x7f, 7).unwrap();
        assert_eq!(bytes, [0xff, 0xff]);
    }

    #[test]
    fn what_was_rewound_leaves_no_trace() {
        let mut bytes = [0; 4];
        let mut writer = BitWriter::new(&mut bytes);
        writer.write(0b11, 2).unwrap();
        writer.write(0xffff, 16).unwrap();
        writer.rewind(2);
        assert_eq!(writer.bytes_written(), 1);
        assert_eq!(bytes[0], 0b11);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(values in prop::collection::vec((any::<u64>(), 1u32..=64), 0..64)) {
            let mut bytes = [0xa5; 512];
            let mut writer = BitWriter::new(&mut bytes);
            for &(value, count) in &values {
                writer.write(value & (u64::MAX >> (64 - count)), count).unwrap();
            }
            let length = writer.bytes_written();
            let mut reader = BitReader::new(&bytes[..length]);
            for &(value, count) in &values {
                prop_assert_eq!(reader.read(count).unwrap(), value & (u64::MAX >> (64 - count)));
            }
            prop_assert!(reader.bits_left() < 8);
            prop_assert_eq!(reader.read(8), Err(BitsError::Short));
        }

        #[test]
        fn what_was_copied_is_read(
            before in 0u32..64, bytes in prop::collection::vec(any::<u8>(), 1..40), short in 0usize..8, room in 0usize..60,
        ) {
            let count = bytes.len() * 8 - short;
            let mut out = vec![0xa5; room + before as usize / 8 + 1];
            let mut writer = BitWriter::new(&mut out);
            writer.write(0, before).unwrap();
            let fits = count <= writer.bits_left();
            prop_assert_eq!(writer.write_bits(&bytes, count).is_ok(), fits);
            prop_assert_eq!(writer.bits_written(), before as usize + if fits { count } else { 0 });
            if fits {
                let mut reader = BitReader::new(&out);
                prop_assert_eq!(reader.read(before).unwrap(), 0);
                for k in 0..count {
                    prop_assert_eq!(reader.read(1).unwrap(), u64::from(bytes[k / 8]) >> (k % 8) & 1);
                }
            }
        }
    }
}
