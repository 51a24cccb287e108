//! The relay: netcode's packets in the messages of a WebSocket, for clients whose network lets no UDP through.
//!
//! A session knows nothing of it: it sends its datagrams to a socket of this process, as it would to any proxy, and one thread
//! carries them between these sockets and their WebSockets, both ways, one message each. A stream that stands still keeps the
//! newest packet alone: the older ones would only be late. When a WebSocket ends, so does its session, which asks for another
//! seat then. Only `ws://`: TLS ends at a proxy in front of the control plane, and bots run behind it.

use crate::ending::Ending;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::HashMap;
use std::io::ErrorKind::WouldBlock;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

const DEADLINE: Duration = Duration::from_secs(5);
/// Links whose sessions are over are looked for this often.
const SWEEP: Duration = Duration::from_secs(1);
/// netcode's packets have at most 1,300 bytes; what is longer is nothing for us.
const LONGEST: usize = 4096;
const WAKE: Token = Token(usize::MAX);

/// A session's way through the relay; dropping it hangs up.
#[derive(Debug)]
pub struct Tunnel {
    /// Where the session's datagrams go to and come from.
    pub address: SocketAddr,
    is_open: Arc<AtomicBool>,
}

impl Tunnel {
    /// Whether the WebSocket is still there.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }
}

/// The thread's handle; cheap to clone.
#[derive(Clone)]
pub struct Relay {
    /// None is the end.
    links: Sender<Option<Link>>,
    waker: Arc<Waker>,
}

struct Link {
    udp: UdpSocket,
    /// The session's socket, once it has been heard.
    session: Option<SocketAddr>,
    web: WebSocket<TcpStream>,
    is_open: Arc<AtomicBool>,
    /// The stream takes nothing more for now; this is the newest that waits for it.
    is_stuck: bool,
    newest: Option<Vec<u8>>,
}

impl Relay {
    /// Starts the thread.
    pub fn start() -> Result<(Self, JoinHandle<()>), Ending> {
        let poll = Poll::new().map_err(Ending::system)?;
        let waker = Waker::new(poll.registry(), WAKE).map_err(Ending::system)?;
        let (links, newcomers) = channel();
        let thread = thread::spawn(move || Bridge::new(poll, newcomers).run());
        let waker = Arc::new(waker);
        Ok((Self { links, waker }, thread))
    }

    /// Opens a WebSocket for one session; blocks until it stands.
    pub fn open(&self, url: &str, ticket: &str) -> Result<Tunnel, Ending> {
        let failed = |why: String| Ending::Relay(format!("{url}: {why}"));
        let web = dial(&format!("{url}?ticket={ticket}")).map_err(failed)?;
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Ending::system)?;
        udp.set_nonblocking(true).map_err(Ending::system)?;
        let tunnel = Tunnel {
            address: udp.local_addr().map_err(Ending::system)?,
            is_open: Arc::new(AtomicBool::new(true)),
        };
        let link = Link {
            udp,
            session: None,
            web,
            is_open: Arc::clone(&tunnel.is_open),
            is_stuck: false,
            newest: None,
        };
        self.links.send(Some(link)).map_err(Ending::system)?;
        self.waker.wake().map_err(Ending::system)?;
        Ok(tunnel)
    }

    /// Sends what is left and hangs up everywhere.
    pub fn finish(&self, thread: JoinHandle<()>) {
        if self.links.send(None).is_ok() && self.waker.wake().is_ok() {
            let _ = thread.join();
        }
    }
}

fn dial(url: &str) -> Result<WebSocket<TcpStream>, String> {
    let request = url.into_client_request().map_err(told)?;
    let uri = request.uri();
    if uri.scheme_str() != Some("ws") {
        return Err("only ws:// addresses are dialled".into());
    }
    let host = uri.host().ok_or("it has no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut found = (host, uri.port_u16().unwrap_or(80))
        .to_socket_addrs()
        .map_err(told)?;
    let address = found.next().ok_or("its host has no address")?;
    let stream = TcpStream::connect_timeout(&address, DEADLINE).map_err(told)?;
    stream.set_nodelay(true).map_err(told)?;
    stream.set_read_timeout(Some(DEADLINE)).map_err(told)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(LONGEST)
        .write_buffer_size(0)
        .max_message_size(Some(LONGEST));
    let (web, _) =
        tungstenite::client::client_with_config(request, stream, Some(config)).map_err(told)?;
    web.get_ref().set_nonblocking(true).map_err(told)?;
    Ok(web)
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

struct Bridge {
    poll: Poll,
    newcomers: Receiver<Option<Link>>,
    links: HashMap<usize, Link>,
    next: usize,
}

impl Bridge {
    fn new(poll: Poll, newcomers: Receiver<Option<Link>>) -> Self {
        Self {
            poll,
            newcomers,
            links: HashMap::new(),
            next: 0,
        }
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            // A poll that fails leaves the links to the sweep.
            let _ = self.poll.poll(&mut events, Some(SWEEP));
            let is_over = !self.admit();
            for event in &events {
                self.serve(event.token().0 / 2);
            }
            if is_over {
                self.links.values_mut().for_each(Link::hang_up);
                return;
            }
            self.links.retain(|_, link| {
                let is_wanted = Arc::strong_count(&link.is_open) > 1;
                if !is_wanted {
                    link.hang_up();
                }
                is_wanted
            });
        }
    }

    /// False at the end.
    fn admit(&mut self) -> bool {
        while let Ok(newcomer) = self.newcomers.try_recv() {
            let Some(link) = newcomer else {
                return false;
            };
            let index = self.next;
            self.next += 1;
            if self.listen(index, &link).is_ok() {
                self.links.insert(index, link);
                self.serve(index);
            } else {
                link.is_open.store(false, Ordering::Relaxed);
            }
        }
        true
    }

    fn listen(&self, index: usize, link: &Link) -> std::io::Result<()> {
        let (udp, web) = (link.udp.as_raw_fd(), link.web.get_ref().as_raw_fd());
        let registry = self.poll.registry();
        registry.register(&mut SourceFd(&udp), Token(2 * index), Interest::READABLE)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut SourceFd(&web), Token(2 * index + 1), both)
    }

    fn serve(&mut self, index: usize) {
        let Some(link) = self.links.get_mut(&index) else {
            return;
        };
        if link.carry_up().and_then(|()| link.carry_down()).is_err() {
            link.is_open.store(false, Ordering::Relaxed);
            self.links.remove(&index);
        }
    }
}

impl Link {
    /// From the session into the stream; an error is the stream's end.
    fn carry_up(&mut self) -> Result<(), Error> {
        if self.is_stuck {
            self.push_on()?;
        }
        let mut packet = [0; LONGEST];
        while let Ok((length, from)) = self.udp.recv_from(&mut packet) {
            // It has another socket after each resumption.
            self.session = Some(from);
            self.send(packet[..length].to_vec())?;
        }
        Ok(())
    }

    fn send(&mut self, packet: Vec<u8>) -> Result<(), Error> {
        if self.is_stuck {
            self.newest = Some(packet);
            return Ok(());
        }
        self.is_stuck = !is_through(self.web.send(Message::binary(packet)))?;
        Ok(())
    }

    fn push_on(&mut self) -> Result<(), Error> {
        self.is_stuck = !is_through(self.web.flush())?;
        match self.newest.take() {
            Some(packet) if !self.is_stuck => self.send(packet),
            waiting => {
                self.newest = waiting;
                Ok(())
            }
        }
    }

    /// From the stream to the session.
    fn carry_down(&mut self) -> Result<(), Error> {
        loop {
            match self.web.read() {
                Ok(Message::Binary(packet)) => {
                    if let Some(session) = self.session {
                        // A full buffer loses it, as it would lose any datagram.
                        let _ = self.udp.send_to(&packet, session);
                    }
                }
                // A ping is answered by the crate; nothing else means anything here.
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// What the session said last still goes out.
    fn hang_up(&mut self) {
        let _ = self.web.get_ref().set_nonblocking(false);
        let _ = self.web.get_ref().set_write_timeout(Some(SWEEP));
        let _ = self.carry_up();
        let _ = self.web.close(None);
        let _ = self.web.flush();
    }
}

/// Whether the stream took all of it; what it did not take stays in its buffer.
fn is_through(result: Result<(), Error>) -> Result<bool, Error> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::Io(error)) if error.kind() == WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
