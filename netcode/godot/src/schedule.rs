//! When ticks are due, which of them were late, and what was given up.
//!
//! Godot calls a physics step as often as real time asks for, up to a cap per frame; a tick is every n-th of them. Here
//! the same arithmetic is done by the monotonic clock, so that no late tick goes unseen: the schedule is never reset.
//! Two things move it. A debt beyond the cap is dropped, in whole steps as Godot drops it, and counted. And when a step
//! comes before it is due, the schedule was too lenient (its origin is the first step, which may itself have been late)
//! and is tightened. Pure: the caller brings the time.

/// Monotonic time since any origin (unit: microseconds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub i64);

/// How often steps and ticks come, and how much debt is made good.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Physics steps a second.
    pub steps_hz: u32,
    /// Physics steps in a tick.
    pub steps_per_tick: u32,
    /// Steps that are made good after a stall; Godot's `max_physics_steps_per_frame`.
    pub catch_up_steps: u32,
}

/// What a physics step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A tick begins.
    Tick,
    /// Between two ticks.
    Between,
}

/// What happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Ticks done.
    pub ticks: u64,
    /// Ticks whose last datagram left more than one period after their scheduled start.
    pub late: u64,
    /// Ticks of debt that were given up.
    pub dropped: u64,
}

/// The schedule of one instance.
#[derive(Clone, Debug)]
pub struct Schedule {
    rates: Rates,
    origin: Option<Micros>,
    steps: u64,
    dropped_us: i64,
    tick_due: Micros,
    ticks: u64,
    late: u64,
}

impl Schedule {
    /// Nothing is due before the first step.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        assert!(rates.steps_hz > 0 && rates.steps_per_tick > 0 && rates.catch_up_steps > 0);
        Self {
            rates,
            origin: None,
            steps: 0,
            dropped_us: 0,
            tick_due: Micros(0),
            ticks: 0,
            late: 0,
        }
    }

    /// A physics step begins at `now`.
    pub fn step(&mut self, now: Micros) -> Step {
        let origin = self.origin.get_or_insert(now);
        let due = origin.0 + span_us(self.steps, self.rates.steps_hz);
        let lag = now.0 - due;
        if lag < 0 {
            origin.0 += lag;
            self.dropped_us = (self.dropped_us + lag).max(0);
        }
        let owed = (lag.max(0) as u64 * u64::from(self.rates.steps_hz) / 1_000_000) + 1;
        let given_up = owed.saturating_sub(u64::from(self.rates.catch_up_steps));
        let given_up_us = span_us(given_up, self.rates.steps_hz);
        origin.0 += given_up_us;
        self.dropped_us += given_up_us;

        let nth = self.steps;
        self.steps += 1;
        if !nth.is_multiple_of(u64::from(self.rates.steps_per_tick)) {
            return Step::Between;
        }
        self.tick_due = Micros(origin.0 + span_us(nth, self.rates.steps_hz));
        Step::Tick
    }

    /// The tick's last datagram left at `now`. Answers whether that was late.
    pub fn sent(&mut self, now: Micros) -> bool {
        let late = now.0 - self.tick_due.0 > self.period_us();
        self.ticks += 1;
        self.late += u64::from(late);
        self.tick_due.0 += self.period_us();
        late
    }

    /// When the next tick is due, or how long ago that was if negative (unit: microseconds). During a tick, until
    /// [`Self::sent`], that tick is the next one.
    #[must_use]
    pub fn until_tick_us(&self, now: Micros) -> i64 {
        self.tick_due.0 - now.0
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            ticks: self.ticks,
            late: self.late,
            dropped: (self.dropped_us as u64 + self.period_us() as u64 / 2)
                / self.period_us() as u64,
        }
    }

    fn period_us(&self) -> i64 {
        span_us(u64::from(self.rates.steps_per_tick), self.rates.steps_hz)
    }
}

/// Computed from the count each time, so that a period that is no whole number of microseconds does not drift.
fn span_us(steps: u64, steps_hz: u32) -> i64 {
    (u128::from(steps) * 1_000_000 / u128::from(steps_hz)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        steps_hz: 60,
        steps_per_tick: 2,
        catch_up_steps: 6,
    };
    const START: i64 = 1_000_000_000;

    /// Does what Godot's main loop does with `common/physics_jitter_fix=0`: in each frame as many steps as are due, at
    /// most the cap.
    #[derive(Default)]
    struct MainLoop {
        done: i64,
        given_up: i64,
    }

    impl MainLoop {
        fn play(
            &mut self,
            schedule: &mut Schedule,
            frames: impl Iterator<Item = i64>,
            tick_us: i64,
        ) {
            for frame in frames {
                let owed = frame * 60 / 1_000_000 + 1 - self.done - self.given_up;
                self.given_up += (owed - 6).max(0);
                let mut now = START + frame;
                for _ in 0..owed.min(6) {
                    self.done += 1;
                    if schedule.step(Micros(now)) == Step::Tick {
                        now += tick_us;
                        schedule.sent(Micros(now));
                    }
                }
            }
        }
    }

    fn frames(from_us: i64, to_us: i64) -> impl Iterator<Item = i64> {
        (from_us..to_us).step_by(8_333)
    }

    #[test]
    fn tk1_every_second_step_is_a_tick() {
        let mut schedule = Schedule::new(RATES);
        let kinds: Vec<Step> = (0..4).map(|k| schedule.step(Micros(k * 16_667))).collect();
        assert_eq!(
            kinds,
            [Step::Tick, Step::Between, Step::Tick, Step::Between]
        );
    }

    #[test]
    fn tk2_an_hour_on_time_has_no_late_tick() {
        let mut schedule = Schedule::new(RATES);
        MainLoop::default().play(&mut schedule, frames(0, 3_600_000_000), 2_000);
        let counters = schedule.counters();
        assert_eq!((counters.late, counters.dropped), (0, 0));
        assert!(counters.ticks.abs_diff(108_000) <= 1, "{counters:?}");
    }

    #[test]
    fn tk2_a_tick_is_late_when_its_last_datagram_leaves_after_a_period() {
        for (tick_us, late) in [(33_333, false), (33_334, true)] {
            let mut schedule = Schedule::new(RATES);
            schedule.step(Micros(START));
            assert_eq!(schedule.sent(Micros(START + tick_us)), late);
        }
    }

    #[test]
    fn tk3_a_stall_below_the_cap_is_made_good_and_its_ticks_are_late() {
        let mut schedule = Schedule::new(RATES);
        let stalled = frames(0, 1_000_000).chain(frames(1_080_000, 60_000_000));
        MainLoop::default().play(&mut schedule, stalled, 1_000);
        let counters = schedule.counters();
        assert_eq!(counters.dropped, 0);
        assert!((1..=3).contains(&counters.late), "{counters:?}");
        assert!(counters.ticks.abs_diff(1_800) <= 1, "{counters:?}");
    }

    #[test]
    fn tk4_debt_beyond_100_ms_is_dropped_and_counted_and_leaves_nothing_late_for_good() {
        for stall_us in (90_000..600_000).step_by(1_700) {
            let mut schedule = Schedule::new(RATES);
            let mut main_loop = MainLoop::default();
            main_loop.play(&mut schedule, frames(0, 1_000_000), 1_000);
            main_loop.play(
                &mut schedule,
                frames(1_000_000 + stall_us, 3_000_000),
                1_000,
            );
            let stalled = schedule.counters();
            let given_up = (main_loop.given_up as u64).div_ceil(2);
            assert!(
                stalled.dropped.abs_diff(given_up) <= 1,
                "{stall_us}: {stalled:?}, Godot {given_up}"
            );
            assert!((1..=4).contains(&stalled.late), "{stall_us}: {stalled:?}");
            main_loop.play(&mut schedule, frames(3_000_000, 10_000_000), 20_000);
            assert_eq!(schedule.counters().late, stalled.late, "{stall_us}");
        }
    }

    #[test]
    fn tk4_an_overloaded_instance_says_how_much_it_gives_up() {
        let mut schedule = Schedule::new(RATES);
        let mut main_loop = MainLoop::default();
        let mut frame = 0;
        while frame < 60_000_000 {
            let before = schedule.counters().ticks;
            main_loop.play(&mut schedule, std::iter::once(frame), 40_000);
            frame += 8_333.max(40_000 * (schedule.counters().ticks - before) as i64);
        }
        let counters = schedule.counters();
        assert!(counters.ticks.abs_diff(1_500) <= 5, "{counters:?}");
        assert!(
            (counters.ticks + counters.dropped).abs_diff(1_800) <= 5,
            "{counters:?}"
        );
        assert!(counters.late > 1_400, "{counters:?}");
    }

    #[test]
    fn tk5_an_origin_that_was_late_is_tightened() {
        let mut schedule = Schedule::new(RATES);
        schedule.step(Micros(START + 30_000));
        schedule.sent(Micros(START + 30_000));
        schedule.step(Micros(START + 30_000));
        for nth in 2..100 {
            if schedule.step(Micros(START + span_us(nth, 60))) == Step::Tick {
                let late = schedule.sent(Micros(START + span_us(nth, 60) + 33_400));
                assert!(late, "step {nth}");
            }
        }
    }

    #[test]
    fn the_next_tick_is_the_one_at_hand_until_it_is_sent() {
        let mut schedule = Schedule::new(RATES);
        schedule.step(Micros(START));
        assert_eq!(schedule.until_tick_us(Micros(START + 500)), -500);
        schedule.sent(Micros(START + 1_000));
        assert_eq!(schedule.until_tick_us(Micros(START + 1_000)), 32_333);
    }
}
