//! The clock of a client's inputs: it runs just early enough that each input is there when the server takes its tick.
//!
//! The server says in each snapshot how early the newest input came ([`crate::snapshot::Header`]). With when that input
//! was due here, this tells how late it could have been due and still come in time. Of the last four seconds' answers,
//! and of the loss, follows how many ticks would be missed for any lead; the least lead that keeps them rare is taken.
//! Inputs ride along in eight payloads, so under loss that lead is a tick or two longer: the next payload brings what the
//! lost one should have. Pure: time and measurements are given. Rules `[CK1]`… in `netcode/spec/RULES.md`.

use crate::input::MAX_FRAMES;
use crate::snapshot::Header;
use crate::tick::{TICK_US, Tick};
use std::time::Duration;

const PERIOD_US: i64 = TICK_US as i64;
const PERIOD: Duration = Duration::from_micros(TICK_US as u64);

/// `[CK1]` The share of ticks that may be missed.
const GOAL: f32 = 0.003;

/// `[CK1]` Answers that count; four seconds.
const WINDOW: usize = 128;

/// `[CK1]` Room for what the answers do not hold: they are whole milliseconds, and there are 128 of them
/// (unit: microseconds).
const ROOM_US: i64 = 4_000;

/// `[CK2]` A missed tick counts as this much loss, for about nine seconds, and all together as no more than that.
const CARE: f32 = 0.005;
const CARE_KEPT: f32 = 1.0 - 1.0 / 256.0;
const MOST_CARE: f32 = 0.1;

/// `[CK2]` More ticks than this in a row are no loss but a stall, which no lead would have covered.
const STALL: u8 = 3;

/// The loss is smoothed over so many snapshots: the link's own measure swings.
const LOSS_SMOOTHED: f32 = 128.0;

/// `[CK3]` The lead grows at once; it shrinks by at most so much with each snapshot (unit: microseconds), unless it is
/// more than a tick too long.
const SHRINK_US: i64 = 500;

/// `[CK4]` Answers this far from what was known say that the server's time jumped (unit: microseconds).
const JUMP_US: i64 = 8 * PERIOD_US;

/// When the next input is due, and for which tick.
#[derive(Clone, Debug)]
pub struct InputClock {
    /// Tick 0 of this clock: when it was due with an offset of zero.
    origin: Duration,
    first: Tick,
    /// How many ticks after the first the next one is.
    next: i64,
    /// Inputs are due so much later than the grid says (unit: microseconds); negative: earlier.
    offset_us: i64,
    /// The offsets of the last ticks.
    sent: [i64; WINDOW],
    /// No tick was skipped since this one.
    unbroken_since: i64,
    measured: Option<i64>,
    /// The latest offsets with which measured inputs would have been in time: in order of arrival, and sorted.
    answers: Answers,
    loss: f32,
    care: f32,
    missed_in_a_row: u8,
    strange: u32,
}

#[derive(Clone, Debug)]
struct Answers {
    ring: [i64; WINDOW],
    sorted: [i64; WINDOW],
    count: usize,
}

impl InputClock {
    /// A clock for a server that was at `server_tick` when it sent what arrived `now`.
    #[must_use]
    pub fn start(now: Duration, server_tick: Tick, round_trip: Duration) -> Self {
        let lead_us = round_trip.as_micros() as i64 + 2 * ROOM_US;
        let ticks = (lead_us + PERIOD_US - 1) / PERIOD_US;
        // One for the tick that is being made, one because the server's own next tick may be due any moment.
        let first = server_tick.plus(ticks.min(16) as i32 + 2);
        Self {
            origin: now,
            first,
            next: 0,
            offset_us: 0,
            sent: [0; WINDOW],
            unbroken_since: 0,
            measured: None,
            answers: Answers::default(),
            loss: 0.0,
            care: 0.0,
            missed_in_a_row: 0,
            strange: 0,
        }
    }

    /// `[CK5]` The server is at `server_tick` already: drops the ticks that a sleep cost, and if that is not why, begins
    /// anew. Returns how many ticks were dropped.
    pub fn catch_up(&mut self, now: Duration, server_tick: Tick, round_trip: Duration) -> u32 {
        let skipped = self.skip_to(now);
        if !self.next_tick().is_after(server_tick) {
            let (loss, care) = (self.loss, self.care);
            *self = InputClock::start(now, server_tick, round_trip);
            (self.loss, self.care) = (loss, care);
        }
        skipped
    }

    /// When the next input is due.
    #[must_use]
    pub fn due(&self) -> Duration {
        let since_us = self.next * PERIOD_US + self.offset_us;
        let since = Duration::from_micros(since_us.unsigned_abs());
        if since_us < 0 {
            self.origin.saturating_sub(since)
        } else {
            self.origin + since
        }
    }

    /// The tick of the next input.
    #[must_use]
    pub fn next_tick(&self) -> Tick {
        self.first.plus(self.next as i32)
    }

    /// Takes the next tick.
    pub fn take(&mut self) -> Tick {
        let tick = self.next_tick();
        self.sent[self.next as usize % WINDOW] = self.offset_us;
        self.next += 1;
        tick
    }

    /// `[CK5]` Drops ticks that a sleeping process could not make up for, since only eight ride along; returns how many.
    pub fn skip_to(&mut self, now: Duration) -> u32 {
        let mut skipped = 0;
        while self.due() + (MAX_FRAMES as u32 - 1) * PERIOD < now {
            self.take();
            skipped += 1;
            self.unbroken_since = self.next;
        }
        skipped
    }

    /// Takes in what a snapshot says: how early the newest input came that the server has. Since the snapshot before, it
    /// has taken `missed` ticks without one of ours; `loss` is the link's.
    pub fn measure(&mut self, header: &Header, missed: u8, loss: f32) {
        self.loss += (loss - self.loss) / LOSS_SMOOTHED;
        self.note_missed(header.tick, missed);
        let number = self.number(header.input_tick);
        // Older than what this clock sent or remembers, or said before.
        let is_ours = (0..self.next).contains(&number) && number + WINDOW as i64 > self.next;
        if !is_ours || self.measured.is_some_and(|known| number <= known) {
            return;
        }
        self.measured = Some(number);
        let margin_us = 1_000 * i64::from(header.input_margin_ms);
        self.note(self.sent[number as usize % WINDOW] + margin_us);
        self.steer();
    }

    /// How many ticks after the first.
    fn number(&self, tick: Tick) -> i64 {
        self.next + i64::from(tick.since(self.next_tick()))
    }

    /// `[CK2]` What the answers did not foresee. Ticks that nothing was sent for say nothing.
    fn note_missed(&mut self, tick: Tick, missed: u8) {
        self.care *= CARE_KEPT;
        self.missed_in_a_row = match missed {
            0 => 0,
            _ => self.missed_in_a_row.saturating_add(missed),
        };
        let number = self.number(tick);
        let all_were_sent = number < self.next && number - i64::from(missed) >= self.unbroken_since;
        if all_were_sent && self.missed_in_a_row <= STALL {
            self.care = (self.care + f32::from(missed) * CARE).min(MOST_CARE);
        }
    }

    /// `[CK4]` When the server's time jumps, what was known is worth nothing.
    fn note(&mut self, answer: i64) {
        let is_strange = self
            .answers
            .median()
            .is_some_and(|known| (answer - known).abs() > JUMP_US);
        self.strange = if is_strange { self.strange + 1 } else { 0 };
        if self.strange >= 3 {
            self.answers = Answers::default();
            self.strange = 0;
        }
        self.answers.push(answer);
    }

    /// `[CK1]` `[CK3]` Later or earlier, as the answers say.
    fn steer(&mut self) {
        let wanted = self.latest_offset() - ROOM_US;
        let later = wanted - self.offset_us;
        self.offset_us = if (0..=PERIOD_US).contains(&later) {
            self.offset_us + later.min(SHRINK_US)
        } else {
            wanted
        };
    }

    /// The latest offset for which no more than [`GOAL`] of the ticks would be missed.
    fn latest_offset(&self) -> i64 {
        let (mut early, mut late) = self.answers.bounds();
        // With any loss at all, no lead is long enough for a goal below what eight lost payloads in a row make.
        early -= MAX_FRAMES as i64 * PERIOD_US;
        while late - early > 500 {
            let middle = early + (late - early) / 2;
            if self.share_missed(middle) <= GOAL {
                early = middle;
            } else {
                late = middle;
            }
        }
        early
    }

    /// The share of ticks that would be missed with this offset: all eight payloads of an input are lost or late.
    fn share_missed(&self, offset: i64) -> f32 {
        let loss = (self.loss + self.care).min(0.9);
        let mut missed = 1.0;
        for later in 0..MAX_FRAMES as i64 {
            let late = self.answers.share_below(offset + later * PERIOD_US);
            missed *= loss + (1.0 - loss) * late;
        }
        missed
    }
}

impl Default for Answers {
    fn default() -> Answers {
        Answers {
            ring: [0; WINDOW],
            sorted: [0; WINDOW],
            count: 0,
        }
    }
}

impl Answers {
    fn push(&mut self, answer: i64) {
        let held = self.held();
        let mut room = held;
        if held == WINDOW {
            let oldest = self.ring[self.count % WINDOW];
            room = self.sorted.partition_point(|known| *known < oldest);
            self.sorted.copy_within(room + 1.., room);
            room = WINDOW - 1;
        }
        self.ring[self.count % WINDOW] = answer;
        self.count += 1;
        let at = self.sorted[..room].partition_point(|known| *known < answer);
        self.sorted.copy_within(at..room, at + 1);
        self.sorted[at] = answer;
    }

    fn held(&self) -> usize {
        self.count.min(WINDOW)
    }

    fn median(&self) -> Option<i64> {
        (self.count > 0).then(|| self.sorted[self.held() / 2])
    }

    fn bounds(&self) -> (i64, i64) {
        (
            self.sorted[0],
            self.sorted[self.held().saturating_sub(1)] + 1,
        )
    }

    /// The share of answers that are earlier than this offset: those inputs would have been late.
    fn share_below(&self, offset: i64) -> f32 {
        let held = self.held();
        let below = self.sorted[..held].partition_point(|answer| *answer < offset);
        below as f32 / held as f32
    }
}

#[cfg(test)]
mod tests;
