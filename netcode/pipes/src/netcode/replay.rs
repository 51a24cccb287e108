//! The standard's replay window: the last 256 sequence numbers of a session, each accepted once.

const WINDOW: usize = 256;
const EMPTY: u64 = u64::MAX;

pub(super) struct Replay {
    newest: u64,
    received: [u64; WINDOW],
}

impl Replay {
    pub(super) fn new() -> Self {
        Self {
            newest: 0,
            received: [EMPTY; WINDOW],
        }
    }

    /// Whether this sequence number was seen or is too old to know. Asked before decryption: it costs nothing.
    pub(super) fn already_received(&self, sequence: u64) -> bool {
        // EMPTY itself and the numbers that would overflow below are beyond any session: the nonce space of a
        // client's packets is its lower half.
        if sequence >> 63 != 0 || sequence + WINDOW as u64 <= self.newest {
            return true;
        }
        let kept = self.received[sequence as usize % WINDOW];
        kept != EMPTY && kept >= sequence
    }

    /// Remembers a sequence number whose packet was authentic.
    pub(super) fn advance(&mut self, sequence: u64) {
        self.newest = self.newest.max(sequence);
        self.received[sequence as usize % WINDOW] = sequence;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_each_sequence_once() {
        let mut replay = Replay::new();
        for sequence in 0..4 * WINDOW as u64 {
            assert!(!replay.already_received(sequence));
            replay.advance(sequence);
            assert!(replay.already_received(sequence));
        }
    }

    #[test]
    fn accepts_late_ones_inside_the_window_only() {
        let mut replay = Replay::new();
        replay.advance(1000);
        assert!(!replay.already_received(1000 - WINDOW as u64 + 1));
        assert!(replay.already_received(1000 - WINDOW as u64));
    }

    #[test]
    fn refuses_numbers_near_the_end_without_overflow() {
        let mut replay = Replay::new();
        replay.advance(7);
        for sequence in [u64::MAX, u64::MAX - WINDOW as u64, 1 << 63] {
            assert!(replay.already_received(sequence));
        }
    }
}
