//! The loop: receive, decide each datagram's fate, wait, send.

use crate::alarm::Alarm;
use crate::clients::{Clients, Known};
use crate::counters::{Latenesses, Line, Way};
use crate::options::Options;
use crate::queue::{Destination, Queue};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};
use otherworld_core::testing::{Conditions, Random};
use otherworld_pipes::netcode::{MAX_PACKET_BYTES, Transmit};
use otherworld_pipes::udp::{BATCH, Inbox, Outbox, Socket};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The loop looks at signals, reports and silent clients this often.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Batches that one socket is served before others have their turn.
const BATCHES_PER_TURN: usize = 16;
const ALARM: Token = Token(usize::MAX);

/// A socket that clients send to, and where it goes.
struct Door {
    socket: Socket,
    target: SocketAddr,
}

/// Everything.
pub struct Relay {
    options: Options,
    poll: Poll,
    started: Instant,
    doors: Vec<Door>,
    clients: Clients,
    net: Net,
    inbox: Inbox,
    outboxes: Outboxes,
    latenesses: Latenesses,
    alarm: Alarm,
    most_clients: usize,
    refused: u64,
}

/// The bad network itself.
struct Net {
    conditions: Conditions,
    queue: Queue,
    up: Way,
    down: Way,
    /// One for each way, so that the fates on one do not depend on how the two interleave.
    random_up: Random,
    random_down: Random,
}

/// One for each way, so that each counts its own.
struct Outboxes {
    up: Outbox,
    down: Outbox,
}

impl Relay {
    /// Binds the sockets and says where they are.
    ///
    /// # Errors
    /// Those of the system: an address that is taken or not ours.
    pub fn open(options: Options) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut doors = Vec::new();
        for &(listen_at, target) in &options.relays {
            let socket = Socket::bind(listen_at)?;
            listen(poll.registry(), Token(doors.len()), &socket)?;
            let listen_at = socket.local_address()?;
            Line::listening((listen_at, target), options.seed, &options.conditions).print()?;
            doors.push(Door { socket, target });
        }
        Ok(Self {
            alarm: Alarm::new(poll.registry(), ALARM)?,
            poll,
            started: Instant::now(),
            doors,
            clients: Clients::new(options.clients, options.idle),
            net: Net {
                conditions: options.conditions,
                queue: Queue::default(),
                up: Way::default(),
                down: Way::default(),
                random_up: Random(options.seed),
                random_down: Random(!options.seed),
            },
            inbox: Inbox::new(),
            outboxes: Outboxes {
                up: Outbox::new(),
                down: Outbox::new(),
            },
            latenesses: Latenesses::new(),
            most_clients: 0,
            refused: 0,
            options,
        })
    }

    /// Until `stop` is set; then everything that is under way is lost and the last report is printed. `ask` asks for one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn run(&mut self, stop: &AtomicBool, ask: &AtomicBool) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        let mut ready: Vec<Token> = Vec::new();
        let mut next_report = self.options.report;
        while !stop.load(Ordering::Relaxed) {
            self.alarm.set(self.now_us(), self.net.queue.next_us())?;
            let nap = if ready.is_empty() {
                LONGEST_NAP
            } else {
                Duration::ZERO
            };
            match self.poll.poll(&mut events, Some(nap)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            ready.extend(events.iter().map(|event| event.token()));
            let mut unfinished = Vec::new();
            for token in ready.drain(..) {
                if self.receive(token)? {
                    unfinished.push(token);
                }
            }
            ready = unfinished;
            self.send();
            self.clients.expire(self.now_us());
            let is_due = next_report.is_some_and(|at| at <= self.started.elapsed());
            if is_due {
                next_report = next_report
                    .zip(self.options.report)
                    .map(|(at, period)| at + period);
            }
            if ask.swap(false, Ordering::Relaxed) || is_due {
                self.report().print()?;
            }
        }
        // Nobody may be reading any more; then nobody misses it.
        let _ = self.report().print();
        Ok(())
    }

    fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// Serves a socket; true when there may be more.
    fn receive(&mut self, token: Token) -> io::Result<bool> {
        if token == ALARM {
            return Ok(false);
        }
        for _ in 0..BATCHES_PER_TURN {
            let count = match token.0.checked_sub(self.doors.len()) {
                None => self.receive_up(token.0)?,
                Some(slot) => self.receive_down(slot)?,
            };
            if count < BATCH {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn receive_up(&mut self, relay: usize) -> io::Result<usize> {
        let now_us = self.now_us();
        let Door { socket, target } = &self.doors[relay];
        let count = self.inbox.receive(socket)?;
        for index in 0..count {
            let (from, bytes) = self.inbox.datagram(index);
            let client = match self.clients.hear(now_us, relay, from, *target)? {
                Known::Old(client) => client,
                Known::New(client) => {
                    let token = Token(self.doors.len() + client);
                    let upstream = &self.clients.get(client).expect("it is new").upstream;
                    listen(self.poll.registry(), token, upstream)?;
                    self.most_clients = self.most_clients.max(self.clients.count());
                    client
                }
                Known::Refused => {
                    self.refused += 1;
                    continue;
                }
            };
            self.net.take(now_us, Destination::Up { client }, bytes);
        }
        Ok(count)
    }

    fn receive_down(&mut self, slot: usize) -> io::Result<usize> {
        let now_us = self.now_us();
        // Forgotten since it was woken.
        let Some(client) = self.clients.get(slot) else {
            return Ok(0);
        };
        let relay = client.relay;
        let count = self.inbox.receive(&client.upstream)?;
        for index in 0..count {
            let (from, bytes) = self.inbox.datagram(index);
            if from != self.doors[relay].target {
                self.refused += 1;
                continue;
            }
            let to = client.address;
            self.net
                .take(now_us, Destination::Down { relay, to }, bytes);
        }
        Ok(count)
    }

    /// Sends what has arrived by now. Each relay has its socket, and so has each client: datagrams that follow each other
    /// by the same one leave in one batch.
    fn send(&mut self) {
        let now_us = self.now_us();
        let mut last_door: Option<usize> = None;
        while let Some(arrival) = self.net.queue.pop(now_us) {
            self.latenesses.add(now_us - arrival.at_us);
            match arrival.to {
                Destination::Up { client } => {
                    if let Some(client) = self.clients.get(client) {
                        let target = self.doors[client.relay].target;
                        put(
                            &mut self.outboxes.up,
                            &client.upstream,
                            target,
                            arrival.bytes,
                        );
                        self.outboxes.up.flush(&client.upstream);
                    }
                }
                Destination::Down { relay, to } => {
                    if let Some(last) = last_door.filter(|&last| last != relay) {
                        self.outboxes.down.flush(&self.doors[last].socket);
                    }
                    last_door = Some(relay);
                    put(
                        &mut self.outboxes.down,
                        &self.doors[relay].socket,
                        to,
                        arrival.bytes,
                    );
                }
            }
        }
        if let Some(last) = last_door {
            self.outboxes.down.flush(&self.doors[last].socket);
        }
    }

    fn report(&self) -> Line {
        Line::Report {
            seconds: self.started.elapsed().as_secs_f64(),
            clients: self.clients.count(),
            most_clients: self.most_clients,
            refused: self.refused,
            up: self.net.up.with(&self.outboxes.up),
            down: self.net.down.with(&self.outboxes.down),
            late_us: self.latenesses.summary(),
        }
    }
}

impl Net {
    /// Decides what becomes of a datagram.
    fn take(&mut self, now_us: u64, to: Destination, bytes: &[u8]) {
        let (way, random) = match to {
            Destination::Up { .. } => (&mut self.up, &mut self.random_up),
            Destination::Down { .. } => (&mut self.down, &mut self.random_down),
        };
        way.received += 1;
        way.received_bytes += bytes.len() as u64;
        if bytes.len() > MAX_PACKET_BYTES {
            way.overflowed += 1;
            return;
        }
        let mut copies = 0;
        for time_us in self.conditions.travel_times_us(random) {
            copies += 1;
            way.overflowed += u64::from(!self.queue.push(now_us + time_us, to, bytes));
        }
        way.lost += u64::from(copies == 0);
        way.duplicated += u64::from(copies == 2);
    }
}

fn put(outbox: &mut Outbox, socket: &Socket, to: SocketAddr, bytes: &[u8]) {
    let mut out = outbox.on(socket);
    out.packet()[..bytes.len()].copy_from_slice(bytes);
    out.send(to, bytes.len());
}

fn listen(registry: &Registry, token: Token, socket: &Socket) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    registry.register(&mut SourceFd(&fd), token, Interest::READABLE)
}
