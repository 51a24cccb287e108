//! An instance without Godot: the whole crate with the smallest tick around it. It answers seats, loads nothing, opens no
//! pipe and beats at 30 Hz. The fleet's tests start it as the instance command, where an engine would only cost time.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use otherworld_instance::{
    Build, Command, Config, Instance, LeaveCause, Listening, Report, Seats, Tick, TickSample, start,
};

const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / 30);

fn main() -> ExitCode {
    env_logger::init_from_env(env_logger::Env::default().default_filter_or("info"));
    let env: HashMap<String, String> = std::env::vars().collect();
    match Config::from_env(&env).map_err(Into::into).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let build = Build {
        version: "hello".into(),
        protocol_hash: 1,
        refusal_causes: &[],
    };
    let instance = start(config, build)?;
    let mut hello = Hello {
        instance: &instance,
        seats: Seats::new(0),
        begun: Instant::now(),
    };
    for tick in 0u32.. {
        let due = hello.begun + PERIOD * tick;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        while let Some(command) = instance.poll() {
            if let Command::Exit(result) = command {
                return Ok(result?);
            }
            hello.obey(command);
        }
        while let Some((seat, cause)) = hello.seats.expire(hello.begun.elapsed()) {
            hello.tell(Report::PlayerLeft(seat.id, cause));
        }
        instance.tick_done(&TickSample {
            tick: Tick(tick),
            duration: due.elapsed(),
            late: due.elapsed() > PERIOD,
            dropped: 0,
            bytes_in: 0,
            bytes_out: 0,
            allocations: 0,
            refusals: &[],
        });
    }
    Ok(())
}

struct Hello<'a> {
    instance: &'a Instance,
    seats: Seats,
    begun: Instant,
}

impl Hello<'_> {
    fn obey(&mut self, command: Command) {
        match command {
            Command::World(world) => {
                self.seats = Seats::new(world.capacity);
                self.tell(Report::Listening(Listening {
                    world_hash: 0,
                    static_triangles: 0,
                    dynamic_bodies: 0,
                    load_ms: 0.0,
                }));
            }
            Command::OfferSeat { seat, expires } => {
                let id = seat.id;
                let answer = self.seats.offer(seat, self.begun.elapsed() + expires);
                self.tell(Report::SeatAnswer(id, answer));
            }
            Command::RevokeSeat(id) => {
                if self.seats.revoke(id).is_some() {
                    self.tell(Report::PlayerLeft(id, LeaveCause::Revoked));
                }
            }
            Command::Kick { seat, .. } => {
                if self.seats.leave(seat).is_some() {
                    self.tell(Report::PlayerLeft(seat, LeaveCause::Kicked));
                }
            }
            Command::Drain => self.seats.drain(),
            Command::Shutdown { .. } => self.tell(Report::Stopped),
            Command::Connected(_) | Command::Exit(_) => {}
        }
    }

    fn tell(&self, report: Report) {
        self.instance
            .report(report)
            .expect("the instance's thread takes reports");
    }
}
