//! Who sends through us: each source address has a socket of its own towards the target, as behind a NAT. Their number is
//! bounded, and who is silent is forgotten.

use otherworld_pipes::udp::Socket;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// One source address.
pub struct Client {
    pub relay: usize,
    pub address: SocketAddr,
    pub upstream: Socket,
    heard_us: u64,
}

/// All of them, by address and by number.
pub struct Clients {
    slots: Vec<Option<Client>>,
    by_address: HashMap<(usize, SocketAddr), usize>,
    most: usize,
    idle_us: u64,
}

/// What became of a datagram's sender.
pub enum Known {
    /// It was here before.
    Old(usize),
    /// It has a socket now, which somebody must listen to.
    New(usize),
    /// There are too many.
    Refused,
}

impl Clients {
    /// Nobody yet.
    pub fn new(most: usize, idle: Duration) -> Self {
        Self {
            slots: Vec::new(),
            by_address: HashMap::new(),
            most,
            idle_us: idle.as_micros() as u64,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_address.len()
    }

    /// Who has this number.
    pub fn get(&self, slot: usize) -> Option<&Client> {
        self.slots.get(slot)?.as_ref()
    }

    /// Hears somebody who sends to a relay with this target.
    ///
    /// # Errors
    /// Those of the system: there is no socket to be had.
    pub fn hear(
        &mut self,
        now_us: u64,
        relay: usize,
        address: SocketAddr,
        target: SocketAddr,
    ) -> io::Result<Known> {
        if let Some(&slot) = self.by_address.get(&(relay, address)) {
            if let Some(client) = &mut self.slots[slot] {
                client.heard_us = now_us;
            }
            return Ok(Known::Old(slot));
        }
        if self.count() == self.most {
            return Ok(Known::Refused);
        }
        let client = Client {
            relay,
            address,
            upstream: Socket::bind(towards(target))?,
            heard_us: now_us,
        };
        let vacant = self.slots.iter().position(Option::is_none);
        let slot = vacant.unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[slot] = Some(client);
        self.by_address.insert((relay, address), slot);
        Ok(Known::New(slot))
    }

    /// Forgets who has been silent for too long.
    pub fn expire(&mut self, now_us: u64) {
        for slot in &mut self.slots {
            let silent =
                |client: &mut Client| now_us.saturating_sub(client.heard_us) > self.idle_us;
            if let Some(client) = slot.take_if(silent) {
                self.by_address.remove(&(client.relay, client.address));
            }
        }
    }
}

/// An address from which the target can be reached, and by nobody outside when it is on this machine.
fn towards(target: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match (target.ip().is_loopback(), target.is_ipv4()) {
        (true, true) => Ipv4Addr::LOCALHOST.into(),
        (true, false) => Ipv6Addr::LOCALHOST.into(),
        (false, true) => Ipv4Addr::UNSPECIFIED.into(),
        (false, false) => Ipv6Addr::UNSPECIFIED.into(),
    };
    (ip, 0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "127.0.0.1:9";

    fn hear(clients: &mut Clients, now_us: u64, port: u16) -> Known {
        let from = (Ipv4Addr::LOCALHOST, port).into();
        clients
            .hear(now_us, 0, from, TARGET.parse().unwrap())
            .unwrap()
    }

    #[test]
    fn strangers_beyond_the_bound_are_refused_until_somebody_has_been_silent() {
        let mut clients = Clients::new(2, Duration::from_secs(30));
        assert!(matches!(hear(&mut clients, 0, 1), Known::New(0)));
        assert!(matches!(hear(&mut clients, 0, 2), Known::New(1)));
        assert!(matches!(hear(&mut clients, 0, 3), Known::Refused));
        assert!(matches!(hear(&mut clients, 20_000_000, 2), Known::Old(1)));
        clients.expire(30_000_001);
        assert_eq!(clients.count(), 1);
        assert!(clients.get(0).is_none());
        assert!(matches!(hear(&mut clients, 31_000_000, 3), Known::New(0)));
    }

    #[test]
    fn each_has_a_socket_of_its_own() {
        let mut clients = Clients::new(2, Duration::from_secs(30));
        hear(&mut clients, 0, 1);
        hear(&mut clients, 0, 2);
        let port = |slot: usize| clients.get(slot).unwrap().upstream.local_address().unwrap();
        assert_ne!(port(0), port(1));
    }
}
