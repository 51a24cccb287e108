//! The targets, in the order of a datagram's way: pipe, link, messages, world.

mod channel;
mod client;
mod client_pipe;
mod input;
mod link;
mod message;
mod packet;
pub(crate) mod peer;
mod scene;
mod server_pipe;
mod session;
mod snapshot;
mod token;
mod user_data;

/// A parser of peers' bytes, and what must hold whatever they are.
pub struct Target {
    /// Its name, also that of its file in `corpus/`.
    pub name: &'static str,
    /// What is read, in a few words.
    pub about: &'static str,
    /// Memory that it may hold at a time (unit: bytes), for inputs of up to [`MOST_INPUT`].
    pub most_bytes: u64,
    pub(crate) check: fn(&[u8]) -> bool,
}

/// Longest input that is tried (unit: bytes).
pub const MOST_INPUT: usize = 4096;

const KIB: u64 = 1024;

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "packet",
        about: "netcode's frame and seal",
        most_bytes: 4 * KIB,
        check: packet::check,
    },
    Target {
        name: "connect-token",
        about: "the half of a connect token that a client reads",
        most_bytes: 16 * KIB,
        check: token::check_public,
    },
    Target {
        name: "private-token",
        about: "the half that the server opens",
        most_bytes: 16 * KIB,
        check: token::check_private,
    },
    Target {
        name: "user-data",
        about: "user data of a connect token",
        most_bytes: 0,
        check: user_data::check,
    },
    Target {
        name: "server-pipe",
        about: "the server's receive path: strangers, handshakes and hostile sessions",
        most_bytes: 2048 * KIB,
        check: server_pipe::check,
    },
    Target {
        name: "client-pipe",
        about: "the client's receive path, over a socket",
        most_bytes: 2048 * KIB,
        check: client_pipe::check,
    },
    Target {
        name: "link",
        about: "payloads of a link, one after the other",
        most_bytes: 128 * KIB,
        check: link::check,
    },
    Target {
        name: "channel",
        about: "segments of the reliable channel, one after the other",
        most_bytes: 256 * KIB,
        check: channel::check,
    },
    Target {
        name: "input",
        about: "input messages, into the server's buffer",
        most_bytes: 4 * KIB,
        check: input::check,
    },
    Target {
        name: "message",
        about: "small messages, by their id",
        most_bytes: 4 * KIB,
        check: message::check,
    },
    Target {
        name: "snapshot",
        about: "snapshots, one after the other",
        most_bytes: 32 * 1024 * KIB,
        check: snapshot::check,
    },
    Target {
        name: "session",
        about: "the server's half of a session with a hostile client, beside another one",
        most_bytes: 2048 * KIB,
        check: session::check,
    },
    Target {
        name: "client",
        about: "the client's half of a session with a hostile server",
        most_bytes: 32 * 1024 * KIB,
        check: client::check,
    },
    Target {
        name: "scene",
        about: "a world's document and its buffer",
        most_bytes: 256 * 1024 * KIB,
        check: scene::check_document,
    },
    Target {
        name: "glb",
        about: "a world's file",
        most_bytes: 256 * 1024 * KIB,
        check: scene::check_file,
    },
];
