//! An instance that is open: its world, its people, its schedule, and what it reports after each tick.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use otherworld_core::Tick;
use otherworld_core::tick::TICK_RATE_HZ;
use otherworld_instance::{
    Broken, Command, Config, Instance, Listening, Report, TelemetryFrame, TickSample, World,
};
use otherworld_pipes::UnixClock;
use otherworld_scene::Scene;

use crate::ledger::Ledger;
use crate::people::{Door, People};
use crate::record::{Recorder, Told};
use crate::schedule::{Micros, Rates, Schedule, Step};
use crate::server::tell;
use crate::simulation::Simulation;
use crate::telemetry::Telemetry;
use crate::tick::{Peers, tick};
use crate::{inventory, logger};

/// An instance with its door open.
pub struct Running {
    simulation: Simulation,
    people: People,
    schedule: Schedule,
    telemetry: Telemetry,
    clock: UnixClock,
    /// The tick that is taken next, or the one at hand.
    tick: Tick,
    last: Last,
    ledger: Ledger,
    recorder: Option<Recorder>,
    refusals: Vec<u64>,
}

/// What the newest tick cost.
#[derive(Default)]
struct Last {
    began: Duration,
    duration: Duration,
    late: bool,
    dropped: u64,
}

impl Running {
    /// Loads the world, opens the door and says so.
    ///
    /// # Errors
    /// A sentence for people, with the cure where there is one.
    pub fn open(
        world: &World,
        config: &Config,
        rates: Rates,
        instance: &Instance,
    ) -> Result<Self, String> {
        if world.tick_rate_hz != TICK_RATE_HZ {
            let asked = world.tick_rate_hz;
            return Err(format!(
                "the world asks for {asked} Hz; this build ticks at {TICK_RATE_HZ} Hz only"
            ));
        }
        let started = Instant::now();
        let scene = otherworld_scene::read(&world.bytes)
            .map_err(|error| format!("the world {} cannot be read: {error}", world.id))?;
        let mut simulation = Simulation::new(&scene, world.capacity)
            .map_err(|error| format!("the world {} cannot be walked on: {error}", world.id))?;
        let clock = UnixClock::start();
        let door = Door {
            bind: config.udp_bind,
            public_address: SocketAddr::from(world.public_address),
            key: world.key,
            capacity: world.capacity,
            body_slots: simulation.bodies().len(),
        };
        let people = People::open(&door, clock)
            .map_err(|error| format!("the socket {} cannot be bound: {error}", door.bind))?;
        if config.broken == Some(Broken::Bodies) {
            log::error!(stage = "open"; "OTHERWORLD_BREAK=bodies: nobody will see a body move");
            simulation.freeze_shown_bodies();
        }
        let recorder = record(config, &simulation)?;
        let load = started.elapsed();
        log_world(world, &scene, &simulation, load);
        tell(instance, Report::Listening(listening(&simulation, load)));
        Ok(Self {
            telemetry: Telemetry::new(&simulation),
            simulation,
            people,
            schedule: Schedule::new(rates),
            clock,
            tick: Tick(0),
            last: Last::default(),
            ledger: Ledger::default(),
            recorder,
            refusals: Vec::new(),
        })
    }

    /// A physics step begins; says what it is.
    pub fn begin_step(&mut self) -> Step {
        self.last.began = self.clock.now();
        self.schedule.step(micros(self.last.began))
    }

    /// One tick.
    pub fn tick(&mut self) {
        logger::set_tick(self.tick.0);
        self.ledger.begin();
        self.announce_tick();
        tick(&mut self.simulation, &mut self.people, &mut self.ledger);
        let sent = self.clock.now();
        self.last.late = self.schedule.sent(micros(sent));
        self.last.duration = sent - self.last.began;
        self.take_down();
        self.tick = self.tick.plus(1);
    }

    /// Hears the network between ticks.
    pub fn listen(&mut self) {
        self.ledger.begin();
        self.announce_tick();
        self.people.receive(&mut self.simulation);
        self.ledger.end(None);
    }

    /// Records what was true when this tick's snapshots were made.
    fn take_down(&mut self) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let told = Told {
            tick: self.tick,
            at: self.people.told_at(),
            took: self.last.duration,
        };
        let players = self.simulation.avatars().iter().flatten();
        let bodies = self.simulation.bodies().iter();
        recorder.tick(
            told,
            players.map(|avatar| &avatar.shown),
            bodies.map(|body| body.as_ref().map(|body| &body.pose)),
        );
    }

    fn announce_tick(&mut self) {
        let until_us = self.schedule.until_tick_us(micros(self.clock.now()));
        self.people.set_next_tick(self.tick, until_us);
    }

    /// Does what the control plane wants of an open instance.
    pub fn obey(&mut self, command: Command) {
        match command {
            Command::OfferSeat { seat, expires } => self.people.offer(seat, expires),
            Command::RevokeSeat(id) => self.people.revoke(id),
            Command::Kick { seat, reason } => {
                log::info!(stage = "people", seat = seat.0, reason = reason.as_str(); "kick");
                self.people.kick(seat, &reason, &mut self.simulation);
            }
            Command::Drain => {
                log::info!(stage = "people", inside = self.people.count(); "drain");
                self.people.drain();
            }
            // The server's own.
            Command::World(_)
            | Command::Connected(_)
            | Command::Shutdown { .. }
            | Command::Exit(_) => {}
        }
    }

    /// Tells what happened in this tick and what it cost.
    pub fn report(&mut self, instance: &Instance) {
        self.pass_reports(instance);
        if let Some(mut frame) = instance.blank_telemetry() {
            self.fill(&mut frame);
            // With a full queue there is no picture this time.
            let _ = instance.report(Report::Telemetry(frame));
        }
        self.people.refusals(&mut self.refusals);
        let (bytes_in, bytes_out) = self.people.bytes();
        let dropped = self.schedule.counters().dropped;
        instance.tick_done(&TickSample {
            tick: self.tick.plus(-1),
            duration: self.last.duration,
            late: self.last.late,
            dropped: dropped.saturating_sub(self.last.dropped) as u32,
            bytes_in,
            bytes_out,
            allocations: self.ledger.allocations(),
            refusals: &self.refusals,
        });
        self.last.dropped = dropped;
        self.ledger.end(Some(self.last.duration));
    }

    fn fill(&mut self, frame: &mut TelemetryFrame) {
        let people = &self.people;
        let seat_of = |slot: usize| people.session(slot).map(|session| session.seat());
        self.telemetry
            .fill(frame, self.tick.plus(-1), &self.simulation, seat_of);
    }

    fn pass_reports(&mut self, instance: &Instance) {
        while let Some(report) = self.people.next_report() {
            if let Err(report) = instance.report(report) {
                self.people.tell_later(report);
                break;
            }
        }
    }

    /// Says goodbye to everybody and lets nobody in; [`Running::part`] is to be called until all have heard it.
    pub fn close(&mut self, reason: &str) {
        log::info!(stage = "close", inside = self.people.count(), reason; "goodbye to all");
        self.people.close(reason, &mut self.simulation);
        let counters = self.schedule.counters();
        log::info!(stage = "close", ticks = counters.ticks, late = counters.late, dropped = counters.dropped;
            "when ticks came");
        self.ledger.log();
        // Waits until all of it is written.
        self.recorder = None;
    }

    /// Serves those who have been sent away; false when there is none any more.
    pub fn part(&mut self, instance: &Instance) -> bool {
        let parting = self.people.part(&mut self.simulation);
        self.pass_reports(instance);
        parting
    }
}

fn record(config: &Config, simulation: &Simulation) -> Result<Option<Recorder>, String> {
    let Some(path) = &config.record else {
        return Ok(None);
    };
    let (players, bodies) = (simulation.avatars().len(), simulation.bodies().len());
    log::info!(stage = "open", path:% = path.display(); "what is true is recorded");
    let recorder = Recorder::start(path, players, bodies);
    let recorder =
        recorder.map_err(|error| format!("OTHERWORLD_RECORD={}: {error}", path.display()))?;
    Ok(Some(recorder))
}

fn micros(now: Duration) -> Micros {
    Micros(now.as_micros() as i64)
}

fn listening(simulation: &Simulation, load: Duration) -> Listening {
    Listening {
        world_hash: simulation.world().hash(),
        static_triangles: simulation.world().triangle_count() as u32,
        dynamic_bodies: simulation.bodies().iter().flatten().count() as u32,
        load_ms: load.as_secs_f64() * 1e3,
    }
}

fn log_world(world: &World, scene: &Scene, simulation: &Simulation, load: Duration) {
    log::info!(
        stage = "open",
        world = world.id.as_str(),
        sha256 = world.sha256.as_str(),
        load_ms = load.as_millis() as u64,
        triangles = simulation.world().triangle_count(),
        things:% = inventory::of(scene);
        "world is loaded"
    );
}
