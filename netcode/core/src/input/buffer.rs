//! One player's inputs on the server: what is there when a tick comes, by the rules `[IN1]`….

use super::{Buttons, Input, InputFrame, InputPacket};
use crate::pose::Tracked;
use crate::tick::{TICK_US, Tick};

/// `[IN4]` How far ahead of its tick an input may come (unit: ticks).
pub const MAX_AHEAD: usize = 32;

/// `[IN5]` How long a missing input is replaced by the last one (unit: ticks; half a second).
pub const MAX_REPEATS: u32 = 15;

/// What an [`InputBuffer`] did since the player came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputCounters {
    /// `[IN1]` Ticks that had their own input.
    pub taken: u32,
    /// `[IN3]` Inputs that came after their tick.
    pub late: u32,
    /// `[IN4]` Inputs that came too far ahead of theirs.
    pub early: u32,
    /// `[IN5]` Ticks without an input of their own.
    pub missed: u32,
}

/// One player's inputs on the server, from arrival to their tick.
#[derive(Clone, Debug)]
pub struct InputBuffer {
    slots: [Option<InputFrame>; MAX_AHEAD],
    poses: [Option<(Tick, Tracked)>; MAX_AHEAD],
    tracked: Option<Tracked>,
    next: Tick,
    newest: Option<Tick>,
    last: Input,
    repeats: u32,
    margin_us: Option<i32>,
    counters: InputCounters,
}

impl InputBuffer {
    /// An empty buffer; `next` is the tick that will be taken first.
    #[must_use]
    pub fn new(next: Tick) -> InputBuffer {
        InputBuffer {
            slots: [None; MAX_AHEAD],
            poses: [None; MAX_AHEAD],
            tracked: None,
            next,
            newest: None,
            last: Input::default(),
            repeats: 0,
            margin_us: None,
            counters: InputCounters::default(),
        }
    }

    /// Takes in a packet that arrived `until_next_us` before the tick that will be taken next (negative: that tick is due).
    pub fn receive(&mut self, packet: &InputPacket, until_next_us: i32) {
        let newest = packet.newest();
        if self.newest.is_none_or(|known| newest.is_after(known)) {
            self.note_margin(newest, until_next_us);
        }
        for frame in packet.frames() {
            self.insert(frame);
        }
        if let Some(tracked) = packet.tracked() {
            self.insert_pose(newest, *tracked);
        }
    }

    /// `[IN7]` Points wait for their tick as its input does.
    fn insert_pose(&mut self, tick: Tick, tracked: Tracked) {
        let ahead = tick.since(self.next);
        if (0..MAX_AHEAD as i32).contains(&ahead) {
            self.poses[tick.0 as usize % MAX_AHEAD] = Some((tick, tracked));
        }
    }

    /// `[IN6]` How early the newest input of a packet comes: from its arrival to the moment its tick is taken.
    fn note_margin(&mut self, newest: Tick, until_next_us: i32) {
        let ahead = newest
            .since(self.next)
            .clamp(-(MAX_AHEAD as i32), MAX_AHEAD as i32);
        let margin_us = (ahead * TICK_US as i32).saturating_add(until_next_us);
        self.margin_us = Some(
            self.margin_us
                .map_or(margin_us, |known| known.min(margin_us)),
        );
    }

    fn insert(&mut self, frame: InputFrame) {
        let ahead = frame.tick.since(self.next);
        if ahead < 0 {
            // Riding along after it was taken is how redundancy works; late is what its tick had to do without.
            if self.newest.is_none_or(|newest| frame.tick.is_after(newest)) {
                self.counters.late += 1;
            }
        } else if ahead as usize >= MAX_AHEAD {
            self.counters.early += 1;
            return;
        } else {
            let slot = &mut self.slots[frame.tick.0 as usize % MAX_AHEAD];
            // [IN2] The first one stands: a client cannot change its mind about a tick.
            if slot.is_none_or(|held| held.tick != frame.tick) {
                *slot = Some(frame);
            }
        }
        if self.newest.is_none_or(|newest| frame.tick.is_after(newest)) {
            self.newest = Some(frame.tick);
        }
    }

    /// The input of the next tick, and whether it is the player's own for that tick.
    pub fn take(&mut self) -> (Input, bool) {
        let tick = self.next;
        self.next = tick.plus(1);
        let pose = self.poses[tick.0 as usize % MAX_AHEAD].take();
        if let Some((_, tracked)) = pose.filter(|(of, _)| *of == tick) {
            self.tracked = Some(tracked);
        }
        let slot = self.slots[tick.0 as usize % MAX_AHEAD].take();
        if let Some(frame) = slot.filter(|frame| frame.tick == tick) {
            self.last = frame.input;
            self.repeats = 0;
            self.counters.taken += 1;
            return (frame.input, true);
        }
        self.counters.missed += 1;
        self.repeats = self.repeats.saturating_add(1);
        if self.repeats > MAX_REPEATS {
            self.last.right = 0;
            self.last.forward = 0;
        }
        self.last.buttons = self.last.buttons.without(Buttons::JUMP);
        (self.last, false)
    }

    /// `[IN7]` How the player is held at the tick taken last; what is missing is as it was.
    #[must_use]
    pub fn tracked(&self) -> Option<Tracked> {
        self.tracked
    }

    /// The tick that will be taken next.
    #[must_use]
    pub fn next_tick(&self) -> Tick {
        self.next
    }

    /// The newest tick that the client sent an input for.
    #[must_use]
    pub fn newest(&self) -> Option<Tick> {
        self.newest
    }

    /// The smallest margin since it was asked last (unit: microseconds; negative: late), if a new input came.
    pub fn take_margin_us(&mut self) -> Option<i32> {
        self.margin_us.take()
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> InputCounters {
        self.counters
    }
}
