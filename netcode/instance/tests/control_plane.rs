//! The whole crate as a process under the real local supervisor and the real control plane, which Node runs: seats over
//! the contract, a control plane that is killed, a drain. The tick is `examples/hello_instance.rs`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

/// A process that ends with the test, and with it what it started.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Machine {
    folder: tempfile::TempDir,
    http: u16,
    grpc: u16,
    fleet: u16,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [http, grpc, fleet] = [free_port(), free_port(), free_port()];
        let made = node("worlds/plaza/make.ts")
            .arg(folder.path().join("worlds/plaza.glb"))
            .status()
            .unwrap();
        assert!(
            made.success(),
            "the plaza cannot be made; `npm ci` is needed"
        );
        Self {
            folder,
            http,
            grpc,
            fleet,
        }
    }

    fn supervisor(&self) -> Process {
        let instance = json!([hello_instance()]).to_string();
        let mut command = node("control-plane/src/fleet/local/main.ts");
        command
            .env(
                "OTHERWORLD_CONTROL_URL",
                format!("http://127.0.0.1:{}", self.grpc),
            )
            .env("OTHERWORLD_UDP_BASE_PORT", "19420")
            .env("OTHERWORLD_INSTANCE_COMMAND", instance);
        self.spawn(command)
    }

    fn control_plane(&self) -> Process {
        let mut command = node("control-plane/src/main.ts");
        command
            .env("OTHERWORLD_PORT", self.http.to_string())
            .env("OTHERWORLD_GRPC_PORT", self.grpc.to_string())
            .env(
                "OTHERWORLD_FLEET_URL",
                format!("http://127.0.0.1:{}", self.fleet),
            )
            .env("OTHERWORLD_WORLDS_DIR", self.folder.path().join("worlds"));
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Process {
        command
            .env("OTHERWORLD_FLEET_PORT", self.fleet.to_string())
            .env("OTHERWORLD_DATA", self.folder.path().join("data"));
        Process(command.spawn().unwrap())
    }

    /// The instance as the control plane shows it, once it is as wanted.
    fn instance_once(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        until(what, || {
            let list = self.get(self.http, "/api/v1/instances")?;
            list["instances"]
                .as_array()?
                .iter()
                .find(|instance| is_it(instance))
                .cloned()
        })
    }

    /// The GameServer as the supervisor shows it, once it is as wanted.
    fn game_server_once(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        until(what, || {
            let list = self.get(self.fleet, "/v1/gameservers")?;
            list["gameServers"]
                .as_array()?
                .iter()
                .find(|server| is_it(server))
                .cloned()
        })
    }

    fn get(&self, port: u16, path: &str) -> Option<Value> {
        let answer = ureq::get(format!("http://127.0.0.1:{port}{path}"))
            .call()
            .ok()?
            .body_mut()
            .read_to_string()
            .ok()?;
        serde_json::from_str(&answer).ok()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let token = std::fs::read_to_string(self.folder.path().join("data/secrets/operator.token"))
            .unwrap();
        let answer = ureq::post(format!("http://127.0.0.1:{}{path}", self.http))
            .header("authorization", format!("Bearer {}", token.trim()))
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

#[test]
fn seats_survive_a_killed_control_plane_and_a_drained_instance_ends() {
    if !has_node() {
        eprintln!("skipped: needs node >= 24 on PATH");
        return;
    }
    let machine = Machine::new();
    let _supervisor = machine.supervisor();
    let control_plane = machine.control_plane();
    let is_listening = |instance: &Value| instance["link"] == "listening";
    let first = machine.instance_once("the instance listens", is_listening);
    let name = first["name"].as_str().unwrap();
    assert_eq!(
        (&first["build"], &first["protocolHash"]),
        (&"hello".into(), &"1".into())
    );
    machine.instance_once("ticks are told", |instance| {
        instance["tick"].as_u64() > Some(30)
    });

    let seat = machine.post("/api/v1/worlds/plaza/join", &json!({"name": "ada"}))["seat"].clone();
    let has_seat = |server: &Value| server["lists"]["seats"]["values"] == json!([seat]);
    let server = machine.game_server_once("the fleet shows the seat", has_seat);
    assert_eq!(server["state"], "Allocated");

    drop(control_plane);
    let _control_plane = machine.control_plane();
    let again = machine.instance_once("the instance has dialled again", is_listening);
    assert_eq!(
        (
            &again["uid"],
            &again["seats"][0]["id"],
            &again["seats"][0]["name"]
        ),
        (&first["uid"], &seat, &"ada".into())
    );

    machine.post(
        &format!("/api/v1/instances/{name}/kick"),
        &json!({"seat": seat, "reason": "test"}),
    );
    machine.game_server_once("the seat is free", |server| {
        server["lists"]["seats"]["values"] == json!([])
    });
    machine.post(&format!("/api/v1/instances/{name}/drain"), &json!({}));
    machine.game_server_once("a new instance takes its place", |server| {
        server["name"] != name && server["state"] == "Ready"
    });
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("not within {PATIENCE:?}: {what}");
}

fn node(script: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new("node");
    command.arg(root.join(script));
    command
}

/// `cargo test` builds examples beside the tests.
fn hello_instance() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/hello_instance");
    assert!(
        path.exists(),
        "run `cargo build -p otherworld-instance --examples` first"
    );
    path
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
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
