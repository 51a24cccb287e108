//! JSON lines on standard output: `event` lines when something happens, a `bot` line for each bot and period.

use crate::bot::Session;
use crate::ending::Ending;
use otherworld_pipes::Traffic;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// A line.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line<'a> {
    /// What a bot saw lately.
    Bot(BotReport<'a>),
    /// The instance let a bot in.
    Connected {
        bot: usize,
        name: &'a str,
        instance: &'a str,
        seat: &'a str,
        address: String,
    },
    /// A bot is back in its body.
    Returned {
        bot: usize,
        name: &'a str,
        seat: &'a str,
        silence_s: f64,
    },
    /// A bot came to an end.
    Ended {
        bot: usize,
        name: &'a str,
        cause: &'a str,
        message: String,
        rejoining: bool,
    },
    /// The whole scenario.
    Summary(Summary),
}

/// What a bot sees, and what happened to it since its last report.
#[derive(Debug, Serialize)]
pub struct BotReport<'a> {
    /// Seconds since the executor started.
    pub t: f64,
    pub bot: usize,
    pub name: &'a str,
    /// "connecting", "connected", "playing".
    pub state: &'a str,
    pub seat: &'a str,
    /// The newest tick that the server's word is known for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tick: Option<u32>,
    /// Its feet as predicted (unit: metres): x, y, z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<[f32; 3]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yaw: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounded: Option<bool>,
    /// The link's round trip, how much single ones differ from it, and the share of sent payloads that got lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<f32>,
    pub loss: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_ms: Option<i16>,
    pub names: usize,
    pub players: usize,
    pub bodies: usize,
    /// How far back other players are shown, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_delay_ms: Option<f32>,
    pub snapshots: u32,
    /// Samples of other players and of bodies in them.
    pub player_updates: u32,
    pub body_updates: u32,
    /// On static geometry alone; those next to something dynamic, and those for missed inputs, are counted apart.
    pub corrections: u32,
    pub correction_max_mm: f32,
    pub contact_corrections: u32,
    pub contact_correction_max_mm: f32,
    /// Times that the server set it down elsewhere.
    pub relocations: u32,
    pub missed_inputs: u32,
    pub missed_corrections: u32,
    pub missed_correction_max_mm: f32,
    pub skipped_ticks: u32,
    pub unreadable: u32,
    pub unknown: u32,
    /// At the socket: datagrams, and their bytes without the headers of UDP and IP.
    pub datagrams_down: u64,
    pub datagrams_up: u64,
    pub bytes_down: u64,
    pub bytes_up: u64,
}

/// Everything at the end.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub seconds: f64,
    pub bots: usize,
    /// Bots that were in when time was up.
    pub playing: usize,
    /// Sessions that ended unasked, also those that came back.
    pub disconnects: u32,
    /// Those of them that came back to the same body.
    pub returned: u32,
    pub snapshots: u64,
    pub corrections: u64,
    pub correction_max_mm: f32,
    pub contact_corrections: u64,
    pub contact_correction_max_mm: f32,
    pub missed_inputs: u64,
    pub missed_corrections: u64,
    pub missed_correction_max_mm: f32,
    /// At the sockets, to the last goodbye: datagrams, and their bytes without the headers of UDP and IP.
    pub datagrams_down: u64,
    pub datagrams_up: u64,
    pub bytes_down: u64,
    pub bytes_up: u64,
    /// Metres that all bots together walked, in their own view, from report to report.
    pub walked_m: f64,
    /// The highest place that any bot stood at (unit: metres).
    pub highest_m: f32,
}

impl<'a> BotReport<'a> {
    /// Takes the counts since the last report.
    pub fn of(t: f64, bot: usize, name: &'a str, session: &'a mut Session, state: &'a str) -> Self {
        let traffic = session.take_traffic();
        let client = &mut session.client;
        let counts = client.take_counts();
        let (view, link) = (client.view(), client.link());
        let milliseconds = |us: u32| us as f32 / 1e3;
        BotReport {
            t,
            bot,
            name,
            state,
            seat: &session.join.seat,
            tick: view.map(|view| view.acknowledged.0),
            position: view.map(|view| {
                [
                    view.state.position.x,
                    view.state.position.y,
                    view.state.position.z,
                ]
            }),
            yaw: view.map(|view| view.yaw),
            grounded: view.map(|view| view.state.grounded()),
            rtt_ms: link.rtt_us().map(milliseconds),
            jitter_ms: link.rtt_deviation_us().map(milliseconds),
            loss: link.loss(),
            margin_ms: view.map(|view| view.margin_ms),
            names: view.map_or(0, |view| view.names),
            players: view.map_or(0, |view| view.players),
            bodies: view.map_or(0, |view| view.bodies),
            view_delay_ms: client.others().delay_s().map(|delay| delay * 1e3),
            snapshots: counts.snapshots,
            player_updates: counts.player_updates,
            body_updates: counts.body_updates,
            corrections: counts.corrections.count,
            correction_max_mm: counts.corrections.max_mm,
            contact_corrections: counts.contact_corrections.count,
            contact_correction_max_mm: counts.contact_corrections.max_mm,
            relocations: counts.relocations,
            missed_inputs: counts.missed_inputs,
            missed_corrections: counts.missed_corrections.count,
            missed_correction_max_mm: counts.missed_corrections.max_mm,
            skipped_ticks: counts.skipped_ticks,
            unreadable: counts.unreadable,
            unknown: counts.unknown,
            datagrams_down: traffic.datagrams_down,
            datagrams_up: traffic.datagrams_up,
            bytes_down: traffic.bytes_down,
            bytes_up: traffic.bytes_up,
        }
    }
}

impl Summary {
    /// Adds all that went through a session's sockets.
    pub fn add_traffic(&mut self, traffic: Traffic) {
        self.datagrams_down += traffic.datagrams_down;
        self.datagrams_up += traffic.datagrams_up;
        self.bytes_down += traffic.bytes_down;
        self.bytes_up += traffic.bytes_up;
    }

    /// Adds a bot's report; `before` is where it was in the last one.
    pub fn add(&mut self, report: &BotReport<'_>, before: Option<[f32; 3]>) {
        self.snapshots += u64::from(report.snapshots);
        self.corrections += u64::from(report.corrections);
        self.correction_max_mm = self.correction_max_mm.max(report.correction_max_mm);
        self.contact_corrections += u64::from(report.contact_corrections);
        self.contact_correction_max_mm = self
            .contact_correction_max_mm
            .max(report.contact_correction_max_mm);
        self.missed_inputs += u64::from(report.missed_inputs);
        self.missed_corrections += u64::from(report.missed_corrections);
        self.missed_correction_max_mm = self
            .missed_correction_max_mm
            .max(report.missed_correction_max_mm);
        if let (Some([x, y, z]), Some([px, _, pz])) = (report.position, before) {
            self.walked_m += f64::from((x - px).hypot(z - pz));
            self.highest_m = self.highest_m.max(y);
        }
    }
}

/// Writes lines by a thread of its own: a reader who is slow must not make the bots late.
pub struct Printer {
    lines: SyncSender<Vec<u8>>,
    writer: JoinHandle<()>,
}

/// Lines that may wait: a minute of a hundred bots.
const QUEUE: usize = 6000;

impl Printer {
    /// Starts the thread.
    pub fn start() -> Self {
        let (lines, waiting) = sync_channel::<Vec<u8>>(QUEUE);
        let writer = thread::spawn(move || {
            let mut out = io::stdout().lock();
            for line in waiting {
                // Nobody reads any more: the next one who prints is told.
                if out.write_all(&line).and_then(|()| out.flush()).is_err() {
                    return;
                }
            }
        });
        Self { lines, writer }
    }

    /// Takes a line; waits only for who has not read for a minute.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn print(&self, line: &Line<'_>) -> Result<(), Ending> {
        let mut bytes = serde_json::to_vec(line).map_err(Ending::system)?;
        bytes.push(b'\n');
        let sent = self.lines.send(bytes);
        sent.map_err(|_| Ending::System("nobody reads the reports".into()))
    }

    /// Writes what is left.
    pub fn finish(self) {
        drop(self.lines);
        let _ = self.writer.join();
    }
}
