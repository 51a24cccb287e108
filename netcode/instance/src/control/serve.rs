//! A registered stream: commands to the tick, its reports back, heartbeats and telemetry at the intervals told. Nothing
//! here waits for the control plane to read: what the next one replaces is dropped, and when even what must arrive finds no
//! room the stream is given up, because the next `Register` restores the truth.

use std::sync::Arc;
use std::time::Duration;

use otherworld_core::SeatId;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tonic::Streaming;

use super::register::Accepted;
use super::{Lost, Stage, Stream};
use crate::exchange::{Command, Report, TelemetryFrame, TelemetryPlayer};
use crate::proto::{self, control_message, instance_message::Message};
use crate::roster;
use crate::seats::Seat;
use crate::stop::Cause;

const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
const ALL_BODIES_EVERY: Duration = Duration::from_secs(5);
// Messages under way. Heartbeats and telemetry leave half of it to what must not be lost.
const OUTBOUND: usize = 512;

pub(super) struct Wire {
    pub outbound: Outbound,
    pub inbound: Streaming<proto::ControlMessage>,
}

pub(super) struct Outbound(mpsc::Sender<proto::InstanceMessage>);

impl Outbound {
    pub fn new() -> (Self, mpsc::Receiver<proto::InstanceMessage>) {
        let (sender, messages) = mpsc::channel(OUTBOUND);
        (Self(sender), messages)
    }

    /// For what must not be lost.
    pub fn send(&self, message: Message) -> Result<(), Lost> {
        self.0
            .try_send(proto::InstanceMessage {
                message: Some(message),
            })
            .map_err(|_| Lost::Stalled)
    }

    /// For what the next one of its kind replaces. False when it was dropped.
    pub fn offer(&self, message: Message) -> bool {
        self.0.capacity() > OUTBOUND / 2 && self.send(message).is_ok()
    }
}

impl Stream {
    /// Speaks until the stream is lost, and says why.
    pub(super) async fn serve(&mut self, mut wire: Wire, accepted: Accepted) -> Lost {
        log::info!(stage = "control"; "registered as {} with {}",
            self.server.name,
            self.config.control_url
        );
        self.tell_tick(Command::Connected(true));
        let lost = self
            .serve_until_lost(&mut wire, &accepted)
            .await
            .unwrap_or_else(|lost| lost);
        if matches!(lost, Lost::Closed) {
            let Wire {
                outbound,
                mut inbound,
            } = wire;
            drop(outbound);
            let ended = async { while let Ok(Some(_)) = inbound.message().await {} };
            let _ = timeout(CLOSE_TIMEOUT, ended).await;
        }
        self.tell_tick(Command::Connected(false));
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
        let (mut closing, mut ending, mut is_ending) =
            (self.will.clone(), self.will.clone(), false);
        let exchange = Arc::clone(&self.exchange);
        loop {
            tokio::select! {
                message = wire.inbound.message() => match message {
                    Ok(Some(message)) => self.obey(message, &wire.outbound)?,
                    Ok(None) => return Ok(Lost::Ended),
                    Err(status) => return Ok(Lost::Status(Box::new(status))),
                },
                () = exchange.reported.notified() => self.pass_reports(&wire.outbound, &mut spare)?,
                _ = heartbeat.tick() => {
                    let beat = self.window.heartbeat(&exchange, self.roster.players());
                    if !wire.outbound.offer(Message::Heartbeat(beat)) {
                        log::debug!(stage = "control"; "a heartbeat was dropped: the control plane reads too slowly");
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
                _ = ending.wait_for(|will| will.stage != Stage::Serve), if !is_ending => {
                    is_ending = true;
                    self.tell_failure(&wire.outbound)?;
                }
                _ = closing.wait_for(|will| will.stage == Stage::Close), if is_ending => {
                    self.pass_reports(&wire.outbound, &mut spare)?;
                    return Ok(Lost::Closed);
                }
            }
        }
    }

    fn tell_failure(&self, outbound: &Outbound) -> Result<(), Lost> {
        match self.will.borrow().failure.clone() {
            Some(problem) => outbound.send(Message::Failed(proto::Failed { problem })),
            None => Ok(()),
        }
    }

    fn obey(&mut self, message: proto::ControlMessage, outbound: &Outbound) -> Result<(), Lost> {
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
                Command::Drain
            }
            Some(Told::Shutdown(shutdown)) => {
                self.stop.ask(Cause::Control {
                    grace: Duration::from_millis(shutdown.grace_ms.into()),
                });
                return Ok(());
            }
            Some(Told::AssignWorld(told)) => {
                self.assign(told);
                return Ok(());
            }
            Some(Told::EventRequest(request)) => {
                let is_inside = self.roster.is_inside(SeatId(request.seat));
                let answer = self.requests.answer(&request, is_inside, Instant::now());
                return outbound.send(Message::EventAnswer(answer));
            }
            Some(Told::Registered(_) | Told::OfferSeat(_)) => {
                log::warn!(stage = "control"; "the control plane sent a message out of place; it is skipped");
                return Ok(());
            }
            // A newer control plane's.
            None => return Ok(()),
        };
        if !self.exchange.command(command) {
            return Err(Lost::TickHangs);
        }
        self.end_if_drained();
        Ok(())
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
                    log::debug!(stage = "control"; "{} telemetry frames dropped: the control plane reads slowly",
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

    fn name_players(&self, frame: &TelemetryFrame) -> proto::Telemetry {
        let name = |player: &TelemetryPlayer| {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_plane_that_does_not_read_loses_telemetry_and_no_seat_answer() {
        let (outbound, mut unread) = Outbound::new();
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
        let (outbound, _unread) = Outbound::new();
        let answer = || Message::SeatAnswer(proto::SeatAnswer::default());
        for _ in 0..OUTBOUND {
            outbound.send(answer()).unwrap();
        }
        assert!(matches!(outbound.send(answer()), Err(Lost::Stalled)));
    }
}
