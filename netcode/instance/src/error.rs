//! Why an instance ends other than asked. What can pass (a control plane that is away, an SDK server that restarts) is
//! retried for ever and is no error; these are what a retry cannot cure.

use std::path::PathBuf;

/// An instance's end that nobody asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No SDK server answered in time.
    #[error(
        "no Agones SDK server answered on port {port}: {source}; is AGONES_SDK_GRPC_PORT that of this instance?"
    )]
    SdkUnreachable {
        /// The port tried.
        port: u16,
        /// The crate's own words.
        source: Box<agones::errors::Error>,
    },
    /// The fleet gave no address or no port called "udp".
    #[error("{0}; give the Fleet a port named \"udp\", or set OTHERWORLD_PUBLIC_ADDRESS")]
    NoAddress(String),
    /// The credential cannot be read.
    #[error("cannot read the credential in {path}: {source}; OTHERWORLD_IDENTITY_FILE names it")]
    Identity {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The control plane will not have this instance, and nobody plays in it yet.
    #[error("the control plane refused this instance ({code:?}): {message}")]
    Refused {
        /// gRPC status.
        code: tonic::Code,
        /// The control plane's words.
        message: String,
    },
    /// The control plane's answer to `Register` cannot be used.
    #[error("the control plane's answer to Register cannot be used: {0}")]
    BadRegistered(&'static str),
    /// The key after a reconnect is another one: no token from now on would open, so the instance makes way for a new one.
    #[error("the control plane handed out another key than before: was its master key replaced?")]
    KeyChanged,
    /// What was assigned cannot be used.
    #[error("the world that the control plane assigned cannot be used: {0}")]
    BadAssignWorld(&'static str),
    /// Another world after the first one: whoever is inside would stand in the wrong place.
    #[error("this process has been given {runs} and cannot become {asked}: one process, one world")]
    WorldChanged {
        /// What it was given.
        runs: String,
        /// What it was given then.
        asked: String,
    },
    /// The world cannot be fetched.
    #[error("cannot fetch the world from {url}: {problem}")]
    WorldUnavailable {
        /// Its address.
        url: String,
        /// Why.
        problem: String,
    },
    /// What was fetched is not what was announced.
    #[error("the world from {url} has SHA-256 {actual}, but {expected} was announced")]
    WorldMismatch {
        /// Its address.
        url: String,
        /// Hex, as announced.
        expected: String,
        /// Hex, of what came.
        actual: String,
    },
    /// The tick could not go on.
    #[error("{0}")]
    Tick(String),
    /// The thread could not be made.
    #[error("cannot start the instance's thread: {0}")]
    Thread(#[from] std::io::Error),
}
