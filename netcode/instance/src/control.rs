//! The stream to the control plane: dial, register, serve, and again for ever. While it is broken the tick's reports are
//! still taken in, so that the next `Register` tells how things stand. The tick alone decides about seats; here nothing is
//! answered in its name.

use std::sync::Arc;
use std::time::Duration;

use otherworld_core::SeatId;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;
use tonic::{Code, Status, Streaming};

use crate::backoff::Backoff;
use crate::config::{Build, Config};
use crate::error::Error;
use crate::exchange::{Command, Exchange, Listening, Report, TelemetryFrame};
use crate::heartbeat::Window;
use crate::proto::instance_service_client::InstanceServiceClient;
use crate::proto::{self, control_message, instance_message::Message};
use crate::roster::{self, Roster};
use crate::sdk::{Desired, GameServer};
use crate::seats::Seat;
use crate::stop::{Cause, Stop};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REGISTER_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
// A control plane that vanished without a word is noticed after the sum of these two.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(5);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);
const STEADY_AFTER: Duration = Duration::from_secs(2);
const ALL_BODIES_EVERY: Duration = Duration::from_secs(5);
// Messages under way. Heartbeats and telemetry leave half of it to what must not be lost.
const OUTBOUND: usize = 512;

/// Where the instance has got to, for the flow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub registered: Option<Accepted>,
    pub is_listening: bool,
    pub has_stopped: bool,
}

/// A `Registered` whose fields have been checked.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub key: [u8; 32],
    pub world: proto::World,
    pub capacity: usize,
    pub tick_rate_hz: u32,
    heartbeat_every: Duration,
    telemetry_every: Option<Duration>,
}

/// The flow's handle of the stream.
#[derive(Debug)]
pub(crate) struct Control {
    progress: watch::Receiver<Progress>,
    close: watch::Sender<bool>,
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
        let (close, closing) = watch::channel(false);
        let stream = Stream {
            config,
            build,
            server,
            exchange,
            desired,
            stop,
            progress: told,
            closing,
            roster: Roster::default(),
            window: Window::default(),
            listening: None,
            is_draining: false,
            telemetry_dropped: 0,
        };
        Self {
            progress,
            close,
            task: tokio::spawn(stream.run()),
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

    pub async fn listening(&self) {
        self.until(|progress| progress.is_listening).await;
    }

    /// The tick has told its players goodbye.
    pub async fn stopped(&self) {
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
        self.close.send_replace(true);
        let _ = self.task.await;
    }
}

/// Why a stream could not be had, or is no more.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{url} cannot be reached: {why}")]
    Unreachable { url: String, why: String },
    #[error("{0}")]
    Identity(Error),
    #[error("no answer to Register within {REGISTER_TIMEOUT:?}")]
    NoAnswer,
    #[error("{}, {:?}", .0.message(), .0.code())]
    Status(Box<Status>),
    #[error("{0}")]
    BadRegistered(&'static str),
    #[error("the control plane ended the stream")]
    Ended,
    #[error("the control plane does not read")]
    Stalled,
    #[error("the tick takes no commands")]
    TickHangs,
    #[error("we are closing it")]
    Closing,
}

struct Stream {
    config: Config,
    build: Build,
    server: GameServer,
    exchange: Arc<Exchange>,
    desired: watch::Sender<Desired>,
    stop: Stop,
    progress: watch::Sender<Progress>,
    closing: watch::Receiver<bool>,
    roster: Roster,
    window: Window,
    listening: Option<Listening>,
    is_draining: bool,
    telemetry_dropped: u64,
}

struct Wire {
    outbound: Outbound,
    inbound: Streaming<proto::ControlMessage>,
}

struct Outbound(mpsc::Sender<proto::InstanceMessage>);

impl Outbound {
    /// For what must not be lost.
    fn send(&self, message: Message) -> Result<(), Lost> {
        self.0
            .try_send(proto::InstanceMessage {
                message: Some(message),
            })
            .map_err(|_| Lost::Stalled)
    }

    /// For what the next one of its kind replaces. False when it was dropped.
    fn offer(&self, message: Message) -> bool {
        self.0.capacity() > OUTBOUND / 2 && self.send(message).is_ok()
    }
}

impl Stream {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        while !*self.closing.borrow() {
            let lost = match self.register().await {
                Ok((wire, accepted)) => {
                    let begun = Instant::now();
                    let lost = self.serve(wire, accepted).await;
                    self.tell_tick(Command::Connected(false));
                    // A control plane that accepts and then drops everybody is not dialled in a tight loop.
                    if begun.elapsed() > STEADY_AFTER {
                        backoff.reset();
                    }
                    lost
                }
                Err(lost) => lost,
            };
            if let Some(error) = self.is_final(&lost) {
                self.stop.ask(Cause::Failed(error));
                return self.fold_until_closed().await;
            }
            if matches!(lost, Lost::Closing) {
                return;
            }
            let wait = backoff.next(fastrand::f64());
            let level = if backoff.is_worth_a_warning() {
                log::Level::Warn
            } else {
                log::Level::Debug
            };
            log::log!(
                level,
                "no stream to the control plane: {lost}; dialling again in {wait:.1?}"
            );
            self.fold_for(wait).await;
        }
    }

    /// What a retry cannot cure ends an instance in which nobody plays yet. Afterwards only another key does.
    fn is_final(&self, lost: &Lost) -> Option<Error> {
        let is_first = self.progress.borrow().registered.is_none();
        match lost {
            Lost::BadRegistered(KEY_CHANGED) => Some(Error::KeyChanged),
            Lost::BadRegistered(problem) if is_first => Some(Error::BadRegistered(problem)),
            Lost::Identity(Error::Identity { path, source }) if is_first => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                Some(Error::Identity {
                    path: path.clone(),
                    source,
                })
            }
            Lost::Status(status) if is_first && is_refusal(status.code()) => Some(Error::Refused {
                code: status.code(),
                message: status.message().to_owned(),
            }),
            _ => None,
        }
    }

    async fn register(&mut self) -> Result<(Wire, Accepted), Lost> {
        let url = self.config.control_url.clone();
        let unreachable = |error: tonic::transport::Error| Lost::Unreachable {
            url: url.clone(),
            why: innermost(&error),
        };
        let register = self.introduce()?;
        let channel = Endpoint::from_shared(url.clone())
            .map_err(unreachable)?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_EVERY)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .connect()
            .await
            .map_err(unreachable)?;

        let (outbound, messages) = mpsc::channel(OUTBOUND);
        let outbound = Outbound(outbound);
        outbound.send(Message::Register(register))?;
        let answered = async {
            let mut client = InstanceServiceClient::new(channel);
            let mut inbound = client
                .connect(ReceiverStream::new(messages))
                .await?
                .into_inner();
            let answer = inbound.message().await?;
            Ok((inbound, answer))
        };
        let (inbound, answer) = timeout(REGISTER_TIMEOUT, answered)
            .await
            .map_err(|_| Lost::NoAnswer)?
            .map_err(|status| Lost::Status(Box::new(status)))?;
        match answer.ok_or(Lost::Ended)?.message {
            Some(control_message::Message::Registered(registered)) => {
                let accepted = self.check(registered)?;
                Ok((Wire { outbound, inbound }, accepted))
            }
            _ => Err(Lost::BadRegistered("the first message is something else")),
        }
    }

    fn introduce(&self) -> Result<proto::Register, Lost> {
        let path = &self.config.identity_file;
        let credential = std::fs::read_to_string(path).map_err(|source| {
            Lost::Identity(Error::Identity {
                path: path.clone(),
                source,
            })
        })?;
        let world_sha256 = match &self.progress.borrow().registered {
            Some(accepted) if self.listening.is_some() => accepted.world.sha256.clone(),
            _ => String::new(),
        };
        Ok(proto::Register {
            name: self.server.name.clone(),
            uid: self.server.uid.clone(),
            credential: credential.trim().to_owned(),
            build: self.build.version.clone(),
            protocol_hash: self.build.protocol_hash,
            endpoints: vec![proto::Endpoint {
                pipe: "udp".into(),
                address: self.server.address.to_string(),
                port: self.server.port.into(),
            }],
            seats: self.roster.seats(),
            world_sha256,
        })
    }

    fn check(&self, registered: proto::Registered) -> Result<Accepted, Lost> {
        let accepted = Accepted::try_from(registered).map_err(Lost::BadRegistered)?;
        let first = self.progress.borrow().registered.clone();
        match first {
            Some(first) if first.key != accepted.key => {
                return Err(Lost::BadRegistered(KEY_CHANGED));
            }
            Some(first) if first.world.sha256 != accepted.world.sha256 => {
                log::warn!(
                    "the control plane names another world now; this instance keeps {}",
                    first.world.sha256
                );
            }
            Some(_) => {}
            None => {
                self.desired.send_modify(|desired| {
                    desired.capacity = accepted.capacity;
                    desired.world = format!("{}@{}", accepted.world.id, accepted.world.sha256);
                });
                self.progress
                    .send_modify(|progress| progress.registered = Some(accepted.clone()));
            }
        }
        Ok(accepted)
    }

    async fn serve(&mut self, mut wire: Wire, accepted: Accepted) -> Lost {
        log::info!(
            "registered as {} with {}",
            self.server.name,
            self.config.control_url
        );
        self.tell_tick(Command::Connected(true));
        let lost = self
            .serve_until_lost(&mut wire, &accepted)
            .await
            .unwrap_or_else(|lost| lost);
        if matches!(lost, Lost::Closing) {
            let Wire {
                outbound,
                mut inbound,
            } = wire;
            drop(outbound);
            let ended = async { while let Ok(Some(_)) = inbound.message().await {} };
            let _ = timeout(CLOSE_TIMEOUT, ended).await;
        }
        // A frame that waits for the tick would be told to nobody.
        drop(self.exchange.blanks.pop());
        lost
    }

    async fn serve_until_lost(
        &mut self,
        wire: &mut Wire,
        accepted: &Accepted,
    ) -> Result<Lost, Lost> {
        if let Some(listening) = self.listening {
            wire.outbound.send(roster::tell_listening(listening))?;
        }
        let mut heartbeat = interval(accepted.heartbeat_every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Where none is wanted the arm below is off.
        let mut telemetry = interval(accepted.telemetry_every.unwrap_or(ALL_BODIES_EVERY));
        telemetry.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut spare: Vec<TelemetryFrame> = Vec::new();
        let mut all_bodies_at = Instant::now();
        let mut closing = self.closing.clone();
        let exchange = Arc::clone(&self.exchange);
        loop {
            tokio::select! {
                message = wire.inbound.message() => match message {
                    Ok(Some(message)) => self.obey(message)?,
                    Ok(None) => return Ok(Lost::Ended),
                    Err(status) => return Ok(Lost::Status(Box::new(status))),
                },
                () = exchange.reported.notified() => self.pass_reports(&wire.outbound, &mut spare)?,
                _ = heartbeat.tick() => {
                    let beat = self.window.heartbeat(&exchange, self.roster.players());
                    if !wire.outbound.offer(Message::Heartbeat(beat)) {
                        log::debug!("a heartbeat was dropped: the control plane reads too slowly");
                    }
                }
                _ = telemetry.tick(), if accepted.telemetry_every.is_some() && self.listening.is_some() => {
                    let mut blank = spare.pop().unwrap_or_default();
                    blank.all_bodies = all_bodies_at <= Instant::now();
                    match exchange.blanks.push(blank) {
                        Ok(()) if all_bodies_at <= Instant::now() => all_bodies_at += ALL_BODIES_EVERY,
                        Ok(()) => {}
                        // The tick has not taken the last one yet.
                        Err(blank) => spare.push(blank),
                    }
                }
                _ = closing.wait_for(|closing| *closing) => {
                    self.pass_reports(&wire.outbound, &mut spare)?;
                    return Ok(Lost::Closing);
                }
            }
        }
    }

    fn obey(&mut self, message: proto::ControlMessage) -> Result<(), Lost> {
        use control_message::Message as Told;
        let command = match message.message {
            Some(Told::OfferSeat(proto::OfferSeat {
                seat: Some(seat),
                expires_ms,
            })) => {
                let seat = Seat {
                    id: SeatId(seat.id),
                    user: seat.user,
                    name: seat.name,
                };
                self.roster.offer(seat.clone());
                Command::OfferSeat {
                    seat,
                    expires: Duration::from_millis(expires_ms.into()),
                }
            }
            Some(Told::RevokeSeat(revoke)) => Command::RevokeSeat(SeatId(revoke.id)),
            Some(Told::Kick(kick)) => Command::Kick {
                seat: SeatId(kick.seat),
                reason: kick.reason,
            },
            Some(Told::Drain(_)) => {
                self.is_draining = true;
                self.end_if_drained();
                Command::Drain
            }
            Some(Told::Shutdown(shutdown)) => {
                self.stop.ask(Cause::Control {
                    grace: Duration::from_millis(shutdown.grace_ms.into()),
                });
                return Ok(());
            }
            Some(Told::Registered(_) | Told::OfferSeat(_)) => {
                log::warn!("the control plane sent a message out of place; it is skipped");
                return Ok(());
            }
            // A newer control plane's.
            None => return Ok(()),
        };
        if self.exchange.command(command) {
            Ok(())
        } else {
            Err(Lost::TickHangs)
        }
    }

    fn pass_reports(
        &mut self,
        outbound: &Outbound,
        spare: &mut Vec<TelemetryFrame>,
    ) -> Result<(), Lost> {
        while let Some(report) = self.exchange.reports.pop() {
            if let Report::Telemetry(mut frame) = report {
                if !outbound.offer(Message::Telemetry(self.name_players(&frame))) {
                    self.telemetry_dropped += 1;
                    log::debug!(
                        "{} telemetry frames dropped: the control plane reads slowly",
                        self.telemetry_dropped
                    );
                }
                frame.players.clear();
                frame.bodies.clear();
                spare.push(frame);
                continue;
            }
            let told = roster::tell(&report);
            // First the record, so that it is right even when this stream breaks now.
            self.fold(report);
            if let Some(told) = told {
                outbound.send(told)?;
            }
        }
        Ok(())
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
            Report::PlayerLeft(id, _) => self.roster.leave(id),
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

    fn fold_waiting(&mut self) {
        while let Some(report) = self.exchange.reports.pop() {
            self.fold(report);
        }
        self.window.collect(&self.exchange);
    }

    async fn fold_for(&mut self, wait: Duration) {
        let exchange = Arc::clone(&self.exchange);
        let mut closing = self.closing.clone();
        let over = sleep(wait);
        tokio::pin!(over);
        loop {
            self.fold_waiting();
            tokio::select! {
                () = &mut over => return,
                () = exchange.reported.notified() => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
    }

    async fn fold_until_closed(&mut self) {
        while !*self.closing.borrow() {
            self.fold_for(Duration::from_secs(1)).await;
        }
    }

    fn name_players(&self, frame: &TelemetryFrame) -> proto::Telemetry {
        let name = |player: &crate::exchange::TelemetryPlayer| {
            let [x, y, z] = player.position;
            proto::PlayerPose {
                seat: player.seat.0,
                name: self.roster.name(player.seat).to_owned(),
                x,
                y,
                z,
                yaw: player.yaw,
                grounded: player.grounded,
            }
        };
        proto::Telemetry {
            tick: frame.tick.0,
            players: frame.players.iter().map(name).collect(),
            bodies: frame.bodies.clone(),
        }
    }

    fn tell_tick(&self, command: Command) {
        if !self.exchange.command(command) {
            log::error!("the tick takes no commands");
        }
    }
}

const KEY_CHANGED: &str = "the key is another one than before";

/// tonic wraps "Connection refused" into "transport error".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
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

impl TryFrom<proto::Registered> for Accepted {
    type Error = &'static str;

    fn try_from(registered: proto::Registered) -> Result<Self, Self::Error> {
        let key = registered
            .key
            .try_into()
            .map_err(|_| "the key is not 32 bytes long")?;
        let world = registered.world.ok_or("it names no world")?;
        if world.sha256.len() != 64 || !world.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("the world's SHA-256 is not 64 hex digits");
        }
        let capacity = usize::try_from(registered.capacity).unwrap_or(0);
        if capacity == 0 {
            return Err("it gives no capacity");
        }
        if !matches!(registered.tick_rate_hz, 30 | 60) {
            return Err("the tick rate is neither 30 nor 60");
        }
        // Shorter intervals would only be a mistake that floods the stream.
        let at_least = |ms: u32, least: u32| Duration::from_millis(ms.max(least).into());
        Ok(Self {
            key,
            world,
            capacity,
            tick_rate_hz: registered.tick_rate_hz,
            heartbeat_every: at_least(registered.heartbeat_interval_ms, 100),
            telemetry_every: (registered.telemetry_interval_ms > 0)
                .then(|| at_least(registered.telemetry_interval_ms, 20)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_plane_that_does_not_read_loses_telemetry_and_no_seat_answer() {
        let (sender, mut unread) = mpsc::channel(OUTBOUND);
        let outbound = Outbound(sender);
        let telemetry = || Message::Telemetry(proto::Telemetry::default());
        let taken = (0..2 * OUTBOUND)
            .filter(|_| outbound.offer(telemetry()))
            .count();
        assert_eq!(taken, OUTBOUND / 2);
        for id in 0..100 {
            outbound
                .send(Message::SeatAnswer(proto::SeatAnswer { id, answer: None }))
                .unwrap();
        }
        let mut answers = 0;
        while let Ok(message) = unread.try_recv() {
            answers += usize::from(matches!(message.message, Some(Message::SeatAnswer(_))));
        }
        assert_eq!(answers, 100);
        assert!(
            outbound.offer(telemetry()),
            "once it reads again, telemetry flows again"
        );
    }

    #[test]
    fn when_even_answers_find_no_room_the_stream_is_given_up() {
        let (sender, _unread) = mpsc::channel(OUTBOUND);
        let outbound = Outbound(sender);
        let answer = || Message::SeatAnswer(proto::SeatAnswer::default());
        for _ in 0..OUTBOUND {
            outbound.send(answer()).unwrap();
        }
        assert!(matches!(outbound.send(answer()), Err(Lost::Stalled)));
    }

    #[test]
    fn only_a_usable_registered_is_accepted() {
        let world = proto::World {
            id: "plaza".into(),
            url: "http://x/".into(),
            sha256: "ab".repeat(32),
        };
        let good = proto::Registered {
            key: vec![1; 32],
            world: Some(world),
            capacity: 100,
            tick_rate_hz: 60,
            heartbeat_interval_ms: 0,
            telemetry_interval_ms: 0,
        };
        let accepted = Accepted::try_from(good.clone()).unwrap();
        assert_eq!(
            (accepted.heartbeat_every, accepted.telemetry_every),
            (Duration::from_millis(100), None)
        );
        let spoilt: [fn(&mut proto::Registered); 5] = [
            |registered| registered.key.push(0),
            |registered| registered.world = None,
            |registered| registered.world.as_mut().unwrap().sha256 = "z".repeat(64),
            |registered| registered.capacity = 0,
            |registered| registered.tick_rate_hz = 45,
        ];
        for spoil in spoilt {
            let mut registered = good.clone();
            spoil(&mut registered);
            assert!(
                Accepted::try_from(registered.clone()).is_err(),
                "{registered:?}"
            );
        }
    }
}
