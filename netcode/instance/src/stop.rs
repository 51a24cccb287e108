//! Who may end an instance, and how much time its players are given. The first cause counts.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::error::Error;

/// Time for the players' goodbye where nobody named one. With those of the fleet and of the control plane it fits into the
/// 8 s that the local supervisor gives between SIGTERM and SIGKILL; Kubernetes gives 30.
const GRACE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) enum Cause {
    /// The control plane's `Shutdown`.
    Control {
        grace: Duration,
    },
    /// SIGTERM or SIGINT.
    Signal(&'static str),
    /// The fleet has marked the GameServer for deletion.
    Fleet,
    /// Draining, and the last seat is free.
    Drained,
    /// The tick let go of its handle.
    Abandoned,
    Failed(Error),
}

impl Cause {
    pub fn grace(&self) -> Duration {
        match self {
            Self::Control { grace } => *grace,
            Self::Signal(_) | Self::Fleet | Self::Drained | Self::Failed(_) => GRACE,
            Self::Abandoned => Duration::ZERO,
        }
    }

    /// For the log and the players.
    pub fn reason(&self) -> String {
        match self {
            Self::Control { .. } => "the control plane asked for it".into(),
            Self::Signal(name) => format!("{name} was received"),
            Self::Fleet => "the fleet shuts it down".into(),
            Self::Drained => "it is drained and empty".into(),
            Self::Abandoned => "the tick has ended".into(),
            Self::Failed(error) => error.to_string(),
        }
    }

    pub fn into_result(self) -> Result<(), Error> {
        match self {
            Self::Failed(error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The asking end; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Stop(mpsc::Sender<Cause>);

impl Stop {
    pub fn new() -> (Self, mpsc::Receiver<Cause>) {
        let (sender, receiver) = mpsc::channel(1);
        (Self(sender), receiver)
    }

    pub fn ask(&self, cause: Cause) {
        // A full channel holds an earlier cause, a closed one means that the end is under way.
        let _ = self.0.try_send(cause);
    }

    /// Asks when the process is told to end. Must be called inside the runtime.
    pub fn on_signals(&self) -> std::io::Result<()> {
        for (kind, name) in [
            (SignalKind::terminate(), "SIGTERM"),
            (SignalKind::interrupt(), "SIGINT"),
        ] {
            let mut arrivals = signal(kind)?;
            let stop = self.clone();
            tokio::spawn(async move {
                while arrivals.recv().await.is_some() {
                    stop.ask(Cause::Signal(name));
                }
            });
        }
        Ok(())
    }
}
