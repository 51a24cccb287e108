//! Why a datagram was not served, and how often. Nothing is logged per datagram: a stranger could fill a disk.

use std::fmt;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)+) => {
        /// The cause for which a datagram was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Refusal { $($(#[$doc])* $name,)+ }

        impl Refusal {
            /// Every cause, in the order in which the checks are made.
            pub const ALL: &[Refusal] = &[$(Refusal::$name,)+];

            /// The cause as metrics and reports write it.
            pub fn label(self) -> &'static str {
                match self { $(Refusal::$name => $label,)+ }
            }
        }
    };
}

refusals! {
    /// From an address without a session, and not a connection request.
    Garbage = "garbage",
    /// From an address whose session has just ended or moved elsewhere: the other copies of its goodbye, and what was under
    /// way.
    Departed = "departed",
    /// Length, version, prefix, packet kind or body that the standard does not allow here.
    Malformed = "malformed",
    /// A connection request from an address that has a session, by the token that began it (a late copy of the handshake) or
    /// for another seat.
    AlreadyConnected = "already_connected",
    /// A token for another protocol version, or whose host list does not name this server.
    Foreign = "foreign",
    /// A token past its time.
    Expired = "expired",
    /// More connection requests than this source, or everybody together, may cost us.
    RateLimited = "rate_limited",
    /// The token's seal does not open: altered, or sealed with another key. AEAD cannot tell which.
    Forged = "forged",
    /// A true token for a seat that is not on offer here, or is no longer.
    NoSeat = "no_seat",
    /// A token that came first from another address, or has been a session already.
    Replayed = "replayed",
    /// No room for another session or handshake.
    Full = "full",
    /// From a known address, but the packet's seal does not open with that session's key.
    Unauthentic = "unauthentic",
    /// A sequence number that was received before, or is older than the replay window.
    Duplicate = "duplicate",
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.label())
    }
}

/// Refusals counted by cause since the server started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals([u64; Refusal::ALL.len()]);

impl Refusals {
    /// How many datagrams were refused for this cause.
    pub fn of(&self, cause: Refusal) -> u64 {
        self.0[cause as usize]
    }

    /// Every cause with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        Refusal::ALL.iter().map(|&cause| (cause, self.of(cause)))
    }

    /// All refusals together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn count(&mut self, cause: Refusal) {
        self.0[cause as usize] += 1;
    }
}
