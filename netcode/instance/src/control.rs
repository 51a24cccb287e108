//! The line to the control plane: dial, register, serve, and again for ever. While there is none, the tick's reports are
//! still taken in, so that the next `Register` tells how things stand. The tick alone decides about seats; nothing is
//! answered here in its name.

mod assign;
mod register;
mod serve;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep};
use tonic::{Code, Status};

use crate::backoff::Backoff;
use crate::config::{Build, Config};
use crate::error::Error;
use crate::exchange::{Command, Exchange, Listening, Report};
use crate::heartbeat::Window;
use crate::requests::Requests;
use crate::roster::Roster;
use crate::sdk::{Desired, GameServer};
use crate::stop::{Cause, Stop};

use assign::Assignment;
use register::Accepted;

const STEADY_AFTER: Duration = Duration::from_secs(2);

/// Where the instance has got to, for the flow.
#[derive(Clone, Debug, Default)]
struct Progress {
    registered: Option<Accepted>,
    assigned: Option<Assignment>,
    is_listening: bool,
    has_stopped: bool,
}

/// What the flow wants of the line.
#[derive(Clone, Debug, Default)]
struct Will {
    stage: Stage,
    /// Why the instance ends, where nobody asked it to: the control plane is to know.
    failure: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Serve,
    /// Keep the stream that is there, dial no other.
    WindUp,
    Close,
}

/// The flow's handle of the line.
#[derive(Debug)]
pub(crate) struct Control {
    progress: watch::Receiver<Progress>,
    will: watch::Sender<Will>,
    task: tokio::task::JoinHandle<()>,
}

impl Control {
    /// Spawns the task that dials, registers and serves until [`Self::close`].
    pub fn open(
        config: Config,
        build: Build,
        server: GameServer,
        exchange: Arc<Exchange>,
        desired: watch::Sender<Desired>,
        stop: Stop,
    ) -> Self {
        let (told, progress) = watch::channel(Progress::default());
        let (will, heard) = watch::channel(Will::default());
        let stream = Stream {
            config,
            build,
            server,
            exchange,
            desired,
            stop,
            progress: told,
            will: heard,
            roster: Roster::default(),
            requests: Requests::new(),
            window: Window::default(),
            listening: None,
            is_draining: false,
            telemetry_dropped: 0,
        };
        let task = tokio::spawn(stream.run());
        Self {
            progress,
            will,
            task,
        }
    }

    /// The first acceptance. Refusals end the instance by another way, so this waits for ever then.
    pub async fn registered(&self) -> Accepted {
        self.until(|progress| progress.registered.is_some()).await;
        self.progress
            .borrow()
            .registered
            .clone()
            .expect("it was waited for")
    }

    /// The world that this process is given, once in its life.
    pub async fn assigned(&self) -> Assignment {
        self.until(|progress| progress.assigned.is_some()).await;
        self.progress
            .borrow()
            .assigned
            .clone()
            .expect("it was waited for")
    }

    pub async fn listening(&self) {
        self.until(|progress| progress.is_listening).await;
    }

    /// No stream is dialled any more, and the control plane is told of a failure; returns when the tick has told its players
    /// goodbye.
    pub async fn wind_up(&self, failure: Option<String>) {
        self.will.send_replace(Will {
            stage: Stage::WindUp,
            failure,
        });
        self.until(|progress| progress.has_stopped).await;
    }

    async fn until(&self, reached: impl FnMut(&Progress) -> bool) {
        let is_over = self.progress.clone().wait_for(reached).await.is_err();
        if is_over {
            std::future::pending().await
        }
    }

    /// Sends what is left to say and ends the stream.
    pub async fn close(self) {
        self.will.send_modify(|will| will.stage = Stage::Close);
        let _ = self.task.await;
    }
}

/// Why a stream could not be had, or is no more.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{url} cannot be reached: {why}")]
    Unreachable { url: String, why: String },
    #[error("cannot read the credential in {path}: {source}")]
    Identity {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("Register was not answered in time")]
    NoAnswer,
    #[error("{}, {:?}", .0.message(), .0.code())]
    Status(Box<Status>),
    #[error("the answer to Register cannot be used: {0}")]
    BadRegistered(&'static str),
    #[error("the key is another one than before")]
    KeyChanged,
    #[error("the control plane ended the stream")]
    Ended,
    #[error("the control plane does not read")]
    Stalled,
    #[error("the tick takes no commands")]
    TickHangs,
    #[error("closed by this side")]
    Closed,
}

struct Stream {
    config: Config,
    build: Build,
    server: GameServer,
    exchange: Arc<Exchange>,
    desired: watch::Sender<Desired>,
    stop: Stop,
    progress: watch::Sender<Progress>,
    will: watch::Receiver<Will>,
    roster: Roster,
    requests: Requests,
    window: Window,
    listening: Option<Listening>,
    is_draining: bool,
    telemetry_dropped: u64,
}

impl Stream {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut will = self.will.clone();
        let mut winding = self.will.clone();
        while will.borrow_and_update().stage == Stage::Serve {
            let registered = tokio::select! {
                registered = self.register() => registered,
                _ = winding.wait_for(|will| will.stage != Stage::Serve) => break,
            };
            let begun = Instant::now();
            let lost = match registered {
                Ok((wire, accepted)) => self.serve(wire, accepted).await,
                Err(lost) => lost,
            };
            // A control plane that accepts and then drops everybody is not dialled in a tight loop.
            if begun.elapsed() > STEADY_AFTER {
                backoff.reset();
            }
            match self.judge(lost) {
                Err(error) => {
                    self.stop.ask(Cause::Failed(error));
                    break;
                }
                Ok(Lost::Closed) => return,
                Ok(lost) => self.wait_to_dial(&lost, &mut backoff).await,
            }
        }
        let closed = async {
            let _ = will.wait_for(|will| will.stage == Stage::Close).await;
        };
        self.fold_until(closed).await;
    }

    async fn wait_to_dial(&mut self, lost: &Lost, backoff: &mut Backoff) {
        let wait = backoff.next(fastrand::f64());
        let level = if backoff.is_worth_a_warning() {
            log::Level::Warn
        } else {
            log::Level::Debug
        };
        log::log!(level, stage = "control"; "no line to the control plane: {lost}; dialling again in {wait:.1?}");
        let mut will = self.will.clone();
        let over = async {
            tokio::select! {
                () = sleep(wait) => {}
                _ = will.wait_for(|will| will.stage != Stage::Serve) => {}
            }
        };
        self.fold_until(over).await;
    }

    /// What a retry cannot cure ends an instance in which nobody plays yet. Afterwards only another key does.
    fn judge(&self, lost: Lost) -> Result<Lost, Error> {
        let is_first = self.progress.borrow().registered.is_none();
        match lost {
            Lost::KeyChanged => Err(Error::KeyChanged),
            Lost::BadRegistered(problem) if is_first => Err(Error::BadRegistered(problem)),
            Lost::Identity { path, source } if is_first => Err(Error::Identity { path, source }),
            Lost::Status(status) if is_first && is_refusal(status.code()) => Err(Error::Refused {
                code: status.code(),
                message: status.message().to_owned(),
            }),
            lost => Ok(lost),
        }
    }

    /// Keeps the record by a report of the tick.
    fn fold(&mut self, report: Report) {
        match report {
            Report::Listening(listening) => {
                self.listening = Some(listening);
                self.progress
                    .send_modify(|progress| progress.is_listening = true);
            }
            Report::Failed(problem) => self.stop.ask(Cause::Failed(Error::Tick(problem))),
            Report::SeatAnswer(id, answer) => self.roster.answer(id, answer.is_ok()),
            Report::PlayerJoined(id) => self.roster.join(id),
            Report::PlayerLeft(id, _) => {
                self.roster.leave(id);
                self.requests.forget(id);
            }
            Report::Telemetry(_) => return,
            Report::Stopped => self
                .progress
                .send_modify(|progress| progress.has_stopped = true),
        }
        self.desired.send_modify(|desired| {
            desired.players = self.roster.players();
            desired.seats = self.roster.ids().collect();
        });
        self.end_if_drained();
    }

    fn end_if_drained(&self) {
        if self.is_draining && self.roster.is_empty() {
            self.stop.ask(Cause::Drained);
        }
    }

    /// Takes in what the tick reports, until something is over.
    async fn fold_until(&mut self, over: impl Future<Output = ()>) {
        let exchange = Arc::clone(&self.exchange);
        tokio::pin!(over);
        loop {
            while let Some(report) = exchange.reports.pop() {
                self.fold(report);
            }
            self.window.collect(&exchange);
            tokio::select! {
                () = &mut over => return,
                () = exchange.reported.notified() => {}
            }
        }
    }

    fn tell_tick(&self, command: Command) {
        if !self.exchange.command(command) {
            log::error!(stage = "control"; "the tick takes no commands");
        }
    }
}

fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::Unauthenticated
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::InvalidArgument
    )
}
