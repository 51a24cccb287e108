//! `otherworld-bot`: reads one scenario as JSON on standard input, plays its bots in real time and prints what they see as
//! JSON lines. The crate's README describes both.
#![forbid(unsafe_code)]

mod behaviour;
mod bot;
mod ending;
mod fault;
mod http;
mod motion;
mod relay;
mod report;
mod run;
mod scenario;
mod views;
mod world;

use ending::Ending;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => {
            eprintln!("otherworld-bot: {ending}");
            ExitCode::from(ending.exit_code())
        }
    }
}

fn start() -> Result<(), Ending> {
    let scenario = scenario::read(std::io::stdin().lock())?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        // The second signal ends the process at once.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .map_err(Ending::system)?;
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(Ending::system)?;
    }
    run::run(scenario, &stop)
}
