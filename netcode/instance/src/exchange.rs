//! The boundary between the tick and the instance's thread: queues of fixed size and counters, so that neither side
//! ever waits for the other and the tick allocates nothing. Telemetry is paced from here: the thread lays out one blank
//! frame whenever one is wanted, the tick fills it when it finds it, and an answer to a seat never stands behind it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use otherworld_core::{SeatId, Tick};
use tokio::sync::Notify;

use crate::config::{Build, Config};
use crate::error::Error;
use crate::flow;
use crate::proto;
use crate::seats::{Refusal, Seat};

// A capacity of 100 seats moves these by a few a second; they are this deep for a tick that loads a world meanwhile.
const COMMANDS: usize = 1024;
const REPORTS: usize = 1024;
// 17 s of ticks at 60 Hz; the thread takes them every second.
const SAMPLES: usize = 1024;

/// What the tick is told to do.
#[derive(Debug)]
pub enum Command {
    /// Load this and open the pipes. Comes once.
    World(Box<World>),
    /// Whether the control plane hears this instance; for people and logs, play does not depend on it.
    Connected(bool),
    /// Somebody wants in: answer with [`Report::SeatAnswer`].
    OfferSeat {
        /// The place and its player.
        seat: Seat,
        /// How long it waits for its player.
        expires: Duration,
    },
    /// The offer is withdrawn: free the seat unless its player is in.
    RevokeSeat(SeatId),
    /// Throw this player out.
    Kick {
        /// Who.
        seat: SeatId,
        /// Shown to the player.
        reason: String,
    },
    /// Take nobody new. The instance ends by itself when the last one has left.
    Drain,
    /// Tell the players, let go of them, answer [`Report::Stopped`] within the grace period.
    Shutdown {
        /// Time for it.
        grace: Duration,
        /// Why, for the log.
        reason: String,
    },
    /// The last command: fleet and control plane know that this instance is over. End the process, in error if this is one.
    Exit(Result<(), Error>),
}

/// What an instance runs, and with which key and limits.
#[derive(Clone, PartialEq, Eq)]
pub struct World {
    /// "plaza".
    pub id: String,
    /// The GLB; its SHA-256 has been compared.
    pub bytes: Vec<u8>,
    /// Hex.
    pub sha256: String,
    /// netcode's private key of this instance.
    pub key: [u8; 32],
    /// Seats.
    pub capacity: usize,
    /// 30 or 60.
    pub tick_rate_hz: u32,
    /// Where clients reach the UDP pipe: netcode compares a token's server address with it.
    pub public_address: (IpAddr, u16),
}

// By hand, so that no log ever shows the key or a megabyte of GLB.
impl std::fmt::Debug for World {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            id,
            bytes,
            sha256,
            capacity,
            tick_rate_hz,
            public_address,
            ..
        } = self;
        write!(
            formatter,
            "World({id} {sha256}, {} bytes, {capacity} seats, {tick_rate_hz} Hz, at {public_address:?})",
            bytes.len()
        )
    }
}

/// What the tick tells.
#[derive(Debug)]
pub enum Report {
    /// The world is loaded and the pipes are open. Once.
    Listening(Listening),
    /// The world could not be loaded or the pipes not opened; the sentence names the cure. The instance ends.
    Failed(String),
    /// To each [`Command::OfferSeat`].
    SeatAnswer(SeatId, Result<(), Refusal>),
    /// The player of a seat is in.
    PlayerJoined(SeatId),
    /// A seat is free again.
    PlayerLeft(SeatId, LeaveCause),
    /// A filled frame from [`Instance::blank_telemetry`].
    Telemetry(TelemetryFrame),
    /// The players have been told; comes after [`Command::Shutdown`].
    Stopped,
}

/// Why a seat is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveCause {
    /// The player said so.
    Left,
    /// Nothing was heard for too long.
    Timeout,
    /// Thrown out.
    Kicked,
    /// The instance ends.
    Shutdown,
    /// Never came.
    Expired,
    /// The offer was withdrawn before the player came.
    Revoked,
}

impl LeaveCause {
    /// The cause as the contract spells it.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Timeout => "timeout",
            Self::Kicked => "kicked",
            Self::Shutdown => "shutdown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// What was loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listening {
    /// Hash of the step's triangles, part of the handshake with clients.
    pub world_hash: u64,
    /// How many the step walks on.
    pub static_triangles: u32,
    /// How many Jolt moves.
    pub dynamic_bodies: u32,
    /// From [`Command::World`] until now.
    pub load_ms: f64,
}

/// One frame for the live map. Metres, radians, Godot's axes. Names are added outside the tick.
#[derive(Debug)]
pub struct TelemetryFrame {
    /// When it was taken.
    pub tick: Tick,
    /// Whether all dynamic bodies are wanted, or only those that moved since the last frame.
    pub all_bodies: bool,
    /// Everybody inside. Room for 128 without allocation.
    pub players: Vec<TelemetryPlayer>,
    /// Dynamic bodies. Room for 1024 without allocation.
    pub bodies: Vec<proto::BodyPose>,
}

impl Default for TelemetryFrame {
    fn default() -> Self {
        Self {
            tick: Tick(0),
            all_bodies: true,
            players: Vec::with_capacity(128),
            bodies: Vec::with_capacity(1024),
        }
    }
}

/// Where a player stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TelemetryPlayer {
    /// Whose.
    pub seat: SeatId,
    /// Feet (unit: metres).
    pub position: [f32; 3],
    /// (unit: radians)
    pub yaw: f32,
    /// On the ground or on a body.
    pub grounded: bool,
}

/// What one tick cost, and the totals after it.
#[derive(Clone, Copy, Debug)]
pub struct TickSample<'a> {
    /// Its number; wraps.
    pub tick: Tick,
    /// From its start to its last datagram.
    pub duration: Duration,
    /// Whether the last datagram left more than one period after the scheduled start.
    pub late: bool,
    /// Ticks of debt given up before it, beyond the 100 ms catch-up.
    pub dropped: u32,
    /// UDP payload bytes received since start.
    pub bytes_in: u64,
    /// UDP payload bytes sent since start.
    pub bytes_out: u64,
    /// How often the tick's thread asked for memory, since start.
    pub allocations: u64,
    /// Refused datagrams and tokens since start, in the order of [`Build::refusal_causes`].
    pub refusals: &'a [u64],
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TickTime {
    pub tick: Tick,
    pub duration: Duration,
    pub late: bool,
    pub dropped: u32,
}

/// Both sides' view of the boundary.
#[derive(Debug)]
pub(crate) struct Exchange {
    commands: ArrayQueue<Command>,
    pub reports: ArrayQueue<Report>,
    pub reported: Notify,
    pub samples: ArrayQueue<TickTime>,
    pub blanks: ArrayQueue<TelemetryFrame>,
    pub pulses: AtomicU64,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    pub allocations: AtomicU64,
    pub refusals: Vec<(&'static str, AtomicU64)>,
    pub abandoned: AtomicBool,
    pub abandon: Notify,
}

impl Exchange {
    pub fn new(refusal_causes: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            commands: ArrayQueue::new(COMMANDS),
            reports: ArrayQueue::new(REPORTS),
            reported: Notify::new(),
            samples: ArrayQueue::new(SAMPLES),
            blanks: ArrayQueue::new(1),
            pulses: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
            refusals: refusal_causes
                .iter()
                .map(|&cause| (cause, AtomicU64::new(0)))
                .collect(),
            abandoned: AtomicBool::new(false),
            abandon: Notify::new(),
        })
    }

    /// Hands a command to the tick. False when a thousand wait already: the tick hangs.
    #[must_use]
    pub fn command(&self, command: Command) -> bool {
        self.commands.push(command).is_ok()
    }

    /// Hands over a command that must arrive, in place of the oldest one if the tick hangs.
    pub fn command_for_sure(&self, command: Command) {
        self.commands.force_push(command);
    }
}

/// The tick's handle of its instance. Dropping it ends the instance without ado.
#[derive(Debug)]
pub struct Instance {
    exchange: Arc<Exchange>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the instance's thread and returns at once; what comes of it arrives as commands.
///
/// # Errors
/// Fails only when the operating system gives no thread or no runtime.
pub fn start(config: Config, build: Build) -> Result<Instance, Error> {
    let exchange = Exchange::new(build.refusal_causes);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let theirs = Arc::clone(&exchange);
    let thread = std::thread::Builder::new()
        .name("instance".into())
        .spawn(move || {
            let result = runtime.block_on(flow::run(config, build, Arc::clone(&theirs)));
            // A download may still block in its own thread; nobody waits for it.
            runtime.shutdown_background();
            theirs.command_for_sure(Command::Exit(result));
        })?;
    Ok(Instance {
        exchange,
        thread: Some(thread),
    })
}

impl Instance {
    #[cfg(test)]
    pub(crate) fn of(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange,
            thread: None,
        }
    }

    /// The next command, if there is one. Call until there is none, each tick.
    #[must_use]
    pub fn poll(&self) -> Option<Command> {
        self.exchange.commands.pop()
    }

    /// Tells something.
    ///
    /// # Errors
    /// Gives the report back when a thousand wait already; tell it again in the next tick.
    pub fn report(&self, report: Report) -> Result<(), Report> {
        self.exchange.reports.push(report)?;
        self.exchange.reported.notify_one();
        Ok(())
    }

    /// An empty frame when telemetry is wanted now: fill it and report it. Dropping it instead is harmless.
    #[must_use]
    pub fn blank_telemetry(&self) -> Option<TelemetryFrame> {
        self.exchange.blanks.pop()
    }

    /// The end of a tick. The fleet hears that the instance is healthy only while this is called.
    pub fn tick_done(&self, sample: &TickSample<'_>) {
        let &TickSample {
            tick,
            duration,
            late,
            dropped,
            bytes_in,
            bytes_out,
            allocations,
            refusals,
        } = sample;
        let exchange = &self.exchange;
        exchange.samples.force_push(TickTime {
            tick,
            duration,
            late,
            dropped,
        });
        exchange.bytes_in.store(bytes_in, Relaxed);
        exchange.bytes_out.store(bytes_out, Relaxed);
        exchange.allocations.store(allocations, Relaxed);
        debug_assert_eq!(
            refusals.len(),
            exchange.refusals.len(),
            "one total for each cause of Build"
        );
        for ((_, total), &count) in exchange.refusals.iter().zip(refusals) {
            total.store(count, Relaxed);
        }
        self.pulse();
    }

    /// A sign of life without a tick: while nothing ticks yet, and during a long load.
    pub fn pulse(&self) {
        self.exchange.pulses.fetch_add(1, Relaxed);
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.exchange.abandoned.store(true, Relaxed);
        self.exchange.abandon.notify_one();
        if let Some(thread) = self.thread.take() {
            // At most the few seconds that the fleet and the control plane have for their goodbye.
            let _ = thread.join();
        }
    }
}
