//! The instance's end of the UDP pipe: one socket, the standard's server, and events.
//!
//! A tick calls [`ServerPipe::receive`], does its work, calls [`ServerPipe::send`] for each seat, and ends with
//! [`ServerPipe::update`] and [`ServerPipe::flush`]. None of them waits. Stays on the thread that made it.

use crate::netcode::{Config, Departure, Heard, Refusals, SendError, Server, UserData};
use crate::udp::{BATCH, Inbox, Outbox, Socket};
use otherworld_core::SeatId;
use otherworld_core::message::ResumeToken;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Batches that one call of [`ServerPipe::receive`] serves: 4,096 datagrams, forty times what a full instance is sent in
/// a tick. What a flood brings beyond that waits in the kernel's buffer, or is lost there, and the tick goes on.
const BATCHES_PER_CALL: usize = 64;

/// What happened on the pipe.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A session has begun.
    Connected {
        /// Whose.
        seat: SeatId,
        /// Where it comes from.
        address: SocketAddr,
        /// What its token says.
        user_data: &'a UserData,
    },
    /// A session's bytes, 1 to [`crate::MAX_PAYLOAD_BYTES`].
    Payload {
        /// Whose.
        seat: SeatId,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A session has ended.
    Disconnected {
        /// Whose.
        seat: SeatId,
        /// Why. Kicks are not told: who kicks knows.
        cause: Departure,
    },
}

/// Counts since the pipe was bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Datagrams received.
    pub received: u64,
    /// Their bytes, without IP and UDP headers.
    pub received_bytes: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Their bytes, without IP and UDP headers.
    pub sent_bytes: u64,
    /// Datagrams that the kernel did not take.
    pub dropped: u64,
    /// Calls of [`ServerPipe::receive`] that ended with more to receive.
    pub overloaded: u64,
}

/// A UDP socket that speaks netcode 1.02 with many clients.
pub struct ServerPipe {
    socket: Socket,
    inbox: Inbox,
    outbox: Outbox,
    netcode: Server,
    received: u64,
    received_bytes: u64,
    overloaded: u64,
}

impl ServerPipe {
    /// Binds the socket. `config.addresses` are what tokens call this server, which behind NAT is not `at`; when it
    /// is empty, the bound address is taken.
    ///
    /// # Errors
    /// Those of the system: an address that is taken or not ours.
    pub fn bind(at: SocketAddr, mut config: Config) -> io::Result<Self> {
        let socket = Socket::bind(at)?;
        if config.addresses.is_empty() {
            config.addresses.push(socket.local_address()?);
        }
        Ok(Self {
            socket,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            netcode: Server::new(config),
            received: 0,
            received_bytes: 0,
            overloaded: 0,
        })
    }

    /// The socket, for its address and what the kernel gave it.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Lets the token of a seat in. A true token for a seat without an offer is refused as `no_seat`.
    pub fn offer(&mut self, seat: SeatId) {
        self.netcode.offer(seat);
    }

    /// Takes an offer back; a session that runs goes on.
    pub fn withdraw(&mut self, seat: SeatId) {
        self.netcode.withdraw(seat);
    }

    /// Serves what has arrived and answers handshakes. `now` is unix time, from [`crate::UnixClock`].
    ///
    /// # Errors
    /// Those of the system, which mean that the socket is broken.
    pub fn receive(
        &mut self,
        now: Duration,
        mut on_event: impl FnMut(Event<'_>),
    ) -> io::Result<()> {
        for _ in 0..BATCHES_PER_CALL {
            let count = self.inbox.receive(&self.socket)?;
            for index in 0..count {
                let (from, datagram) = self.inbox.datagram(index);
                self.received += 1;
                self.received_bytes += datagram.len() as u64;
                let mut out = self.outbox.on(&self.socket);
                match self.netcode.receive(now, from, datagram, &mut out) {
                    Heard::Nothing | Heard::Refused(_) => {}
                    Heard::Payload { seat, bytes } => on_event(Event::Payload { seat, bytes }),
                    Heard::Disconnected { seat } => {
                        on_event(Event::Disconnected {
                            seat,
                            cause: Departure::Left,
                        });
                    }
                    Heard::Connected {
                        seat,
                        address,
                        superseded,
                    } => {
                        if superseded {
                            let cause = Departure::Superseded;
                            on_event(Event::Disconnected { seat, cause });
                        }
                        let user_data = self
                            .netcode
                            .user_data(seat)
                            .expect("the session has just begun");
                        on_event(Event::Connected {
                            seat,
                            address,
                            user_data,
                        });
                    }
                }
            }
            if count < BATCH {
                self.outbox.flush(&self.socket);
                return Ok(());
            }
        }
        self.overloaded += 1;
        self.outbox.flush(&self.socket);
        Ok(())
    }

    /// Seals a payload and puts it into the batch; a full batch is sent at once, the rest by [`ServerPipe::flush`].
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent then.
    pub fn send(&mut self, now: Duration, seat: SeatId, payload: &[u8]) -> Result<(), SendError> {
        self.netcode
            .send(now, seat, payload, &mut self.outbox.on(&self.socket))
    }

    /// Ends sessions that were silent too long and keeps the others alive.
    pub fn update(&mut self, now: Duration, mut on_event: impl FnMut(Event<'_>)) {
        self.netcode
            .update(now, &mut self.outbox.on(&self.socket), |seat| {
                on_event(Event::Disconnected {
                    seat,
                    cause: Departure::TimedOut,
                });
            });
    }

    /// Sends the rest of the batch.
    pub fn flush(&mut self) {
        self.outbox.flush(&self.socket);
    }

    /// `[SE6]` Seals a token with which the client of a running session can come back from another address while the
    /// session lasts and for `grace` after it; the server it names is this one. `None` without a session.
    pub fn resume_token(
        &mut self,
        now: Duration,
        seat: SeatId,
        user_data: &UserData,
        grace: Duration,
    ) -> Option<ResumeToken> {
        self.netcode.resume_token(now, seat, user_data, grace)
    }

    /// Ends a seat's session, telling the client ten times, and takes its offer back. False when there was none. What
    /// was sent before still reaches the client first, so a reason can go ahead.
    pub fn kick(&mut self, now: Duration, seat: SeatId) -> bool {
        let kicked = self
            .netcode
            .kick(now, seat, &mut self.outbox.on(&self.socket));
        self.flush();
        kicked
    }

    /// The seats that have a session.
    pub fn seats(&self) -> impl Iterator<Item = SeatId> + '_ {
        self.netcode.seats()
    }

    /// Where a seat's session comes from.
    pub fn address(&self, seat: SeatId) -> Option<SocketAddr> {
        self.netcode.address(seat)
    }

    /// Refusals by cause.
    pub fn refusals(&self) -> &Refusals {
        self.netcode.refusals()
    }

    /// Counts since the pipe was bound.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            received: self.received,
            received_bytes: self.received_bytes,
            sent: self.outbox.sent(),
            sent_bytes: self.outbox.sent_bytes(),
            dropped: self.outbox.dropped(),
            overloaded: self.overloaded,
        }
    }
}
