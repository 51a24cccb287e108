//! An echo, a client that times its datagrams, and the proxy as a process.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A socket that waits for at most a moment.
pub fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let patience = Some(Duration::from_millis(300));
    socket.set_read_timeout(patience).unwrap();
    socket
}

/// Sends everything back; counts datagrams by where they came from.
pub struct Echo {
    pub address: String,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<HashMap<SocketAddr, usize>>,
}

impl Echo {
    pub fn start() -> Self {
        let socket = socket();
        let address = socket.local_addr().unwrap().to_string();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut heard = HashMap::new();
            let mut buffer = [0; 9000];
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    socket.send_to(&buffer[..length], from).unwrap();
                    *heard.entry(from).or_default() += 1;
                }
            }
            heard
        });
        Self {
            address,
            stop,
            thread,
        }
    }

    pub fn stop(self) -> HashMap<SocketAddr, usize> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Sends numbered datagrams and returns the round trips of all that came back, copies too.
pub fn flow(to: SocketAddr, count: usize, period: Duration) -> Vec<Duration> {
    let socket = socket();
    let receiver = socket.try_clone().unwrap();
    let start = Instant::now();
    let listener = thread::spawn(move || {
        let mut arrived = Vec::new();
        let mut bytes = [0; 8];
        while receiver.recv(&mut bytes).is_ok() {
            arrived.push((u64::from_le_bytes(bytes) as usize, start.elapsed()));
        }
        arrived
    });
    let mut sent = Vec::new();
    for number in 0..count {
        thread::sleep((period * number as u32).saturating_sub(start.elapsed()));
        sent.push(start.elapsed());
        socket.send_to(&(number as u64).to_le_bytes(), to).unwrap();
    }
    let arrived = listener.join().unwrap();
    arrived
        .into_iter()
        .map(|(number, at)| at - sent[number])
        .collect()
}

pub fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

/// The proxy as a process, which ends with the test.
pub struct Proxy {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    addresses: Vec<SocketAddr>,
}

impl Proxy {
    pub fn start(targets: &[&str], options: &[&str]) -> Self {
        let relays = targets.iter().map(|target| format!("127.0.0.1:0={target}"));
        Self::run(relays.collect(), options)
    }

    pub fn start_at(listen: SocketAddr, target: &str, options: &[&str]) -> Self {
        Self::run(vec![format!("{listen}={target}")], options)
    }

    fn run(relays: Vec<String>, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_otherworld-impair"));
        for relay in &relays {
            command.args(["--relay", relay]);
        }
        let child = command.args(options).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut proxy = Self {
            child,
            lines: BufReader::new(stdout).lines(),
            addresses: Vec::new(),
        };
        for _ in relays {
            let line = proxy.next_of("listening");
            let address = line["listen"].as_str().unwrap().parse().unwrap();
            proxy.addresses.push(address);
        }
        proxy
    }

    pub fn address(&self, relay: usize) -> SocketAddr {
        self.addresses[relay]
    }

    /// The next report.
    pub fn line(&mut self) -> Value {
        self.next_of("report")
    }

    fn next_of(&mut self, kind: &str) -> Value {
        let line = self.lines.next().expect("it goes on").unwrap();
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["type"], kind, "{value}");
        value
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Ends it politely; returns its last report.
    pub fn stop(mut self) -> Value {
        self.signal(Signal::SIGTERM);
        let report = self.line();
        assert!(self.child.wait().unwrap().success());
        report
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
