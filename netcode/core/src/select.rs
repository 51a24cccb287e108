//! Whose turn it is in a client's next snapshot.
//!
//! Each client has one [`Selector`] with a slot per thing it could be told about. A slot gains its weight every tick and
//! is due from [`DUE`] on; the snapshot takes those that are due, the highest first, until it is full, and they begin
//! again at zero. So what is near and moves comes every tick, what is far or at rest comes less often, and nothing that is
//! present waits for ever. First form: distance and motion make the weight.

/// What a slot must have gained before it is sent again.
pub const DUE: u32 = 64;

/// Weight of a thing at rest: it is sent about once a second.
pub const AT_REST: u32 = 2;

/// Most slots that one snapshot is chosen from; more than fit one never need to be in order.
const MOST: usize = 128;

/// The weight of a moving thing at this distance from the client (unit: metres): every tick up to 10 m, every second one
/// up to 20 m, never less than four times a second.
#[must_use]
pub fn weight_of_moving(distance: f32) -> u32 {
    let near = 10.0 * DUE as f32;
    let weight = if distance > 10.0 {
        near / distance
    } else {
        DUE as f32
    };
    (weight as u32).max(DUE / 8)
}

/// The turns of one client.
#[derive(Clone, Debug)]
pub struct Selector {
    gained: Vec<u32>,
    due: Vec<(u32, u32)>,
}

impl Selector {
    /// Turns for this many slots; all of them are due at first.
    #[must_use]
    pub fn new(slots: usize) -> Selector {
        Selector {
            gained: vec![DUE; slots],
            due: Vec::with_capacity(slots),
        }
    }

    /// Adds each slot's weight (0: nothing is there), then offers those that are due, in order, to `write` until it
    /// answers false: that one did not fit and keeps its turn. Allocates nothing.
    pub fn fill(
        &mut self,
        mut weight_of: impl FnMut(usize) -> u32,
        mut write: impl FnMut(usize) -> bool,
    ) {
        self.due.clear();
        for (slot, gained) in self.gained.iter_mut().enumerate() {
            match weight_of(slot) {
                // Whoever comes next into this slot is new: due at once.
                0 => *gained = DUE,
                weight => {
                    *gained = gained.saturating_add(weight);
                    if *gained >= DUE {
                        self.due.push((u32::MAX - *gained, slot as u32));
                    }
                }
            }
        }
        if self.due.len() > MOST {
            self.due.select_nth_unstable(MOST);
            self.due.truncate(MOST);
        }
        self.due.sort_unstable();
        for &(_, slot) in &self.due {
            if !write(slot as usize) {
                break;
            }
            self.gained[slot as usize] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks between two turns of each slot, the longest, over some ticks with room for `room` things.
    fn longest_wait(weights: &[u32], room: usize, ticks: usize) -> Vec<usize> {
        let mut selector = Selector::new(weights.len());
        let (mut last, mut longest) = (vec![0; weights.len()], vec![0; weights.len()]);
        for tick in 1..=ticks {
            let mut left = room;
            selector.fill(
                |slot| weights[slot],
                |slot| {
                    if left == 0 {
                        return false;
                    }
                    left -= 1;
                    longest[slot] = longest[slot].max(tick - last[slot]);
                    last[slot] = tick;
                    true
                },
            );
        }
        for (longest, last) in longest.iter_mut().zip(last) {
            *longest = (*longest).max(ticks - last);
        }
        longest
    }

    #[test]
    fn sl1_near_things_come_every_tick_and_things_at_rest_every_second() {
        let weights = [weight_of_moving(3.0), weight_of_moving(20.0), AT_REST, 0];
        assert_eq!(longest_wait(&weights, 10, 300), [1, 2, 32, 300]);
    }

    #[test]
    fn sl2_nobody_starves_when_there_is_too_much() {
        let mut weights = vec![AT_REST; 200];
        weights.extend(vec![weight_of_moving(1.0); 100]);
        let waits = longest_wait(&weights, 40, 600);
        assert!(waits[200..].iter().all(|&wait| wait <= 5), "{waits:?}");
        assert!(waits[..200].iter().all(|&wait| wait <= 120), "{waits:?}");
    }

    #[test]
    fn sl3_who_is_new_in_a_slot_is_due_at_once() {
        let mut selector = Selector::new(1);
        let mut sent = 0;
        let mut turn = |weight| {
            selector.fill(
                |_| weight,
                |_| {
                    sent += 1;
                    true
                },
            );
            sent
        };
        assert_eq!(
            [turn(1), turn(1), turn(0), turn(1), turn(1)],
            [1, 1, 1, 2, 2]
        );
    }
}
