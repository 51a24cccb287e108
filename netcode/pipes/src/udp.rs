//! A UDP socket that receives and sends up to 64 datagrams a system call, in buffers made once.
//!
//! `recvmmsg` comes from nix and `sendmmsg` from rustix, because each of them offers only the other one soundly:
//! rustix has no `recvmmsg`, and nix counts what `sendmmsg` sent by reading addresses that nobody wrote. GSO is no
//! help to a server, whose datagrams all go to different addresses.
//!
//! Socket and buffers are apart so that many sockets on one thread (bots) can share one set of buffers.

use crate::netcode::{MAX_PACKET_BYTES, Transmit};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use socket2::{Domain, Protocol, Type};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Datagrams a system call.
pub const BATCH: usize = 64;
/// Asked of the kernel in each direction: a default buffer loses 5 to 40 % of a burst of 100 datagrams.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;
/// One byte more than any packet, so that what is too long shows.
const RECEIVE_BYTES: usize = MAX_PACKET_BYTES + 1;

/// A non-blocking UDP socket with large kernel buffers.
#[derive(Debug)]
pub struct Socket {
    inner: UdpSocket,
    is_ipv6: bool,
    receive_buffer_bytes: usize,
    send_buffer_bytes: usize,
}

impl Socket {
    /// Binds to an IPv4 or IPv6 address; an IPv6 wildcard takes IPv4 too, where the system allows it.
    ///
    /// # Errors
    /// Those of the system: an address that is taken or not ours.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            socket.set_only_v6(false)?;
        }
        // The kernel gives what its limits allow; what it gave is reported, not required.
        let _ = socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(KERNEL_BUFFER_BYTES);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(Self {
            is_ipv6: address.is_ipv6(),
            receive_buffer_bytes: socket.recv_buffer_size()?,
            send_buffer_bytes: socket.send_buffer_size()?,
            inner: socket.into(),
        })
    }

    /// Where the socket is bound.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// What the kernel gave for receiving (unit: bytes). Linux says double what it was asked, its own overhead included.
    pub fn receive_buffer_bytes(&self) -> usize {
        self.receive_buffer_bytes
    }

    /// What the kernel gave for sending (unit: bytes).
    pub fn send_buffer_bytes(&self) -> usize {
        self.send_buffer_bytes
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

/// Buffers for one batch of received datagrams. Stays on the thread that made it.
pub struct Inbox {
    buffers: Box<[[u8; RECEIVE_BYTES]; BATCH]>,
    headers: MultiHeaders<SockaddrStorage>,
    arrived: [(SocketAddr, usize); BATCH],
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbox {
    /// Makes the buffers.
    pub fn new() -> Self {
        Self {
            buffers: Box::new([[0; RECEIVE_BYTES]; BATCH]),
            headers: MultiHeaders::preallocate(BATCH, None),
            arrived: [(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0), 0); BATCH],
        }
    }

    /// Receives what is there, up to [`BATCH`] datagrams; returns how many. Never waits.
    ///
    /// # Errors
    /// Those of the system, but not "would block" and not a peer's ICMP refusal: both are zero datagrams.
    pub fn receive(&mut self, socket: &Socket) -> io::Result<usize> {
        let mut buffers = self
            .buffers
            .each_mut()
            .map(|buffer| [IoSliceMut::new(buffer)]);
        let received = recvmmsg(
            socket.inner.as_raw_fd(),
            &mut self.headers,
            buffers.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        );
        let received = match received.map_err(io::Error::from) {
            Ok(received) => received,
            Err(error) if is_passing(&error) => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut count = 0;
        for (message, arrived) in received.zip(&mut self.arrived) {
            let from = message.address.as_ref().and_then(to_address);
            // Only another address family has no such address, and such a socket is never bound.
            *arrived = (from.unwrap_or(arrived.0), message.bytes);
            count += 1;
        }
        Ok(count)
    }

    /// The `index`th datagram of the last batch and its sender.
    ///
    /// # Panics
    /// When the last batch was shorter.
    pub fn datagram(&mut self, index: usize) -> (SocketAddr, &mut [u8]) {
        let (from, length) = self.arrived[index];
        (from, &mut self.buffers[index][..length])
    }
}

/// Buffers for one batch of datagrams to send.
pub struct Outbox {
    buffers: Box<[[u8; MAX_PACKET_BYTES]; BATCH]>,
    addresses: Box<[SocketAddrAny; BATCH]>,
    lengths: [usize; BATCH],
    count: usize,
    sent: u64,
    sent_bytes: u64,
    dropped: u64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Outbox {
    /// Makes the buffers.
    pub fn new() -> Self {
        let nowhere = SocketAddrAny::from(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
        Self {
            buffers: Box::new([[0; MAX_PACKET_BYTES]; BATCH]),
            addresses: Box::new(std::array::from_fn(|_| nowhere.clone())),
            lengths: [0; BATCH],
            count: 0,
            sent: 0,
            sent_bytes: 0,
            dropped: 0,
        }
    }

    /// Datagrams given to the kernel so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Their payload bytes, without IP and UDP headers.
    pub fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Datagrams that the kernel did not take: full buffers, unreachable networks.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Joins the buffers with the socket they are sent by.
    pub fn on<'a>(&'a mut self, socket: &'a Socket) -> Sender<'a> {
        Sender {
            outbox: self,
            socket,
        }
    }

    /// Sends what has been written. A datagram that the kernel refuses is dropped and counted: the next tick's is
    /// newer, and waiting would make everybody's late.
    pub fn flush(&mut self, socket: &Socket) {
        let mut first = 0;
        while first < self.count {
            match self.send_from(socket, first) {
                Ok(0) | Err(rustix::io::Errno::AGAIN) => {
                    self.dropped += (self.count - first) as u64;
                    break;
                }
                Ok(sent) => {
                    self.sent += sent as u64;
                    self.sent_bytes +=
                        self.lengths[first..first + sent].iter().sum::<usize>() as u64;
                    first += sent;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    self.dropped += 1;
                    first += 1;
                }
            }
        }
        self.count = 0;
    }

    fn send_from(&self, socket: &Socket, first: usize) -> rustix::io::Result<usize> {
        let data: [_; BATCH] =
            std::array::from_fn(|i| [IoSlice::new(&self.buffers[i][..self.lengths[i]])]);
        let mut controls: [_; BATCH] = std::array::from_fn(|_| SendAncillaryBuffer::new(&mut []));
        let mut controls = controls.iter_mut();
        let mut messages: [_; BATCH] = std::array::from_fn(|i| {
            let control = controls.next().expect("as many as messages");
            MMsgHdr::new_with_addr(&self.addresses[i], &data[i], control)
        });
        sendmmsg(
            &socket.inner,
            &mut messages[first..self.count],
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
        )
    }
}

/// An [`Outbox`] that sends by itself whenever it is full.
pub struct Sender<'a> {
    outbox: &'a mut Outbox,
    socket: &'a Socket,
}

impl Sender<'_> {
    /// Sends what has been written.
    pub fn flush(&mut self) {
        self.outbox.flush(self.socket);
    }
}

impl Transmit for Sender<'_> {
    fn packet(&mut self) -> &mut [u8; MAX_PACKET_BYTES] {
        if self.outbox.count == BATCH {
            self.flush();
        }
        &mut self.outbox.buffers[self.outbox.count]
    }

    fn send(&mut self, to: SocketAddr, length: usize) {
        let to = match to {
            SocketAddr::V4(v4) if self.socket.is_ipv6 => {
                (v4.ip().to_ipv6_mapped(), v4.port()).into()
            }
            to => to,
        };
        let slot = self.outbox.count;
        self.outbox.addresses[slot] = to.into();
        self.outbox.lengths[slot] = length;
        self.outbox.count += 1;
    }
}

/// Nothing there, or news about a datagram that was sent long ago.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted, WouldBlock};
    matches!(
        error.kind(),
        WouldBlock | Interrupted | ConnectionRefused | ConnectionReset
    )
}

/// Without flow label and scope, which tokens cannot carry and which would make equal peers unequal.
fn to_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::new(v4.ip().into(), v4.port()));
    }
    let v6 = address.as_sockaddr_in6()?;
    Some(SocketAddrV6::new(v6.ip(), v6.port(), 0, 0).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(host: &str) -> (Socket, Socket) {
        let bind = || Socket::bind(format!("{host}:0").parse().unwrap()).unwrap();
        (bind(), bind())
    }

    fn send_numbers(from: &Socket, to: &Socket, count: u32) {
        let mut outbox = Outbox::new();
        let to = to.local_address().unwrap();
        let mut sender = outbox.on(from);
        for number in 0..count {
            sender.packet()[..4].copy_from_slice(&number.to_le_bytes());
            sender.send(to, 4);
        }
        sender.flush();
        assert_eq!((outbox.sent(), outbox.dropped()), (u64::from(count), 0));
    }

    fn receive_numbers(at: &Socket, from: &Socket) -> Vec<u32> {
        let mut inbox = Inbox::new();
        let mut numbers = Vec::new();
        loop {
            let count = inbox.receive(at).unwrap();
            for index in 0..count {
                let (sender, datagram) = inbox.datagram(index);
                assert_eq!(sender, from.local_address().unwrap());
                numbers.push(u32::from_le_bytes(datagram.try_into().unwrap()));
            }
            if count == 0 {
                return numbers;
            }
        }
    }

    #[test]
    fn carries_more_than_a_batch_in_order() {
        let (a, b) = pair("127.0.0.1");
        send_numbers(&a, &b, 3 * BATCH as u32 + 7);
        assert_eq!(
            receive_numbers(&b, &a),
            (0..3 * BATCH as u32 + 7).collect::<Vec<_>>()
        );
    }

    #[test]
    fn carries_ipv6() {
        let (a, b) = pair("[::1]");
        send_numbers(&a, &b, 100);
        assert_eq!(receive_numbers(&b, &a).len(), 100);
    }

    #[test]
    fn one_unreachable_address_drops_only_its_own_datagram() {
        let (a, b) = pair("127.0.0.1");
        let mut outbox = Outbox::new();
        let mut sender = outbox.on(&a);
        for to in [
            b.local_address().unwrap(),
            "[::1]:9".parse().unwrap(),
            b.local_address().unwrap(),
        ] {
            sender.packet()[..4].copy_from_slice(&7u32.to_le_bytes());
            sender.send(to, 4);
        }
        sender.flush();
        assert_eq!((outbox.sent(), outbox.dropped()), (2, 1));
        assert_eq!(receive_numbers(&b, &a), [7, 7]);
    }

    #[test]
    fn a_datagram_that_is_too_long_shows_as_longer_than_any_packet() {
        let (a, b) = pair("127.0.0.1");
        a.inner
            .send_to(&[1; 9000], b.local_address().unwrap())
            .unwrap();
        let mut inbox = Inbox::new();
        assert_eq!(inbox.receive(&b).unwrap(), 1);
        assert_eq!(inbox.datagram(0).1.len(), MAX_PACKET_BYTES + 1);
    }

    #[test]
    fn asks_for_large_kernel_buffers() {
        let socket = Socket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let default = UdpSocket::bind("127.0.0.1:0").unwrap();
        let default = socket2::SockRef::from(&default).recv_buffer_size().unwrap();
        assert!(socket.receive_buffer_bytes() >= default);
        assert!(socket.send_buffer_bytes() > 0);
    }
}
