//! Why a bot, or all of them, came to an end: one sentence and one exit code each.

use otherworld_core::client::Ended;
use otherworld_core::message::{Goodbye, GoodbyeCause};
use renetcode::DisconnectReason;
use std::fmt::Display;
use thiserror::Error;

/// The end of a bot.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Ending {
    /// The scenario on standard input.
    #[error("the scenario cannot be used: {0}")]
    Scenario(String),
    /// Sockets, signals, threads.
    #[error("the system refused: {0}")]
    System(String),
    /// The file of the world.
    #[error("the world cannot be had: {0}")]
    World(String),
    /// No seat, or no answer of the control plane.
    #[error("no seat: {0}")]
    Seat(String),
    /// The WebSocket to the relay.
    #[error("the relay is gone: {0}")]
    Relay(String),
    /// The instance speaks another protocol.
    #[error(
        "the instance speaks protocol {theirs}, this executor speaks {ours}: they are of different builds"
    )]
    Protocol { theirs: u64, ours: u64 },
    /// The instance simulates another world than the one that was downloaded.
    #[error("the instance's world hashes to {theirs:016x}, the downloaded one to {ours:016x}")]
    OtherWorld { theirs: u64, ours: u64 },
    /// The door stayed closed.
    #[error("{}", refusal(*.0))]
    Refused(DisconnectReason),
    /// An operator.
    #[error("kicked: {0}")]
    Kicked(String),
    /// The instance said goodbye.
    #[error("the instance ended the session ({cause:?}): {reason}")]
    Dismissed { cause: GoodbyeCause, reason: String },
    /// The instance sent what no instance sends.
    #[error("the instance broke the protocol: {0}")]
    Broken(String),
    /// The session broke.
    #[error("the session was lost: {0}")]
    Lost(DisconnectReason),
}

impl Ending {
    pub fn system(error: impl Display) -> Self {
        Ending::System(error.to_string())
    }

    /// Distinct for each kind of end, so that scripts can tell; 0 is a scenario that ran for its time.
    pub fn exit_code(&self) -> u8 {
        match self {
            Ending::System(_) => 1,
            Ending::Scenario(_) => 2,
            Ending::World(_) => 3,
            Ending::Protocol { .. } | Ending::OtherWorld { .. } | Ending::Broken(_) => 4,
            Ending::Refused(_) | Ending::Seat(_) => 5,
            Ending::Kicked(_) => 6,
            Ending::Dismissed { .. } => 7,
            Ending::Lost(_) | Ending::Relay(_) => 8,
        }
    }

    /// The end as reports name it.
    pub fn label(&self) -> &'static str {
        match self {
            Ending::System(_) => "system",
            Ending::Scenario(_) => "scenario",
            Ending::World(_) => "world",
            Ending::Seat(_) => "seat",
            Ending::Relay(_) => "relay",
            Ending::Protocol { .. } => "protocol",
            Ending::OtherWorld { .. } => "other_world",
            Ending::Refused(_) => "refused",
            Ending::Kicked(_) => "kicked",
            Ending::Dismissed { .. } => "dismissed",
            Ending::Broken(_) => "broken",
            Ending::Lost(_) => "lost",
        }
    }

    /// Whether asking for another seat may help.
    pub fn is_worth_another_try(&self) -> bool {
        matches!(
            self,
            Ending::Refused(_)
                | Ending::Dismissed { .. }
                | Ending::Lost(_)
                | Ending::World(_)
                | Ending::Seat(_)
                | Ending::Relay(_)
        )
    }
}

impl From<Ended> for Ending {
    fn from(ended: Ended) -> Ending {
        match ended {
            Ended::OtherWorld { theirs, ours } => Ending::OtherWorld { theirs, ours },
            Ended::TickRate(hz) => {
                Ending::System(format!("a tick rate of {hz} Hz is not played yet"))
            }
            Ended::Goodbye(goodbye) => {
                let Goodbye { cause, reason } = *goodbye;
                let reason = reason.as_str().to_owned();
                match cause {
                    GoodbyeCause::Kicked => Ending::Kicked(reason),
                    cause => Ending::Dismissed { cause, reason },
                }
            }
            Ended::Broken(error) => Ending::Broken(error.to_string()),
            Ended::Unreadable(error) => Ending::Broken(format!("a snapshot: {error}")),
        }
    }
}

fn refusal(reason: DisconnectReason) -> &'static str {
    match reason {
        DisconnectReason::ConnectionDenied => "the instance is full and denied the connection",
        DisconnectReason::ConnectTokenExpired => {
            "the connect token expired before the instance answered"
        }
        DisconnectReason::ConnectionResponseTimedOut => {
            "the instance fell silent in the middle of the handshake"
        }
        _ => {
            "the instance did not answer: it is gone, its UDP port is not reachable, or it refuses the token (its \
             `refusals` say why)"
        }
    }
}
