//! The first word on a stream: who this is, proved by the credential, with the world that it was given; and the answer, of
//! which nothing is used unchecked.

use std::time::Duration;

use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;

use super::serve::{Outbound, Wire};
use super::{Lost, Stream};
use crate::proto::instance_service_client::InstanceServiceClient;
use crate::proto::{self, control_message, instance_message::Message};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REGISTER_TIMEOUT: Duration = Duration::from_secs(10);
// A control plane that vanished without a word is noticed after the sum of these two.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(5);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A `Registered` whose fields have been checked.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub key: [u8; 32],
    pub heartbeat_every: Duration,
    pub telemetry_every: Option<Duration>,
}

impl Stream {
    /// Dials, introduces the instance and takes the answer.
    pub(super) async fn register(&mut self) -> Result<(Wire, Accepted), Lost> {
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

        let (outbound, messages) = Outbound::new();
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
        let credential = std::fs::read_to_string(path).map_err(|source| Lost::Identity {
            path: path.clone(),
            source,
        })?;
        let assigned = self.progress.borrow().assigned.clone();
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
            capacity: assigned.as_ref().map_or(0, |assigned| assigned.capacity),
            tick_rate_hz: assigned
                .as_ref()
                .map_or(0, |assigned| assigned.tick_rate_hz),
            world: assigned.map(|assigned| assigned.world),
        })
    }

    fn check(&self, registered: proto::Registered) -> Result<Accepted, Lost> {
        let accepted = Accepted::try_from(registered).map_err(Lost::BadRegistered)?;
        let known_key = self
            .progress
            .borrow()
            .registered
            .as_ref()
            .map(|known| known.key);
        if known_key.is_some_and(|known| known != accepted.key) {
            return Err(Lost::KeyChanged);
        }
        if known_key.is_none() {
            self.progress
                .send_modify(|progress| progress.registered = Some(accepted.clone()));
        }
        Ok(accepted)
    }
}

/// tonic wraps "Connection refused" into "transport error".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

impl TryFrom<proto::Registered> for Accepted {
    type Error = &'static str;

    fn try_from(registered: proto::Registered) -> Result<Self, Self::Error> {
        let key = registered
            .key
            .try_into()
            .map_err(|_| "the key is not 32 bytes long")?;
        // Shorter intervals would only be a mistake that floods the stream.
        let at_least = |ms: u32, least: u32| Duration::from_millis(ms.max(least).into());
        Ok(Self {
            key,
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
    fn only_a_usable_registered_is_accepted() {
        let good = proto::Registered {
            key: vec![1; 32],
            heartbeat_interval_ms: 0,
            telemetry_interval_ms: 0,
        };
        let accepted = Accepted::try_from(good.clone()).unwrap();
        assert_eq!(
            (accepted.heartbeat_every, accepted.telemetry_every),
            (Duration::from_millis(100), None)
        );
        for key in [vec![], vec![1; 31], vec![1; 33]] {
            let registered = proto::Registered {
                key,
                ..good.clone()
            };
            assert!(
                Accepted::try_from(registered.clone()).is_err(),
                "{registered:?}"
            );
        }
    }
}
