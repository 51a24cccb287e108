//! What went through, as the JSON lines on standard output show it.

use otherworld_core::testing::Conditions;
use otherworld_pipes::udp::Outbox;
use serde::Serialize;
use std::io::{self, Write};
use std::net::SocketAddr;

/// One way, since the start.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Way {
    /// Datagrams that came, and their bytes without IP and UDP headers.
    pub received: u64,
    pub received_bytes: u64,
    /// Lost as the conditions want it.
    pub lost: u64,
    /// Second copies.
    pub duplicated: u64,
    /// Thrown away because the queue was full or the datagram longer than any packet.
    pub overflowed: u64,
    /// Given to the kernel, and their bytes.
    pub sent: u64,
    pub sent_bytes: u64,
    /// Not taken by the kernel.
    pub dropped: u64,
}

impl Way {
    /// With what its outbox counted.
    pub fn with(mut self, outbox: &Outbox) -> Self {
        self.sent = outbox.sent();
        self.sent_bytes = outbox.sent_bytes();
        self.dropped = outbox.dropped();
        self
    }
}

/// How much later than planned datagrams left (unit: microseconds).
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Lateness {
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

const BUCKET_US: u64 = 10;
const BUCKETS: usize = 5_000;

/// Counts lateness in steps of 10 µs up to 50 ms.
pub struct Latenesses {
    buckets: Box<[u64; BUCKETS]>,
    max_us: u64,
}

impl Latenesses {
    pub fn new() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            max_us: 0,
        }
    }

    pub fn add(&mut self, late_us: u64) {
        self.buckets[((late_us / BUCKET_US) as usize).min(BUCKETS - 1)] += 1;
        self.max_us = self.max_us.max(late_us);
    }

    /// Upper ends of the steps.
    pub fn summary(&self) -> Lateness {
        Lateness {
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
            max: self.max_us,
        }
    }

    fn quantile(&self, share: f64) -> u64 {
        let total: u64 = self.buckets.iter().sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        let reached = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        (reached.unwrap_or(0) as u64 + 1) * BUCKET_US
    }
}

/// A line.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// Ready; one for each relay.
    Listening {
        listen: SocketAddr,
        target: SocketAddr,
        seed: u64,
        delay_ms: f64,
        jitter_ms: f64,
        loss: f64,
        duplication: f64,
        reorder: f64,
    },
    /// Since the start.
    Report {
        seconds: f64,
        clients: usize,
        most_clients: usize,
        /// Datagrams of strangers beyond the bound, and answers from elsewhere than the target.
        refused: u64,
        up: Way,
        down: Way,
        late_us: Lateness,
    },
}

impl Line {
    pub fn listening(
        (listen, target): (SocketAddr, SocketAddr),
        seed: u64,
        conditions: &Conditions,
    ) -> Self {
        Line::Listening {
            listen,
            target,
            seed,
            delay_ms: conditions.delay_us as f64 / 1000.0,
            jitter_ms: conditions.jitter_us as f64 / 1000.0,
            loss: conditions.loss,
            duplication: conditions.duplication,
            reorder: conditions.reorder,
        }
    }

    /// Writes the line at once.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_upper_ends_of_steps() {
        let mut latenesses = Latenesses::new();
        (0..100).for_each(|k| latenesses.add(k * BUCKET_US));
        let Lateness { p50, p99, max } = latenesses.summary();
        assert_eq!((p50, p99, max), (500, 990, 990));
        latenesses.add(10_000_000);
        assert_eq!(latenesses.summary().max, 10_000_000);
    }
}
