//! One bot: a socket with its netcode pipe, the core's client on top of it, who steers it, and what became of it.
//!
//! `[SE8]` When it hears nothing for a while it comes back with the newest resume token, over a new socket; the client,
//! with its link, goes on. `[SE9]` When the instance ends the session it is over.

use crate::ending::Ending;
use crate::fault::{Change, Faults};
use crate::relay::Tunnel;
use crate::scenario::{Join, Way};
use crate::world::World;
use otherworld_core::client::{Client, Pilot};
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::protocol::PROTOCOL_HASH;
use otherworld_pipes::udp::{Inbox, Outbox};
use otherworld_pipes::{ClientPipe, ClientState, Traffic};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// While connecting, the handshake is looked at this often; netcode itself decides when to send.
const HANDSHAKE_PERIOD: Duration = Duration::from_millis(50);

/// Silence after which the path is taken for dead: forty payloads in a row are not lost by chance.
const SILENCE: Duration = Duration::from_millis(1500);

/// Buffers that all bots of the thread share.
pub struct Buffers {
    pub inbox: Inbox,
    pub outbox: Outbox,
    payload: [u8; MAX_PAYLOAD_BYTES],
}

impl Buffers {
    pub fn new() -> Self {
        Self {
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            payload: [0; MAX_PAYLOAD_BYTES],
        }
    }
}

/// How a session's datagrams get to the instance.
#[derive(Debug, Default)]
pub struct Path {
    /// By which pipe.
    pub way: Way,
    /// Through this proxy.
    pub via: Option<SocketAddr>,
    /// Through the relay, for which it is in the proxy's place.
    pub tunnel: Option<Tunnel>,
}

/// A bot with a socket.
pub struct Session {
    pub join: Join,
    pub pipe: ClientPipe,
    pub client: Client,
    tunnel: Option<Tunnel>,
    pilot: Box<dyn Pilot>,
    patience: Duration,
    faults: Faults,
    entered_at: Option<Duration>,
    heard_at: Duration,
    is_resuming: bool,
    is_cut: bool,
    next_handshake: Duration,
    reported: Traffic,
}

/// What a session's ear told its bot.
#[derive(Debug, PartialEq)]
pub enum News {
    /// Nothing that others need to know.
    None,
    /// The instance let us in.
    Entered,
    /// The pipe has another socket.
    Moved,
    /// The body is ours again, after this long a silence.
    Returned(Duration),
}

impl Session {
    /// Starts connecting.
    pub fn start(
        now: Duration,
        join: Join,
        world: Arc<World>,
        pilot: Box<dyn Pilot>,
        faults: Faults,
        patience: Duration,
        path: Path,
    ) -> Result<Self, Ending> {
        let theirs = join.protocol()?;
        if theirs != PROTOCOL_HASH {
            return Err(Ending::Protocol {
                theirs,
                ours: PROTOCOL_HASH,
            });
        }
        let Path { way, via, tunnel } = path;
        let via = tunnel.as_ref().map(|tunnel| tunnel.address).or(via);
        let pipe = ClientPipe::connect(&join.token(way)?, via, now).map_err(Ending::system)?;
        Ok(Self {
            tunnel,
            join,
            pipe,
            client: Client::new(world),
            pilot,
            patience,
            faults,
            entered_at: None,
            heard_at: now,
            is_resuming: false,
            is_cut: false,
            next_handshake: now,
            reported: Traffic::default(),
        })
    }

    /// Serves what has arrived.
    pub fn receive(&mut self, now: Duration, buffers: &mut Buffers) -> Result<News, Ending> {
        let client = &mut self.client;
        let mut ended = Ok(());
        let mut heard = false;
        let received = self.pipe.receive(&mut buffers.inbox, |payload| {
            heard = true;
            if ended.is_ok() {
                ended = client.receive(now, payload);
            }
        });
        received.map_err(Ending::system)?;
        ended?;
        let silence = now.saturating_sub(self.heard_at);
        let state = self.pipe.state();
        if heard || (state == ClientState::Connected && (self.is_resuming || !self.is_in())) {
            self.heard_at = now;
        }
        Ok(match state {
            ClientState::Connecting => News::None,
            ClientState::Connected if std::mem::take(&mut self.is_resuming) => {
                News::Returned(silence)
            }
            ClientState::Connected if self.is_in() => News::None,
            ClientState::Connected => {
                self.entered_at = Some(now);
                News::Entered
            }
            ClientState::Disconnected(reason) if self.is_in() => return Err(Ending::Lost(reason)),
            ClientState::Disconnected(reason) => return Err(Ending::Refused(reason)),
        })
    }

    fn is_in(&self) -> bool {
        self.entered_at.is_some()
    }

    /// Comes back by another socket when nothing was heard for too long and there is a token for it.
    fn resume(&mut self, now: Duration) -> Result<bool, Ending> {
        let is_silent = self.is_in() && now.saturating_sub(self.heard_at) > SILENCE;
        if !is_silent || self.is_resuming || self.patience.is_zero() {
            return Ok(false);
        }
        let Some(token) = self.client.take_resume_token() else {
            return Ok(false);
        };
        let pipe = self.pipe.resume(&token, now, self.patience);
        self.pipe = pipe.map_err(Ending::system)?;
        self.pipe.set_cut(self.is_cut);
        self.is_resuming = true;
        Ok(true)
    }

    /// Does to the network what is due.
    fn break_network(&mut self, now: Duration) -> Result<bool, Ending> {
        let mut moved = false;
        let Some(entered_at) = self.entered_at else {
            return Ok(false);
        };
        while let Some(change) = self.faults.next(now.saturating_sub(entered_at)) {
            match change {
                Change::Rebind => {
                    self.pipe.rebind().map_err(Ending::system)?;
                    moved = true;
                }
                Change::Cut(cut) => {
                    self.is_cut = cut;
                    self.pipe.set_cut(cut);
                }
            }
        }
        Ok(moved)
    }

    /// What went through the socket since this was asked last.
    pub fn take_traffic(&mut self) -> Traffic {
        let now = self.pipe.traffic();
        let before = std::mem::replace(&mut self.reported, now);
        Traffic {
            datagrams_down: now.datagrams_down - before.datagrams_down,
            bytes_down: now.bytes_down - before.bytes_down,
            datagrams_up: now.datagrams_up - before.datagrams_up,
            bytes_up: now.bytes_up - before.bytes_up,
        }
    }

    /// When [`Session::tick`] shall be called next.
    pub fn due(&self) -> Duration {
        if self.pipe.state() == ClientState::Connected {
            self.client.due()
        } else {
            self.next_handshake
        }
    }

    /// Sends what is due.
    pub fn tick(&mut self, now: Duration, buffers: &mut Buffers) -> Result<News, Ending> {
        if self.tunnel.as_ref().is_some_and(|tunnel| !tunnel.is_open()) {
            return Err(Ending::Relay("its WebSocket has ended".into()));
        }
        let moved = self.break_network(now)? | self.resume(now)?;
        self.pipe.update(now, &mut buffers.outbox);
        self.next_handshake = now + HANDSHAKE_PERIOD;
        if self.pipe.state() == ClientState::Connected && self.client.due() <= now {
            let pilot = &mut *self.pilot;
            let length = self.client.tick(now, pilot, &mut buffers.payload);
            // A payload that is not sent is a payload that is lost: the next one has the inputs too.
            let _ = self
                .pipe
                .send(&buffers.payload[..length], &mut buffers.outbox);
        }
        match self.receive(now, buffers)? {
            News::None if moved => Ok(News::Moved),
            news => Ok(news),
        }
    }

    /// Tells the instance (netcode does so ten times), so that the body is gone at once.
    pub fn leave(&mut self, buffers: &mut Buffers) {
        self.pipe.disconnect(&mut buffers.outbox);
    }
}
