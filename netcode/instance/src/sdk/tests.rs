//! The SDK side against the real local supervisor, which Node runs. Without a Node that runs TypeScript these tests say so
//! and pass over; the repository's own test command always brings one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::*;
use crate::testing::within;

/// The supervisor's process, its folder and its only GameServer.
struct Supervisor {
    child: Child,
    folder: tempfile::TempDir,
    api: String,
    sdk_port: u16,
}

impl Supervisor {
    /// None where there is no Node for it. Health is looked at once a `period`; two misses are the end.
    async fn start(period: Duration) -> Option<Self> {
        if !has_node() {
            eprintln!("skipped: needs node >= 24 on PATH");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/supervisor.ts");
        let mut child = Command::new("node")
            .arg(script)
            .arg(folder.path())
            .args([period.as_millis().to_string(), "2".into()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        assert!(
            !port.is_empty(),
            "the supervisor did not start; `npm ci` and the generated proto/gen are needed"
        );
        let api = format!("http://127.0.0.1:{}", port.trim());
        let env = within("its process runs", async {
            loop {
                if let Ok(env) = std::fs::read_to_string(folder.path().join("env")) {
                    return env;
                }
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        let sdk_port = env
            .lines()
            .find_map(|line| line.strip_prefix("AGONES_SDK_GRPC_PORT="))
            .unwrap();
        Some(Self {
            sdk_port: sdk_port.parse().unwrap(),
            child,
            folder,
            api,
        })
    }

    /// The GameServer that was there first; None once it is gone.
    fn game_server(&self) -> Value {
        let url = format!("{}/v1/gameservers", self.api);
        let body = ureq::get(&url)
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        serde_json::from_str::<Value>(&body).unwrap()["gameServers"][0].take()
    }

    async fn until(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        within(what, async {
            loop {
                let server = self.game_server();
                if is_it(&server) {
                    return server;
                }
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }

    fn delete(&self, name: &str) {
        let token =
            std::fs::read_to_string(self.folder.path().join("secrets/fleet.token")).unwrap();
        let url = format!("{}/v1/gameservers/{name}", self.api);
        ureq::delete(&url)
            .header("authorization", format!("Bearer {}", token.trim()))
            .call()
            .unwrap();
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Not asked: it would wait for this test's connections, whose runtime waits here. What it started dies with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn has_node() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    major.is_some_and(|major: u32| major >= 24)
}

fn config(sdk_grpc_port: u16) -> Config {
    Config {
        sdk_grpc_port,
        control_url: String::new(),
        identity_file: std::path::PathBuf::new(),
        udp_bind: "127.0.0.1:0".parse().unwrap(),
        public_address: None,
        record: None,
        broken: None,
        catch_signals: false,
    }
}

async fn keep(port: u16, stop: Stop) -> (Arc<Exchange>, Fleet) {
    let sdk = connect(&config(port)).await.unwrap();
    let exchange = Exchange::new(&[]);
    let fleet = Fleet::keep(sdk, 42, Arc::clone(&exchange), stop);
    (exchange, fleet)
}

const RELAXED: Duration = Duration::from_secs(60);

#[tokio::test]
async fn it_learns_its_name_and_where_clients_reach_it() {
    let Some(supervisor) = Supervisor::start(RELAXED).await else {
        return;
    };
    let mut config = config(supervisor.sdk_port);
    let mut sdk = connect(&config).await.unwrap();
    let shown = supervisor.game_server();
    let found = game_server(&mut sdk, &config).await.unwrap();
    assert_eq!(
        (found.name.as_str(), found.uid.as_str()),
        (
            shown["name"].as_str().unwrap(),
            shown["uid"].as_str().unwrap()
        )
    );
    assert_eq!(found.address.to_string(), "127.0.0.1");
    assert_eq!(
        u64::from(found.port),
        shown["ports"][0]["port"].as_u64().unwrap()
    );

    config.public_address = Some("[2001:db8::7]:9000".into());
    let behind_nat = game_server(&mut sdk, &config).await.unwrap();
    assert_eq!(
        (behind_nat.address.to_string().as_str(), behind_nat.port),
        ("2001:db8::7", 9000)
    );
}

#[tokio::test]
async fn the_game_server_stands_as_desired_and_is_made_ready_only_once() {
    let Some(supervisor) = Supervisor::start(RELAXED).await else {
        return;
    };
    let (_exchange, fleet) = keep(supervisor.sdk_port, Stop::new().0).await;
    within("Ready", fleet.become_phase(Phase::Ready)).await;
    let server = supervisor
        .until("Ready", |server| server["state"] == "Ready")
        .await;
    assert_eq!(server["labels"]["agones.dev/sdk-protocol-hash"], "42");
    assert_eq!(
        server["annotations"]["agones.dev/sdk-world"],
        Value::Null,
        "it has none yet"
    );

    fleet.desired.send_modify(|desired| {
        desired.capacity = 8;
        desired.world = "plaza@abc".into();
    });
    let world = |server: &Value| server["annotations"]["agones.dev/sdk-world"] == "plaza@abc";
    supervisor.until("its world", world).await;

    fleet.desired.send_modify(|desired| {
        desired.seats = [SeatId(u64::MAX), SeatId(2)].into();
        desired.players = 1;
    });
    let server = supervisor
        .until("two seats", |server| {
            server["lists"]["seats"]["values"].as_array().unwrap().len() == 2
        })
        .await;
    assert_eq!(
        (
            &server["lists"]["seats"]["capacity"],
            &server["counters"]["players"]["capacity"]
        ),
        (&8.into(), &8.into())
    );
    assert_eq!(
        server["lists"]["seats"]["values"],
        serde_json::json!(["2", "18446744073709551615"])
    );

    let mut operator = connect(&config(supervisor.sdk_port)).await.unwrap();
    operator.allocate().await.unwrap();
    fleet.desired.send_modify(|desired| {
        desired.seats = [SeatId(2)].into();
        desired.players = 0;
    });
    let is_left = |server: &Value| server["lists"]["seats"]["values"] == serde_json::json!(["2"]);
    let server = supervisor.until("one seat", is_left).await;
    assert_eq!(
        server["state"], "Allocated",
        "a change of seats never takes it out of its allocation"
    );
    supervisor
        .until("no players", |server| {
            server["counters"]["players"]["count"] == 0
        })
        .await;

    within("Shutdown", fleet.become_phase(Phase::Shutdown)).await;
}

#[tokio::test]
async fn a_tick_that_stops_pulsing_becomes_unhealthy() {
    let Some(supervisor) = Supervisor::start(Duration::from_millis(1200)).await else {
        return;
    };
    let (exchange, fleet) = keep(supervisor.sdk_port, Stop::new().0).await;
    let pulsing = Arc::clone(&exchange);
    let tick = tokio::spawn(async move {
        loop {
            pulsing.pulses.fetch_add(1, Relaxed);
            sleep(Duration::from_millis(33)).await;
        }
    });
    within("Ready", fleet.become_phase(Phase::Ready)).await;
    let first = supervisor
        .until("Ready", |server| server["state"] == "Ready")
        .await["name"]
        .clone();
    sleep(Duration::from_secs(4)).await;
    assert_eq!(
        supervisor.game_server()["name"],
        first,
        "healthy while the tick pulses"
    );
    assert_eq!(supervisor.game_server()["state"], "Ready");

    tick.abort();
    let is_unhealthy = |server: &Value| server["state"] == "Unhealthy" || server["name"] != first;
    supervisor.until("Unhealthy", is_unhealthy).await;
}

#[tokio::test]
async fn a_game_server_that_the_fleet_deletes_ends_in_order() {
    let Some(supervisor) = Supervisor::start(RELAXED).await else {
        return;
    };
    let (stop, mut asked) = Stop::new();
    let (_exchange, fleet) = keep(supervisor.sdk_port, stop).await;
    within("Ready", fleet.become_phase(Phase::Ready)).await;
    let server = supervisor
        .until("Ready", |server| server["state"] == "Ready")
        .await;
    supervisor.delete(server["name"].as_str().unwrap());
    assert!(matches!(
        within("the end is asked for", asked.recv()).await,
        Some(Cause::Fleet)
    ));
}

#[tokio::test]
async fn when_the_sdk_server_dies_play_goes_on_and_the_next_one_is_told_everything() {
    let Some(first) = Supervisor::start(RELAXED).await else {
        return;
    };
    let (target, aimed) = watch::channel(first.sdk_port);
    let (stop, mut asked) = Stop::new();
    let (exchange, fleet) = keep(forward(aimed).await, stop).await;
    fleet.desired.send_modify(|desired| desired.capacity = 8);
    within("Ready", fleet.become_phase(Phase::Ready)).await;

    drop(first);
    fleet.desired.send_modify(|desired| {
        desired.seats = [SeatId(5)].into();
        desired.players = 1;
    });
    for _ in 0..10 {
        exchange.pulses.fetch_add(1, Relaxed);
        sleep(Duration::from_millis(100)).await;
    }
    assert!(asked.try_recv().is_err(), "nothing ends");

    let second = Supervisor::start(RELAXED).await.unwrap();
    target.send_replace(second.sdk_port);
    let is_told = |server: &Value| {
        server["lists"]["seats"]["values"] == serde_json::json!(["5"])
            && server["counters"]["players"]["count"] == 1
    };
    second.until("the seat is told", is_told).await;
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn no_sdk_server_is_an_error_that_names_the_port() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    tokio::time::pause();
    let error = connect(&config(free)).await.err().unwrap().to_string();
    assert!(
        error.contains(&free.to_string()) && error.contains("AGONES_SDK_GRPC_PORT"),
        "{error}"
    );
}

/// A fixed port in front of one that changes, as a sidecar's is the same after its restart.
async fn forward(target: watch::Receiver<u16>) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let to = *target.borrow();
            tokio::spawn(async move {
                if let Ok(mut far) = tokio::net::TcpStream::connect(("127.0.0.1", to)).await {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
        }
    });
    port
}
