//! `otherworld-impair`: a bad network as a process, between bots and instances. The crate's README describes it.
#![forbid(unsafe_code)]

mod alarm;
mod clients;
mod counters;
mod options;
mod queue;
mod relay;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn main() -> ExitCode {
    let options = match options::read(std::env::args_os()) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("otherworld-impair: {problem}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match start(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("otherworld-impair: the system refused: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(options: options::Options) -> std::io::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let ask = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        // The second signal ends the process at once.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&ask))?;
    relay::Relay::open(options)?.run(&stop, &ask)
}
