//! A budget of bytes a second, for what is large and may take its time.

/// A token bucket: it fills with time and is emptied by what is sent.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    bytes_per_s: u32,
    most: u32,
    /// What may be sent now, times a million, so that no part of a byte is lost.
    millionths: u64,
    filled_us: u64,
}

impl Pace {
    /// A full bucket: `bytes_per_s` in the long run, at most `burst` bytes at once.
    #[must_use]
    pub fn new(now_us: u64, bytes_per_s: u32, burst: u32) -> Pace {
        Pace {
            bytes_per_s,
            most: burst,
            millionths: u64::from(burst) * 1_000_000,
            filled_us: now_us,
        }
    }

    /// How many bytes may be sent now.
    pub fn allowance(&mut self, now_us: u64) -> usize {
        let passed_us = now_us.saturating_sub(self.filled_us);
        self.filled_us = self.filled_us.max(now_us);
        let more = passed_us.saturating_mul(self.bytes_per_s.into());
        let most = u64::from(self.most) * 1_000_000;
        self.millionths = self.millionths.saturating_add(more).min(most);
        (self.millionths / 1_000_000) as usize
    }

    /// Takes what was sent out of the bucket.
    pub fn spend(&mut self, bytes: usize) {
        self.millionths = self.millionths.saturating_sub(bytes as u64 * 1_000_000);
    }
}
