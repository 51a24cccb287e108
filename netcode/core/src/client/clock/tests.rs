use super::*;
use crate::input::{Input, InputBuffer, InputFrame, InputPacket};
use crate::testing::{Conditions, Random, Way, seed};

const ROUND_TRIP: Duration = Duration::from_millis(80);

/// A server that takes a tick each period, a client that sends when its clock says so, and a network between them.
struct Rig {
    up: Way,
    down: Way,
    random: Random,
    clock: Option<InputClock>,
    packet: Option<InputPacket>,
    inputs: InputBuffer,
    tick: Tick,
    tick_at_us: u64,
    missed_before: u8,
    /// The client's process or the server's does nothing until then.
    client_sleeps_until_us: u64,
    sent: u32,
    /// Each tick: whether it was missed, and its input's margin when it came itself.
    seen: Vec<(bool, Option<i32>)>,
}

impl Rig {
    fn new(seed: u64, conditions: Conditions, tick: Tick) -> Rig {
        Rig {
            up: Way::new(seed, conditions),
            down: Way::new(seed ^ 1, conditions),
            random: Random(seed ^ 2),
            clock: None,
            packet: None,
            inputs: InputBuffer::new(tick),
            tick,
            tick_at_us: 1_000_000,
            missed_before: 0,
            client_sleeps_until_us: 0,
            sent: 0,
            seen: Vec::new(),
        }
    }

    /// So many of the server's ticks, in steps of half a millisecond.
    fn run(&mut self, ticks: u32) -> &mut Rig {
        for _ in 0..ticks {
            let end = self.tick_at_us + u64::from(TICK_US);
            let mut now_us = self.tick_at_us;
            self.server_tick(now_us);
            while now_us < end {
                self.server_hears(now_us, end);
                if now_us >= self.client_sleeps_until_us {
                    self.client(now_us);
                }
                now_us += 500;
            }
            self.tick_at_us = end;
        }
        self
    }

    fn server_hears(&mut self, now_us: u64, next_tick_us: u64) {
        while let Some(bytes) = self.up.receive(now_us) {
            let packet = InputPacket::decode(&bytes).unwrap();
            self.inputs.receive(&packet, (next_tick_us - now_us) as i32);
        }
    }

    fn server_tick(&mut self, now_us: u64) {
        let (_, own) = self.inputs.take();
        let margin_us = self.inputs.take_margin_us();
        if self.clock.is_some() {
            self.seen.push((!own, margin_us));
        }
        let margin_ms = margin_us.map_or(0, |us| us.div_euclid(1_000)) as i16;
        let mut bytes = self.tick.0.to_le_bytes().to_vec();
        bytes.extend(self.inputs.newest().unwrap_or(self.tick).0.to_le_bytes());
        bytes.extend(margin_ms.to_le_bytes());
        bytes.push(self.inputs.counters().missed as u8);
        self.down.send(now_us, &bytes);
        self.tick = self.tick.plus(1);
    }

    fn client(&mut self, now_us: u64) {
        let now = Duration::from_micros(now_us);
        while let Some(bytes) = self.down.receive(now_us) {
            let word = |at: usize| Tick(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
            let header = Header {
                tick: word(0),
                input_tick: word(4),
                input_margin_ms: i16::from_le_bytes([bytes[8], bytes[9]]),
                missed_inputs: bytes[10],
            };
            let overtaken = match &mut self.clock {
                Some(clock) => {
                    let missed = bytes[10].wrapping_sub(self.missed_before);
                    // An older snapshot that comes late is not counted again.
                    if missed < 128 {
                        self.missed_before = bytes[10];
                        clock.measure(&header, missed, self.up.conditions.loss as f32);
                    }
                    !clock.next_tick().is_after(word(0))
                }
                None => {
                    self.missed_before = bytes[10];
                    self.clock = Some(InputClock::start(now, word(0), ROUND_TRIP));
                    false
                }
            };
            if let (true, Some(clock)) = (overtaken, &mut self.clock) {
                clock.catch_up(now, word(0), ROUND_TRIP);
            }
        }
        let Some(clock) = &mut self.clock else {
            return;
        };
        clock.skip_to(now);
        let due = clock.due() <= now;
        while clock.due() <= now {
            let (tick, input) = (clock.take(), Input::default());
            match &mut self.packet {
                Some(packet) if packet.newest().plus(1) == tick => packet.push(input),
                packet => *packet = Some(InputPacket::new(InputFrame { tick, input })),
            }
        }
        if due {
            let mut bytes = [0; 200];
            let length = self.packet.as_ref().unwrap().encode(&mut bytes).unwrap();
            // A thread wakes up a little late.
            let wakes_us = self.random.below(1_000);
            self.up.send(now_us + wakes_us, &bytes[..length]);
            self.sent += 1;
        }
    }

    /// Of the last ticks: the share that was missed, and the mean margin of inputs (unit: milliseconds).
    fn last(&self, ticks: usize) -> (f64, f64) {
        let seen = &self.seen[self.seen.len() - ticks..];
        let missed = seen.iter().filter(|(missed, _)| *missed).count();
        let margins: Vec<i32> = seen.iter().filter_map(|(_, margin)| *margin).collect();
        let mean_us = margins.iter().map(|us| f64::from(*us)).sum::<f64>() / margins.len() as f64;
        (missed as f64 / ticks as f64, mean_us / 1e3)
    }
}

#[test]
fn ck1_on_a_steady_network_an_input_comes_just_in_time() {
    for delay_us in [0, 1_000, 40_000, 150_000] {
        let mut rig = Rig::new(seed(), Conditions::of(delay_us, 0, 0.0), Tick(300));
        let (missed, margin_ms) = rig.run(900).last(600);
        assert_eq!(missed, 0.0, "{delay_us}");
        assert!((2.0..9.0).contains(&margin_ms), "{delay_us}: {margin_ms}");
    }
}

#[test]
fn ck1_under_jitter_and_loss_few_ticks_are_missed_and_the_lead_is_short() {
    let seed = seed();
    for (name, conditions, most_missed, most_ms) in [
        ("jitter", Conditions::of(40_000, 30_000, 0.0), 0.005, 32.0),
        (
            "loss 1 %",
            Conditions::of(40_000, 30_000, 0.01),
            0.005,
            60.0,
        ),
        (
            "loss 5 %",
            Conditions::of(40_000, 30_000, 0.05),
            0.005,
            75.0,
        ),
        (
            "loss 20 %",
            Conditions::of(40_000, 30_000, 0.2),
            0.01,
            150.0,
        ),
        ("all of it", Conditions::bad(0.05), 0.006, 100.0),
    ] {
        let mut rig = Rig::new(seed, conditions, Tick(300));
        let (missed, margin_ms) = rig.run(600 + 18_000).last(18_000);
        println!(
            "{name}: {:.2} % missed, margin {margin_ms:.1} ms",
            missed * 100.0
        );
        assert!(missed < most_missed, "{name}: {missed}");
        assert!((2.0..most_ms).contains(&margin_ms), "{name}: {margin_ms}");
    }
}

#[test]
fn ck3_it_settles_within_seconds_and_rests() {
    for first in [Tick(300), Tick(u32::MAX - 200)] {
        let mut rig = Rig::new(seed(), Conditions::of(40_000, 30_000, 0.05), first);
        rig.run(150);
        let mut offsets = Vec::new();
        for _ in 0..600 {
            rig.run(1);
            let clock = rig.clock.as_ref().unwrap();
            offsets.push(clock.offset_us + clock.origin.as_micros() as i64);
        }
        let (least, most) = (offsets.iter().min().unwrap(), offsets.iter().max().unwrap());
        assert!(most - least < 60_000, "{} ms", (most - least) / 1_000);
        assert!(rig.last(600).0 < 0.01);
    }
}

#[test]
fn ck4_a_server_that_stalls_finds_the_inputs_as_early_as_before() {
    let mut rig = Rig::new(seed(), Conditions::of(40_000, 0, 0.0), Tick(0));
    rig.run(300);
    let before = rig.last(100);
    // It does nothing for a second and gives up the ticks.
    rig.tick_at_us += 1_000_000;
    rig.run(150);
    let after = rig.last(30);
    assert!((after.1 - before.1).abs() < 10.0, "{before:?} {after:?}");
    assert_eq!(after.0, 0.0);
}

#[test]
fn ck5_a_client_that_sleeps_goes_on_when_it_wakes() {
    for sleep_us in [100_000, 1_000_000, 10_000_000] {
        let mut rig = Rig::new(seed(), Conditions::of(40_000, 10_000, 0.0), Tick(0));
        rig.run(300);
        rig.client_sleeps_until_us = rig.tick_at_us + sleep_us;
        rig.run((sleep_us / u64::from(TICK_US)) as u32);
        let (missed, margin_ms) = rig.run(300).last(120);
        assert!(missed < 0.01, "{missed}");
        // A short sleep is remembered as jitter, for as long as the answers count.
        assert!((2.0..50.0).contains(&margin_ms), "{margin_ms}");
        let (missed, margin_ms) = rig.run(900).last(120);
        assert_eq!(missed, 0.0);
        assert!((2.0..20.0).contains(&margin_ms), "{margin_ms}");
    }
}

#[test]
fn ck5_ticks_of_a_long_sleep_are_given_up() {
    let mut clock = InputClock::start(Duration::from_secs(1), Tick(5), Duration::ZERO);
    let skipped = clock.skip_to(Duration::from_secs(2));
    assert!(skipped >= 20);
    let due = clock.due();
    assert!(due <= Duration::from_secs(2) && due + 9 * PERIOD > Duration::from_secs(2));
}
