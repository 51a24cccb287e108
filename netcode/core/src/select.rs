//! Whose turn it is in a client's next snapshot, and how many bytes it may have.
//!
//! Each client has one [`Selector`] with a slot per thing it could be told about. A slot gains the weight of its
//! [`Claim`] every tick and is due from [`DUE`] on; the snapshot takes those that are due, the highest first, until it is
//! full, and they begin again at zero. So what is near comes every tick, what is far or at rest comes less often, and
//! nothing that is present waits for a second.
//!
//! What a client is told of a grid tick becomes its next baseline, and without one an entity costs nearly twice as much.
//! So what comes seldom, or was not told on the grid lately, waits for the next grid tick, and there it comes before those
//! whose baseline is young. Measured on a crowd (`docs/decisions/0007-deltas-on-a-shared-keyframe-grid.md`).

use crate::channel::Pace;
use crate::link::LINK_HEADER_BYTES;
use crate::message::MESSAGE_HEADER_BYTES;
use crate::snapshot::Level;
use crate::snapshot::grid::{GRID_TICKS, is_on_grid};
use crate::tick::{EntityId, Tick};

/// What a slot must have gained before it is sent again.
pub const DUE: u32 = 64;

/// What a slot must have gained to be sent off the grid whatever it is.
const AT_ONCE: u32 = 4 * DUE;

/// Weight of a thing at rest: on the grid, it is sent every 24 ticks.
pub const AT_REST: u32 = 3;

/// Weight of what moves nearby: due every tick, and before all others when there is too much.
const NEARBY: u32 = 3 * DUE;

/// `[SL2]` Who waited for so long comes before all others (unit: ticks).
pub const PATIENCE: u32 = 24;

/// `[SL6]` What has come to rest is told of as if it still moved for so long, so that its last place arrives (unit: ticks).
pub const SETTLING: u8 = 12;

/// Up to here a player's head and hands are told (unit: metres).
pub const FULL_DISTANCE: f32 = 8.0;

/// `[SL7]` Up to here they go on to be told (unit: metres).
pub const FULL_UNTIL: f32 = 9.0;

/// Up to here what moves comes every tick (unit: metres).
const NEAR: f32 = 5.0;

/// `[SL5]` Who was not told on the grid for so long waits for the grid (unit: ticks).
const STALE: u32 = 12;

/// What is gained beyond this makes nobody more urgent.
const MOST_GAINED: u32 = DUE << 10;

/// More urgent than all that can be gained.
const LATE: u32 = 1 << 24;

/// Entities that may turn out too long before a snapshot is taken for full.
const MISSES: usize = 4;

/// `[SL4]` What one client's snapshots may take on the wire, all headers among them (unit: bytes a second; 256 kbit/s).
/// The reliable channel and resume tokens have budgets of their own.
pub const SNAPSHOT_BYTES_PER_S: u32 = 32_000;

/// Around every payload (unit: bytes): IPv4 and UDP, netcode's prefix, sequence (four bytes last for four years) and tag.
pub const WIRE_BYTES: usize = 28 + 1 + 4 + 16;

/// What may be saved up by small snapshots (unit: bytes; three ticks).
const BURST_BYTES: u32 = 3_200;

/// What a slot is to a client now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// What is there; [`EntityId::NONE`]: nothing.
    pub entity: EntityId,
    /// What its turn grows by in this tick.
    pub weight: u32,
    /// How much is told when its turn comes.
    pub level: Level,
    /// How much goes on to be told when it was before.
    pub keeps: Level,
}

impl Claim {
    /// An empty slot.
    pub const NOTHING: Claim = Claim {
        entity: EntityId::NONE,
        weight: 0,
        level: Level::Root,
        keeps: Level::Root,
    };

    /// A player at this distance (unit: metres); one whose head and hands are tracked moves.
    #[must_use]
    pub fn of_player(entity: EntityId, distance: f32, moves: bool) -> Claim {
        let full_until = |limit: f32| match distance <= limit {
            true => Level::Full,
            false => Level::Root,
        };
        let weight = if moves {
            weight_of_moving(distance)
        } else {
            AT_REST
        };
        Claim {
            entity,
            weight,
            level: full_until(FULL_DISTANCE),
            keeps: full_until(FULL_UNTIL),
        }
    }

    /// A dynamic body at this distance (unit: metres).
    #[must_use]
    pub fn of_body(entity: EntityId, distance: f32, is_asleep: bool) -> Claim {
        let weight = if is_asleep {
            AT_REST
        } else {
            weight_of_moving(distance)
        };
        Claim {
            entity,
            weight,
            ..Claim::NOTHING
        }
    }
}

/// Falls with the distance, down to four times a second.
fn weight_of_moving(distance: f32) -> u32 {
    if distance <= NEAR {
        return NEARBY;
    }
    ((NEAR / distance * DUE as f32) as u32).max(DUE / 8)
}

/// The bytes of one client's snapshots.
#[derive(Clone, Debug)]
pub struct Budget {
    pace: Pace,
}

impl Budget {
    const AROUND: usize = WIRE_BYTES + LINK_HEADER_BYTES + MESSAGE_HEADER_BYTES;

    /// Nothing sent yet.
    #[must_use]
    pub fn new(now_us: u64) -> Budget {
        Budget {
            pace: Pace::new(now_us, SNAPSHOT_BYTES_PER_S, BURST_BYTES),
        }
    }

    /// How long a snapshot may be now (unit: bytes of the message).
    pub fn room(&mut self, now_us: u64) -> usize {
        self.pace.allowance(now_us).saturating_sub(Self::AROUND)
    }

    /// A snapshot of this length went out.
    pub fn spend(&mut self, message_bytes: usize) {
        self.pace.spend(message_bytes + Self::AROUND);
    }
}

#[derive(Clone, Copy, Debug)]
struct Turn {
    entity: EntityId,
    gained: u32,
    /// Ticks since it was told.
    waited: u32,
    /// Ticks since it was told on the grid.
    kept: u32,
    /// How much was told last.
    level: Level,
    /// The weight while it moved last, and for how many ticks it stays so.
    moving: u32,
    settling: u8,
}

/// The turns of one client.
#[derive(Clone, Debug)]
pub struct Selector {
    turns: Vec<Turn>,
    due: Vec<Due>,
}

/// Sorts with the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    less_urgent_by: u32,
    slot: u32,
    level: Level,
}

impl Selector {
    /// Turns for this many slots; all of them are due at first.
    #[must_use]
    pub fn new(slots: usize) -> Selector {
        Selector {
            turns: vec![Turn::of(EntityId::NONE); slots],
            due: Vec::with_capacity(slots),
        }
    }

    /// Adds each slot's weight, then offers those that are due, in order, to `write`, which answers whether it fitted:
    /// what did not keeps its turn. Allocates nothing.
    pub fn fill(
        &mut self,
        tick: Tick,
        claim_of: impl FnMut(usize) -> Claim,
        mut write: impl FnMut(usize, Level) -> bool,
    ) {
        let on_grid = is_on_grid(tick);
        self.collect(on_grid, claim_of);
        self.due.sort_unstable();
        let mut misses = 0;
        for due in &self.due {
            if write(due.slot as usize, due.level) {
                self.turns[due.slot as usize].begin_again(due.level, on_grid);
            } else {
                misses += 1;
                if misses == MISSES {
                    break;
                }
            }
        }
    }

    /// Everybody gains; finds those who are due.
    fn collect(&mut self, on_grid: bool, mut claim_of: impl FnMut(usize) -> Claim) {
        self.due.clear();
        for (slot, turn) in self.turns.iter_mut().enumerate() {
            let claim = claim_of(slot);
            if turn.entity != claim.entity {
                *turn = Turn::of(claim.entity);
            }
            if claim.entity == EntityId::NONE {
                continue;
            }
            let weight = turn.gain(claim.weight);
            if let Some(urgency) = turn.urgency(weight, on_grid) {
                self.due.push(Due {
                    less_urgent_by: u32::MAX - urgency,
                    slot: slot as u32,
                    level: claim.level.max(turn.level.min(claim.keeps)),
                });
            }
        }
    }
}

impl Turn {
    /// Nothing was told of what is new: due at once, on the grid or not.
    fn of(entity: EntityId) -> Turn {
        Turn {
            entity,
            gained: AT_ONCE,
            waited: 0,
            kept: PATIENCE,
            level: Level::Root,
            moving: 0,
            settling: 0,
        }
    }

    /// A tick passes; returns the weight that counts in it.
    fn gain(&mut self, claimed: u32) -> u32 {
        if claimed > AT_REST {
            if self.settling == 0 {
                // It rested until now.
                self.gained = self.gained.max(AT_ONCE);
            }
            (self.moving, self.settling) = (claimed, SETTLING + 1);
        }
        self.settling = self.settling.saturating_sub(1);
        let weight = if self.settling > 0 {
            self.moving
        } else {
            claimed
        };
        self.gained = (self.gained + weight).min(MOST_GAINED);
        self.waited = self.waited.saturating_add(1);
        self.kept = self.kept.saturating_add(1);
        weight
    }

    fn urgency(&self, weight: u32, on_grid: bool) -> Option<u32> {
        if self.waited >= PATIENCE {
            return Some(self.gained + LATE);
        }
        if on_grid {
            let for_baseline = weight * self.kept.min(PATIENCE) / 2;
            return (self.gained >= DUE).then_some(self.gained + for_baseline);
        }
        let is_stale = self.kept >= STALE && weight < NEARBY;
        let waits_for_grid = is_stale || weight < DUE / GRID_TICKS;
        let due = if waits_for_grid { AT_ONCE } else { DUE };
        (self.gained >= due).then_some(self.gained)
    }

    fn begin_again(&mut self, level: Level, on_grid: bool) {
        (self.gained, self.waited, self.level) = (0, 0, level);
        if on_grid {
            self.kept = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOMEBODY: EntityId = EntityId(1);

    /// Ticks between two turns of each slot, the longest, over some ticks with room for `room` things.
    fn longest_wait(claims: &[Claim], room: usize, ticks: usize) -> Vec<usize> {
        let mut selector = Selector::new(claims.len());
        let (mut last, mut longest) = (vec![0; claims.len()], vec![0; claims.len()]);
        for tick in 1..=ticks {
            let mut left = room;
            selector.fill(
                Tick(tick as u32),
                |slot| claims[slot],
                |slot, _| {
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
        let claims = [
            Claim::of_player(SOMEBODY, 3.0, true),
            Claim::of_player(SOMEBODY, 10.0, true),
            Claim::of_body(SOMEBODY, 3.0, true),
            Claim::NOTHING,
        ];
        assert_eq!(longest_wait(&claims, 10, 300), [1, 3, 24, 300]);
    }

    #[test]
    fn sl2_nobody_waits_for_a_second_when_there_is_too_much() {
        let mut claims = vec![Claim::of_body(SOMEBODY, 9.0, true); 200];
        claims.extend(vec![Claim::of_player(SOMEBODY, 4.0, true); 100]);
        let waits = longest_wait(&claims, 40, 600);
        assert!(waits[200..].iter().all(|&wait| wait <= 10), "{waits:?}");
        assert!(waits[..200].iter().all(|&wait| wait <= 30), "{waits:?}");
    }

    /// In which of some ticks a single slot was told, and how much.
    fn told(claims: impl IntoIterator<Item = Claim>) -> Vec<Option<Level>> {
        let mut selector = Selector::new(1);
        let mut tick = Tick(0);
        let mut tell = |claim| {
            tick = tick.plus(1);
            let mut told = None;
            selector.fill(
                tick,
                |_| claim,
                |_, level| {
                    told = Some(level);
                    true
                },
            );
            told
        };
        claims.into_iter().map(&mut tell).collect()
    }

    #[test]
    fn sl3_who_is_new_in_a_slot_is_due_at_once() {
        let at_rest = |entity| Claim::of_body(EntityId(entity), 3.0, true);
        let told = told([
            at_rest(1),
            at_rest(1),
            at_rest(2),
            Claim::NOTHING,
            at_rest(2),
        ]);
        let told: Vec<bool> = told.iter().map(Option::is_some).collect();
        assert_eq!(told, [true, false, true, false, true]);
    }

    #[test]
    fn sl6_what_comes_to_rest_is_told_of_for_a_while_as_if_it_moved() {
        let settled = usize::from(SETTLING);
        let claims = [false; 5].into_iter().chain([true; 17]);
        let told = told(claims.map(|asleep| Claim::of_body(SOMEBODY, 3.0, asleep)));
        assert!(told[..4 + settled].iter().all(Option::is_some), "{told:?}");
        assert!(told[4 + settled..].iter().all(Option::is_none), "{told:?}");
    }

    #[test]
    fn sl3_what_begins_to_move_is_due_at_once_however_far() {
        let claims = [true; 40].into_iter().chain([false; 3]);
        let told = told(claims.map(|asleep| Claim::of_body(SOMEBODY, 60.0, asleep)));
        assert!(told[40].is_some() && told[41].is_none(), "{told:?}");
    }

    #[test]
    fn sl7_head_and_hands_do_not_flicker_at_the_limit() {
        let walk = [7.9, 8.1, 8.9, 9.1, 8.9, 8.1, 8.0];
        let told = told(walk.map(|distance| Claim {
            weight: NEARBY,
            ..Claim::of_player(SOMEBODY, distance, true)
        }));
        let full: Vec<bool> = told
            .iter()
            .map(|level| *level == Some(Level::Full))
            .collect();
        assert_eq!(full, [true, true, true, false, false, false, true]);
    }

    #[test]
    fn sl4_snapshots_cost_what_their_budget_allows() {
        let mut budget = Budget::new(0);
        let mut sent = 0;
        for tick in 1..=300u64 {
            let room = budget.room(tick * 33_333).min(1_139);
            budget.spend(room);
            sent += room + Budget::AROUND;
        }
        let bits_per_s = sent as f64 * 8.0 / 10.0;
        assert!((255_000.0..259_000.0).contains(&bits_per_s), "{bits_per_s}");
    }
}
