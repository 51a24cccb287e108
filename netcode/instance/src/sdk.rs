//! The instance's side of the Agones SDK, by the official crate. The rest of the instance says how things should stand
//! ([`Desired`]); one task here makes it so and tries again when the SDK server is away, so that a sidecar's restart costs
//! nobody their game. Health is passed on only while the tick pulses: a hung tick must look Unhealthy.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use otherworld_core::SeatId;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::backoff::Backoff;
use crate::config::{Config, split_host_port};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::stop::{Cause, Stop};

const HEALTH_EVERY: Duration = Duration::from_secs(1);
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
// How long a GameServer may have no address yet after its container has started.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(30);

const PLAYERS: &str = "players";
const SEATS: &str = "seats";

/// What the fleet calls this instance, and where clients reach it.
#[derive(Clone, Debug)]
pub(crate) struct GameServer {
    pub name: String,
    pub uid: String,
    pub address: IpAddr,
    pub port: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Starting,
    Ready,
    Shutdown,
}

/// How the GameServer should stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desired {
    pub phase: Phase,
    pub protocol_hash: u64,
    pub world: String,
    pub capacity: usize,
    pub players: u32,
    pub seats: BTreeSet<SeatId>,
}

/// How it stands, as far as this process knows.
#[derive(Debug, Default)]
struct Applied {
    protocol_hash: Option<u64>,
    world: String,
    capacity: Option<usize>,
    players: Option<u32>,
    seats: Option<BTreeSet<SeatId>>,
}

pub(crate) async fn connect(config: &Config) -> Result<agones::Sdk, Error> {
    let port = config.sdk_grpc_port;
    agones::Sdk::new(Some(port), None)
        .await
        .map_err(|source| Error::SdkUnreachable {
            port,
            source: Box::new(source),
        })
}

/// Asks who we are, until the fleet has given an address.
pub(crate) async fn game_server(
    sdk: &mut agones::Sdk,
    config: &Config,
) -> Result<GameServer, Error> {
    let mut last_problem = String::from("GetGameServer gave no answer");
    let asked = async {
        loop {
            let problem = match sdk.get_gameserver().await {
                Ok(server) => match identify(&server, config).await {
                    Ok(identified) => return identified,
                    Err(problem) => problem,
                },
                Err(error) => format!("GetGameServer: {error}"),
            };
            last_problem = problem;
            sleep(Duration::from_millis(200)).await;
        }
    };
    match timeout(ADDRESS_TIMEOUT, asked).await {
        Ok(server) => Ok(server),
        Err(_) => Err(Error::NoAddress(format!(
            "{last_problem}, {ADDRESS_TIMEOUT:?} long"
        ))),
    }
}

async fn identify(server: &agones::GameServer, config: &Config) -> Result<GameServer, String> {
    let meta = server
        .object_meta
        .as_ref()
        .ok_or("the GameServer has no metadata")?;
    let status = server
        .status
        .as_ref()
        .ok_or("the GameServer has no status")?;
    let (host, port) = match config.public_address.as_deref().and_then(split_host_port) {
        Some(public) => public,
        None => {
            let udp = status.ports.iter().find(|port| port.name == "udp");
            let port = udp
                .and_then(|udp| u16::try_from(udp.port).ok())
                .ok_or("the GameServer has no port \"udp\"")?;
            (status.address.as_str(), port)
        }
    };
    // A node's address may be a DNS name; connect tokens hold IP addresses.
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| format!("{host:?}: {error}"))?;
    let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    let address = found
        .first()
        .copied()
        .ok_or_else(|| format!("{host:?} has no address"))?;
    Ok(GameServer {
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        address,
        port,
    })
}

/// The rest of the instance's handle of its GameServer.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub desired: watch::Sender<Desired>,
    pub phase: watch::Receiver<Phase>,
}

impl Fleet {
    /// Spawns the tasks that keep the GameServer as desired.
    pub fn keep(sdk: agones::Sdk, protocol_hash: u64, exchange: Arc<Exchange>, stop: Stop) -> Self {
        let (desired, wanted) = watch::channel(Desired {
            protocol_hash,
            ..Desired::default()
        });
        let (reached, phase) = watch::channel(Phase::Starting);
        tokio::spawn(pass_health(sdk.clone(), exchange));
        tokio::spawn(watch_state(sdk.clone(), stop));
        tokio::spawn(keep(sdk, wanted, reached));
        Self { desired, phase }
    }

    /// Asks for a phase and waits until the fleet has it.
    pub async fn become_phase(&self, phase: Phase) {
        self.desired.send_modify(|desired| desired.phase = phase);
        // The sender lives in a task that ends with the runtime only.
        let _ = self
            .phase
            .clone()
            .wait_for(|reached| *reached >= phase)
            .await;
    }
}

async fn pass_health(sdk: agones::Sdk, exchange: Arc<Exchange>) {
    let mut health = sdk.health_check();
    let mut every = tokio::time::interval(HEALTH_EVERY);
    let (mut seen, mut is_heard, mut is_alive) = (0, true, true);
    loop {
        every.tick().await;
        let pulses = exchange.pulses.load(Relaxed);
        let pulsed = pulses != std::mem::replace(&mut seen, pulses);
        if is_alive && !pulsed && pulses > 0 {
            log::error!(stage = "fleet"; "the tick has not pulsed for {HEALTH_EVERY:?}: no health is sent");
        }
        is_alive = pulsed;
        if !pulsed {
            continue;
        }
        if health.try_send(()).is_err() {
            if std::mem::replace(&mut is_heard, false) {
                log::warn!(stage = "fleet"; "the SDK server takes no health; trying again each {HEALTH_EVERY:?}");
            }
            health = sdk.health_check();
            let _ = health.try_send(());
        } else {
            is_heard = true;
        }
    }
}

async fn watch_state(mut sdk: agones::Sdk, stop: Stop) {
    let mut backoff = Backoff::default();
    loop {
        match sdk.watch_gameserver().await {
            Ok(mut updates) => {
                while let Ok(Some(server)) = updates.message().await {
                    backoff.reset();
                    if server
                        .status
                        .is_some_and(|status| status.state == "Shutdown")
                    {
                        stop.ask(Cause::Fleet);
                    }
                }
                log::debug!(stage = "fleet"; "WatchGameServer ended");
            }
            Err(error) => log::debug!(stage = "fleet"; "WatchGameServer: {error}"),
        }
        sleep(backoff.next(fastrand::f64())).await;
    }
}

async fn keep(
    mut sdk: agones::Sdk,
    mut wanted: watch::Receiver<Desired>,
    reached: watch::Sender<Phase>,
) {
    let mut applied = Applied::default();
    let mut backoff = Backoff::default();
    loop {
        let desired = wanted.borrow_and_update().clone();
        match apply(&mut sdk, &desired, &mut applied, &reached).await {
            Ok(()) => {
                backoff.reset();
                if wanted.changed().await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let wait = backoff.next(fastrand::f64());
                let level = if backoff.is_worth_a_warning() {
                    log::Level::Warn
                } else {
                    log::Level::Debug
                };
                log::log!(level, stage = "fleet"; "the SDK server does not do as asked: {error}; next try in {wait:.1?}"
                );
                // What stands there now is unknown: it is read anew.
                applied = Applied::default();
                tokio::select! {
                    () = sleep(wait) => {}
                    Ok(()) = wanted.changed() => {}
                }
            }
        }
    }
}

type Outcome = Result<(), agones::errors::Error>;

/// The label comes before Ready, so that whoever selects by it sees it; counts come after, so that a Fleet without
/// them still has Ready instances.
async fn apply(
    sdk: &mut agones::Sdk,
    desired: &Desired,
    applied: &mut Applied,
    reached: &watch::Sender<Phase>,
) -> Outcome {
    if desired.phase == Phase::Shutdown {
        if *reached.borrow() < Phase::Shutdown {
            timeout(CALL_TIMEOUT, sdk.shutdown()).await??;
            reached.send_replace(Phase::Shutdown);
        }
        return Ok(());
    }
    timeout(CALL_TIMEOUT, apply_marks(sdk, desired, applied)).await??;
    // Once only: Ready would take an allocated GameServer out of its allocation.
    if desired.phase == Phase::Ready && *reached.borrow() == Phase::Starting {
        timeout(CALL_TIMEOUT, sdk.ready()).await??;
        reached.send_replace(Phase::Ready);
    }
    timeout(CALL_TIMEOUT, apply_counts(sdk, desired, applied)).await?
}

async fn apply_marks(sdk: &mut agones::Sdk, desired: &Desired, applied: &mut Applied) -> Outcome {
    let hash = desired.protocol_hash;
    if applied.protocol_hash != Some(hash) {
        sdk.set_label("protocol-hash", hash.to_string()).await?;
        applied.protocol_hash = Some(hash);
    }
    if applied.world != desired.world {
        sdk.set_annotation("world", desired.world.clone()).await?;
        applied.world.clone_from(&desired.world);
    }
    Ok(())
}

async fn apply_counts(sdk: &agones::Sdk, desired: &Desired, applied: &mut Applied) -> Outcome {
    if desired.capacity == 0 {
        return Ok(());
    }
    let mut beta = sdk.beta().clone();
    if applied.capacity != Some(desired.capacity) {
        let capacity = i64::try_from(desired.capacity).unwrap_or(i64::MAX);
        beta.set_counter_capacity(PLAYERS, capacity).await?;
        beta.set_list_capacity(SEATS, capacity).await?;
        applied.capacity = Some(desired.capacity);
    }
    let shown = match &mut applied.seats {
        Some(shown) => shown,
        unread => {
            let values = beta.get_list_values(SEATS).await?;
            unread.insert(
                values
                    .iter()
                    .filter_map(|value| value.parse().ok().map(SeatId))
                    .collect(),
            )
        }
    };
    for gone in shown.clone().difference(&desired.seats) {
        beta.delete_list_value(SEATS, &gone.0.to_string()).await?;
        shown.remove(gone);
    }
    for come in desired.seats.difference(&shown.clone()) {
        beta.append_list_value(SEATS, &come.0.to_string()).await?;
        shown.insert(*come);
    }
    if applied.players != Some(desired.players) {
        beta.set_counter_count(PLAYERS, desired.players.into())
            .await?;
        applied.players = Some(desired.players);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
