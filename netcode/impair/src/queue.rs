//! Datagrams under way, in the order in which they arrive. A bounded number of buffers, made when first needed and used
//! again.

use otherworld_pipes::netcode::MAX_PACKET_BYTES;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;

/// Two seconds of a hundred clients at ten times their usual rate; 80 MB.
const MOST: usize = 1 << 16;

/// Whom a datagram is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// The target, from the socket of this client.
    Up { client: usize },
    /// A client, from the socket of this relay.
    Down { relay: usize, to: SocketAddr },
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    arrival_us: u64,
    /// Equal arrivals keep their order.
    order: u64,
    to: Destination,
    buffer: usize,
    length: usize,
}

/// What is under way.
#[derive(Default)]
pub struct Queue {
    flights: BinaryHeap<Reverse<Flight>>,
    buffers: Vec<[u8; MAX_PACKET_BYTES]>,
    free: Vec<usize>,
    orders: u64,
}

/// A datagram that has arrived.
#[derive(Debug, PartialEq)]
pub struct Arrival<'a> {
    /// When it should have arrived.
    pub at_us: u64,
    pub to: Destination,
    pub bytes: &'a [u8],
}

impl Queue {
    /// Takes a datagram; false when too many are under way.
    pub fn push(&mut self, arrival_us: u64, to: Destination, bytes: &[u8]) -> bool {
        let Some(buffer) = self.buffer() else {
            return false;
        };
        self.buffers[buffer][..bytes.len()].copy_from_slice(bytes);
        self.orders += 1;
        self.flights.push(Reverse(Flight {
            arrival_us,
            order: self.orders,
            to,
            buffer,
            length: bytes.len(),
        }));
        true
    }

    fn buffer(&mut self) -> Option<usize> {
        self.free.pop().or_else(|| {
            let next = self.buffers.len();
            (next < MOST).then(|| {
                self.buffers.push([0; MAX_PACKET_BYTES]);
                next
            })
        })
    }

    /// When the next one arrives.
    pub fn next_us(&self) -> Option<u64> {
        self.flights.peek().map(|Reverse(flight)| flight.arrival_us)
    }

    /// The next one that has arrived by now.
    pub fn pop(&mut self, now_us: u64) -> Option<Arrival<'_>> {
        self.next_us().filter(|&next_us| next_us <= now_us)?;
        let Reverse(flight) = self.flights.pop()?;
        self.free.push(flight.buffer);
        Some(Arrival {
            at_us: flight.arrival_us,
            to: flight.to,
            bytes: &self.buffers[flight.buffer][..flight.length],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Destination = Destination::Up { client: 3 };

    #[test]
    fn arrives_in_order_of_time_then_of_sending_and_not_before() {
        let mut queue = Queue::default();
        for (at, byte) in [(30, 1), (10, 2), (10, 3), (20, 4)] {
            assert!(queue.push(at, UP, &[byte]));
        }
        assert_eq!(queue.next_us(), Some(10));
        assert_eq!(queue.pop(9), None);
        let order: Vec<u8> = std::iter::from_fn(|| queue.pop(25).map(|it| it.bytes[0])).collect();
        assert_eq!(order, [2, 3, 4]);
        assert_eq!(queue.next_us(), Some(30));
    }

    #[test]
    fn is_bounded_and_uses_its_buffers_again() {
        let mut queue = Queue::default();
        assert!((0..MOST).all(|_| queue.push(0, UP, &[0])));
        assert!(!queue.push(0, UP, &[0]));
        assert!(queue.pop(0).is_some());
        assert!(queue.push(0, UP, &[0]));
        assert_eq!(queue.buffers.len(), MOST);
    }
}
