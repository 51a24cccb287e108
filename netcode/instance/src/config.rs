//! What an instance is told by its environment, locally and on Kubernetes under the same names. The process's edge reads
//! the environment into a map; a missing or malformed key is an error that names the key and the cure.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where an instance finds its fleet and its control plane, and where its clients find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `AGONES_SDK_GRPC_PORT`: port of the SDK server on this host, set by Agones and by the local supervisor.
    pub sdk_grpc_port: u16,
    /// `OTHERWORLD_CONTROL_URL`: the control plane's gRPC address, `http://host:port`.
    pub control_url: String,
    /// `OTHERWORLD_IDENTITY_FILE`: holds the credential; read anew at each dial, because Kubernetes rotates it.
    pub identity_file: PathBuf,
    /// `OTHERWORLD_UDP_BIND`: what the UDP pipe binds. Not used here; it is read here so that one place names the keys.
    pub udp_bind: SocketAddr,
    /// `OTHERWORLD_PUBLIC_ADDRESS`: `host:port` that clients reach, where NAT makes the fleet's answer wrong.
    pub public_address: Option<String>,
    /// `OTHERWORLD_RECORD`: the file that what was true is written to, tick by tick; for measurements.
    pub record: Option<PathBuf>,
    /// `OTHERWORLD_BREAK`: what is broken on purpose, so that a test can prove that it would notice.
    pub broken: Option<Broken>,
    /// Whether SIGTERM and SIGINT end the instance in order. Off only where the process belongs to somebody else.
    pub catch_signals: bool,
}

/// What an instance can be told to do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// `bodies`: everybody is shown them as they were at the start, while they themselves go on.
    Bodies,
}

/// What this binary is.
#[derive(Clone, Debug)]
pub struct Build {
    /// Version for people.
    pub version: String,
    /// Hash over messages, step and models; also netcode's protocol id.
    pub protocol_hash: u64,
    /// Names of the counters in [`TickSample::refusals`](crate::TickSample::refusals), in that order.
    pub refusal_causes: &'static [&'static str],
}

/// A key of the environment is missing or malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {problem}; {cure}")]
pub struct ConfigError {
    /// The environment variable.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub cure: &'static str,
}

impl Config {
    /// Reads the instance's keys out of an environment.
    ///
    /// # Errors
    /// Names the first key that is missing or malformed.
    pub fn from_env(env: &HashMap<String, String>) -> Result<Self, ConfigError> {
        let sdk = Key(
            "AGONES_SDK_GRPC_PORT",
            "start the instance through the fleet supervisor or Agones, which set it",
        );
        let control = Key(
            "OTHERWORLD_CONTROL_URL",
            "give the control plane's gRPC address, such as http://127.0.0.1:7401",
        );
        let identity = Key(
            "OTHERWORLD_IDENTITY_FILE",
            "give the file that holds this instance's credential",
        );
        let bind = Key(
            "OTHERWORLD_UDP_BIND",
            "give an address and a port, such as 0.0.0.0:7420",
        );
        let public = Key(
            "OTHERWORLD_PUBLIC_ADDRESS",
            "give host:port as clients reach it, or leave it unset",
        );
        let broken = Key(
            "OTHERWORLD_BREAK",
            "give bodies, or leave it unset as anybody but a test does",
        );

        let control_url = control.get(env)?;
        if !control_url.starts_with("http://")
            || control_url.parse::<tonic::transport::Uri>().is_err()
        {
            return Err(control.wrong(&control_url, "is not an http:// address"));
        }
        let public_address = env.get(public.0).filter(|value| !value.is_empty()).cloned();
        if let Some(address) = &public_address
            && split_host_port(address).is_none()
        {
            return Err(public.wrong(address, "is not host:port"));
        }
        Ok(Self {
            sdk_grpc_port: sdk.parse(env, "is not a port")?,
            control_url,
            identity_file: PathBuf::from(identity.get(env)?),
            udp_bind: bind.parse(env, "is not address:port")?,
            public_address,
            record: env
                .get("OTHERWORLD_RECORD")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from),
            broken: match env.get(broken.0).map(String::as_str) {
                None | Some("") => None,
                Some("bodies") => Some(Broken::Bodies),
                Some(other) => return Err(broken.wrong(other, "is nothing that can be broken")),
            },
            catch_signals: true,
        })
    }
}

/// Splits `host:port`; the host of an IPv6 literal stands in brackets.
pub(crate) fn split_host_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port != 0)?;
    (!host.is_empty()).then_some((host, port))
}

struct Key(&'static str, &'static str);

impl Key {
    fn get(&self, env: &HashMap<String, String>) -> Result<String, ConfigError> {
        let value = env
            .get(self.0)
            .map(|value| value.trim())
            .unwrap_or_default();
        if value.is_empty() {
            return Err(ConfigError {
                key: self.0,
                problem: "is not set".into(),
                cure: self.1,
            });
        }
        Ok(value.to_owned())
    }

    fn parse<T: std::str::FromStr>(
        &self,
        env: &HashMap<String, String>,
        problem: &str,
    ) -> Result<T, ConfigError> {
        let value = self.get(env)?;
        value.parse().map_err(|_| self.wrong(&value, problem))
    }

    fn wrong(&self, value: &str, problem: &str) -> ConfigError {
        ConfigError {
            key: self.0,
            problem: format!("{problem}: {value:?}"),
            cure: self.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> HashMap<String, String> {
        [
            ("AGONES_SDK_GRPC_PORT", "9357"),
            ("OTHERWORLD_CONTROL_URL", "http://127.0.0.1:7401"),
            ("OTHERWORLD_IDENTITY_FILE", "/run/identity"),
            ("OTHERWORLD_UDP_BIND", "127.0.0.1:7420"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = Config::from_env(&complete()).unwrap();
        assert_eq!(config.sdk_grpc_port, 9357);
        assert_eq!(config.udp_bind, "127.0.0.1:7420".parse().unwrap());
        assert_eq!(config.public_address, None);
        assert_eq!((config.record, config.broken), (None, None));
    }

    #[test]
    fn each_missing_key_is_named_with_its_cure() {
        for key in complete().keys() {
            let mut env = complete();
            env.remove(key);
            let error = Config::from_env(&env).unwrap_err();
            assert_eq!(error.key, key);
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("{key} is not set; ")),
                "{error}"
            );
        }
    }

    #[test]
    fn each_malformed_value_is_named() {
        for (key, value) in [
            ("AGONES_SDK_GRPC_PORT", "65536"),
            ("OTHERWORLD_CONTROL_URL", "127.0.0.1:7401"),
            ("OTHERWORLD_UDP_BIND", "localhost:7420"),
            ("OTHERWORLD_PUBLIC_ADDRESS", "example.org"),
            ("OTHERWORLD_PUBLIC_ADDRESS", "example.org:0"),
            ("OTHERWORLD_BREAK", "everything"),
        ] {
            let mut env = complete();
            env.insert(key.into(), value.into());
            let error = Config::from_env(&env).unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.to_string().contains(value), "{error}");
        }
    }

    #[test]
    fn what_tests_and_measurements_ask_for_is_read() {
        let mut env = complete();
        env.insert("OTHERWORLD_RECORD".into(), "/tmp/a.owtruth".into());
        env.insert("OTHERWORLD_BREAK".into(), "bodies".into());
        let config = Config::from_env(&env).unwrap();
        assert_eq!(config.record, Some("/tmp/a.owtruth".into()));
        assert_eq!(config.broken, Some(Broken::Bodies));
    }

    #[test]
    fn the_public_address_may_be_an_ipv6_literal() {
        assert_eq!(
            split_host_port("[2001:db8::1]:7420"),
            Some(("2001:db8::1", 7420))
        );
        assert_eq!(
            split_host_port("play.example.org:7420"),
            Some(("play.example.org", 7420))
        );
    }
}
