//! One bot: a socket with its netcode client, the play on top of it, and what became of it.

use crate::ending::Ending;
use crate::play::Play;
use crate::route::Walker;
use crate::scenario::Join;
use crate::world::World;
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::protocol::PROTOCOL_HASH;
use otherworld_pipes::udp::{Inbox, Outbox};
use otherworld_pipes::{ClientPipe, ClientState};
use std::sync::Arc;
use std::time::Duration;

/// While connecting, the handshake is looked at this often; netcode itself decides when to send.
const HANDSHAKE_PERIOD: Duration = Duration::from_millis(50);

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

/// A bot with a socket.
pub struct Session {
    pub join: Join,
    pub pipe: ClientPipe,
    pub play: Play,
    entered: bool,
    next_handshake: Duration,
}

/// What a session's ear told its bot.
#[derive(Debug, PartialEq)]
pub enum News {
    /// Nothing that others need to know.
    None,
    /// The instance let us in.
    Entered,
}

impl Session {
    /// Starts connecting.
    pub fn start(
        now: Duration,
        join: Join,
        world: Arc<World>,
        walker: Walker,
    ) -> Result<Self, Ending> {
        let theirs = join.protocol()?;
        if theirs != PROTOCOL_HASH {
            return Err(Ending::Protocol {
                theirs,
                ours: PROTOCOL_HASH,
            });
        }
        let pipe = ClientPipe::connect(&join.udp_token()?, now).map_err(Ending::system)?;
        Ok(Self {
            join,
            pipe,
            play: Play::new(world, walker),
            entered: false,
            next_handshake: now,
        })
    }

    /// Serves what has arrived.
    pub fn receive(&mut self, now: Duration, buffers: &mut Buffers) -> Result<News, Ending> {
        let play = &mut self.play;
        let mut ended = Ok(());
        let received = self.pipe.receive(&mut buffers.inbox, |payload| {
            if ended.is_ok() {
                ended = play.receive(now, payload);
            }
        });
        received.map_err(Ending::system)?;
        ended?;
        let news = match self.pipe.state() {
            ClientState::Connecting => News::None,
            ClientState::Connected if self.entered => News::None,
            ClientState::Connected => {
                self.entered = true;
                News::Entered
            }
            ClientState::Disconnected(reason) if self.entered => return Err(Ending::Lost(reason)),
            ClientState::Disconnected(reason) => return Err(Ending::Refused(reason)),
        };
        Ok(news)
    }

    /// When [`Session::tick`] shall be called next.
    pub fn due(&self) -> Duration {
        if self.entered {
            self.play.due()
        } else {
            self.next_handshake
        }
    }

    /// Sends what is due.
    pub fn tick(&mut self, now: Duration, buffers: &mut Buffers) -> Result<News, Ending> {
        self.pipe.update(now, &mut buffers.outbox);
        self.next_handshake = now + HANDSHAKE_PERIOD;
        if self.pipe.state() == ClientState::Connected && self.play.due() <= now {
            let length = self.play.tick(now, &mut buffers.payload);
            // A payload that is not sent is a payload that is lost: the next one has the inputs too.
            let _ = self
                .pipe
                .send(&buffers.payload[..length], &mut buffers.outbox);
        }
        self.receive(now, buffers)
    }

    /// Tells the instance (netcode does so ten times), so that the body is gone at once.
    pub fn leave(&mut self, buffers: &mut Buffers) {
        self.pipe.disconnect(&mut buffers.outbox);
    }
}
