//! An instance's life, step by step. Each step is a file; this one only names them in order, and ends them in order:
//! players first, then the fleet, then the control plane.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::config::{Build, Config};
use crate::control::Control;
use crate::download::download;
use crate::error::Error;
use crate::exchange::{Command, Exchange, World};
use crate::sdk::{self, Fleet, GameServer, Phase};
use crate::stop::{Cause, Stop};

const FLEET_GOODBYE: Duration = Duration::from_secs(3);

pub(crate) async fn run(
    config: Config,
    build: Build,
    exchange: Arc<Exchange>,
) -> Result<(), Error> {
    let (stop, mut asked) = Stop::new();
    if config.catch_signals {
        stop.on_signals()?;
    }
    tokio::spawn(notice_abandonment(Arc::clone(&exchange), stop.clone()));

    let (sdk, server) = tokio::select! {
        met = meet_fleet(&config) => met?,
        Some(cause) = asked.recv() => return cause.into_result(),
    };
    let fleet = Fleet::keep(
        sdk,
        build.protocol_hash,
        Arc::clone(&exchange),
        stop.clone(),
    );
    live(config, build, server, exchange, fleet, (stop, asked)).await
}

async fn meet_fleet(config: &Config) -> Result<(agones::Sdk, GameServer), Error> {
    let mut sdk = sdk::connect(config).await?;
    let server = sdk::game_server(&mut sdk, config).await?;
    log::info!(stage = "life"; "{} {} at {}:{}",
        server.name,
        server.uid,
        server.address,
        server.port
    );
    Ok((sdk, server))
}

/// From the first dial to the last goodbye.
pub(crate) async fn live(
    config: Config,
    build: Build,
    server: GameServer,
    exchange: Arc<Exchange>,
    fleet: Fleet,
    (stop, mut asked): (Stop, mpsc::Receiver<Cause>),
) -> Result<(), Error> {
    let public_address = (server.address, server.port);
    let control = Control::open(
        config,
        build,
        server,
        Arc::clone(&exchange),
        fleet.desired.clone(),
        stop,
    );
    let cause = tokio::select! {
        Err(error) = open(&control, &exchange, &fleet, public_address) => Cause::Failed(error),
        Some(cause) = asked.recv() => cause,
    };
    end(&cause, &exchange, &fleet, control).await;
    cause.into_result()
}

/// Waits without a world until it is given one, opens it for players and stays; returns only what prevented it.
async fn open(
    control: &Control,
    exchange: &Exchange,
    fleet: &Fleet,
    public_address: (IpAddr, u16),
) -> Result<Infallible, Error> {
    let key = control.registered().await.key;
    fleet.become_phase(Phase::Ready).await;
    log::info!(stage = "life"; "ready for a world");
    let assigned = control.assigned().await;
    let bytes = download(&assigned.world).await?;
    let world = World {
        id: assigned.world.id,
        bytes,
        sha256: assigned.world.sha256,
        key,
        capacity: assigned.capacity as usize,
        tick_rate_hz: assigned.tick_rate_hz,
        public_address,
    };
    log::info!(stage = "life"; "the tick is handed {world:?}");
    if !exchange.command(Command::World(Box::new(world))) {
        return Err(Error::Tick("the tick takes no commands".into()));
    }
    control.listening().await;
    log::info!(stage = "life"; "open for players");
    std::future::pending().await
}

async fn end(cause: &Cause, exchange: &Exchange, fleet: &Fleet, control: Control) {
    let (reason, grace) = (cause.reason(), cause.grace());
    let failure = matches!(cause, Cause::Failed(_)).then(|| reason.clone());
    let level = if failure.is_some() {
        log::Level::Error
    } else {
        log::Level::Info
    };
    log::log!(level, stage = "life"; "the instance ends: {reason}");
    exchange.command_for_sure(Command::Shutdown { grace, reason });
    if timeout(grace, control.wind_up(failure)).await.is_err() && !matches!(cause, Cause::Abandoned)
    {
        log::error!(stage = "life"; "the tick did not say goodbye to its players within {grace:?}");
    }
    if timeout(FLEET_GOODBYE, fleet.become_phase(Phase::Shutdown))
        .await
        .is_err()
    {
        log::warn!(stage = "life"; "the SDK server did not take Shutdown within {FLEET_GOODBYE:?}");
    }
    control.close().await;
}

async fn notice_abandonment(exchange: Arc<Exchange>, stop: Stop) {
    while !exchange.abandoned.load(Relaxed) {
        exchange.abandon.notified().await;
    }
    stop.ask(Cause::Abandoned);
}

#[cfg(test)]
mod tests;
