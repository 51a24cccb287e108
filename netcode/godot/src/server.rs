//! `OtherworldServer`: one instance, as a node.
//!
//! Read it from [`OtherworldServer::physics_process`]: Godot calls it 60 times a second, before its own physics step;
//! every second call is a tick ([`crate::tick`]). What the fleet and the control plane want comes as commands between
//! ticks, what they shall know goes as reports; neither is waited for. Between ticks only the network is heard, so that
//! inputs learn exactly how early they came.

use std::collections::HashMap;

use godot::classes::Engine;
use godot::prelude::*;
use otherworld_core::protocol::PROTOCOL_HASH;
use otherworld_core::tick::TICK_RATE_HZ;
use otherworld_instance::{Build, Command, Config, Instance, Refusal, Report, World};

use crate::people::refusal_causes;
use crate::running::Running;
use crate::schedule::{Rates, Step};
use crate::{logger, priority};

/// A key of the environment is missing or wrong (sysexits.h: EX_CONFIG).
const EXIT_CONFIG: i32 = 78;
/// What the instance needs is not to be had (EX_UNAVAILABLE).
const EXIT_UNAVAILABLE: i32 = 69;

/// An authoritative instance. Reads its configuration from the environment when it enters the tree, and says with
/// `stopped` when the process is to end.
#[derive(GodotClass)]
#[class(init, base=Node)]
pub struct OtherworldServer {
    state: State,
    base: Base<Node>,
}

#[derive(Default)]
enum State {
    /// Not in the tree yet, or over.
    #[default]
    Off,
    /// Waiting to be told which world to run.
    Waiting(Instance, Config),
    /// Open for players.
    Running(Instance, Box<Running>),
    /// The players are being told.
    Parting(Instance, Box<Running>),
    /// The players have been told; the fleet and the control plane are being told.
    Closing(Instance),
}

#[godot_api]
impl OtherworldServer {
    /// The instance is over: end the process with this code, for this reason.
    #[signal]
    fn stopped(exit_code: i64, reason: GString);

    fn stop(&mut self, exit_code: i32, reason: &str) {
        self.state = State::Off;
        let reason = GString::from(reason);
        self.signals().stopped().emit(i64::from(exit_code), &reason);
    }
}

#[godot_api]
impl INode for OtherworldServer {
    fn ready(&mut self) {
        let environment: HashMap<String, String> = std::env::vars().collect();
        let configured = logger::init(environment.get(logger::LEVEL_KEY).map(String::as_str))
            .and_then(|()| Config::from_env(&environment).map_err(|error| error.to_string()));
        match configured {
            Err(problem) => self.stop(EXIT_CONFIG, &problem),
            Ok(config) => self.start(config),
        }
    }

    fn physics_process(&mut self, _delta: f64) {
        self.obey();
        match &mut self.state {
            State::Off => {}
            State::Waiting(instance, _) | State::Closing(instance) => instance.pulse(),
            State::Parting(..) => self.part(),
            State::Running(instance, running) => {
                if running.begin_step() == Step::Tick {
                    running.tick();
                    running.report(instance);
                } else {
                    running.listen();
                }
            }
        }
    }

    fn process(&mut self, _delta: f64) {
        if let State::Running(_, running) = &mut self.state {
            running.listen();
        }
    }
}

impl OtherworldServer {
    fn start(&mut self, config: Config) {
        match priority::raise() {
            Ok(()) => log::info!(stage = "start"; "goes before other work of this machine"),
            Err(error) => {
                log::info!(stage = "start"; "other work of this machine may delay ticks: {error}");
            }
        }
        match otherworld_instance::start(config.clone(), build()) {
            Err(error) => self.stop(EXIT_UNAVAILABLE, &error.to_string()),
            Ok(instance) => self.state = State::Waiting(instance, config),
        }
    }

    /// Does what has been commanded since the last step.
    fn obey(&mut self) {
        while let Some(command) = self.next_command() {
            match command {
                Command::World(world) => self.open(&world),
                Command::Shutdown { reason, .. } => self.close(&reason),
                Command::Exit(Ok(())) => self.stop(0, "the instance has ended"),
                Command::Exit(Err(error)) => self.stop(EXIT_UNAVAILABLE, &error.to_string()),
                command => self.obey_inside(command),
            }
        }
    }

    fn next_command(&self) -> Option<Command> {
        match &self.state {
            State::Off => None,
            State::Waiting(instance, _)
            | State::Running(instance, _)
            | State::Parting(instance, _)
            | State::Closing(instance) => instance.poll(),
        }
    }

    fn open(&mut self, world: &World) {
        let State::Waiting(instance, config) = std::mem::take(&mut self.state) else {
            unreachable!("a world comes once, before anything else");
        };
        match Running::open(world, &config, rates(), &instance) {
            Ok(running) => self.state = State::Running(instance, Box::new(running)),
            Err(problem) => {
                log::error!(stage = "open"; "{problem}");
                tell(&instance, Report::Failed(problem));
                self.state = State::Closing(instance);
            }
        }
    }

    fn close(&mut self, reason: &str) {
        match std::mem::take(&mut self.state) {
            State::Off => {}
            State::Waiting(instance, _) | State::Closing(instance) => {
                tell(&instance, Report::Stopped);
                self.state = State::Closing(instance);
            }
            State::Running(instance, mut running) => {
                running.close(reason);
                self.state = State::Parting(instance, running);
                self.part();
            }
            parting @ State::Parting(..) => self.state = parting,
        }
    }

    fn part(&mut self) {
        let State::Parting(instance, mut running) = std::mem::take(&mut self.state) else {
            unreachable!("who parts is parting");
        };
        instance.pulse();
        self.state = if running.part(&instance) {
            State::Parting(instance, running)
        } else {
            tell(&instance, Report::Stopped);
            State::Closing(instance)
        };
    }

    fn obey_inside(&mut self, command: Command) {
        match (&mut self.state, command) {
            (State::Running(_, running), command) => running.obey(command),
            (
                State::Parting(instance, _) | State::Closing(instance),
                Command::OfferSeat { seat, .. },
            ) => {
                let refusal = Err(Refusal::Draining);
                tell(instance, Report::SeatAnswer(seat.id, refusal));
            }
            (State::Waiting(instance, _), Command::OfferSeat { seat, .. }) => {
                let refusal = Err(Refusal::NotListening);
                tell(instance, Report::SeatAnswer(seat.id, refusal));
            }
            _ => {}
        }
    }
}

/// Hands over a report outside a tick, where a full queue can only mean that nobody listens any more.
pub fn tell(instance: &Instance, report: Report) {
    if instance.report(report).is_err() {
        log::error!(stage = "report"; "the instance's thread takes no reports");
    }
}

fn build() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").into(),
        protocol_hash: PROTOCOL_HASH,
        refusal_causes: Vec::leak(refusal_causes()),
    }
}

/// The engine's own settings, so that they are said once, in `project.godot`.
fn rates() -> Rates {
    let engine = Engine::singleton();
    let steps_hz = engine.get_physics_ticks_per_second() as u32;
    assert!(
        steps_hz.is_multiple_of(TICK_RATE_HZ),
        "physics/common/physics_ticks_per_second is {steps_hz}, no multiple of {TICK_RATE_HZ}"
    );
    Rates {
        steps_hz,
        steps_per_tick: steps_hz / TICK_RATE_HZ,
        catch_up_steps: engine.get_max_physics_steps_per_frame() as u32,
    }
}
