//! What goes wrong with a bot's network, on purpose and at its time: its NAT forgets the port, or nothing passes for a while.
//! Done below netcode, so that neither the bot nor the instance is told.

use serde::Deserialize;
use std::time::Duration;

/// Something that goes wrong, so long after the bot came in (units: seconds).
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The socket's address changes.
    Rebind {
        /// When.
        at_s: f64,
    },
    /// Nothing comes in or goes out.
    Silence {
        /// When.
        at_s: f64,
        /// For how long.
        for_s: f64,
    },
}

/// What is to be done about the network now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Take another socket.
    Rebind,
    /// Let nothing pass, or everything again.
    Cut(bool),
}

/// The faults of one bot, each of which happens once.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    changes: Vec<(Duration, Change)>,
}

impl Faults {
    /// All that is to come.
    pub fn new(faults: &[Fault]) -> Self {
        // Taken from the end, so the last comes first.
        let mut changes: Vec<_> = faults.iter().flat_map(Fault::changes).collect();
        changes.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Self { changes }
    }

    /// What is due `since` the bot came in; call until there is none.
    pub fn next(&mut self, since: Duration) -> Option<Change> {
        let due = self.changes.pop_if(|(at, _)| *at <= since);
        due.map(|(_, change)| change)
    }
}

impl Fault {
    /// Whether its times are times.
    pub fn is_possible(&self) -> bool {
        let (at_s, for_s) = match *self {
            Fault::Rebind { at_s } => (at_s, 0.0),
            Fault::Silence { at_s, for_s } => (at_s, for_s),
        };
        (0.0..1e9).contains(&at_s) && (0.0..1e9).contains(&for_s)
    }

    fn changes(&self) -> Vec<(Duration, Change)> {
        let at = Duration::from_secs_f64;
        match *self {
            Fault::Rebind { at_s } => vec![(at(at_s), Change::Rebind)],
            Fault::Silence { at_s, for_s } => vec![
                (at(at_s), Change::Cut(true)),
                (at(at_s + for_s), Change::Cut(false)),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_their_order_once() {
        let second = Duration::from_secs;
        let mut faults = Faults::new(&[
            Fault::Rebind { at_s: 2.0 },
            Fault::Silence {
                at_s: 1.0,
                for_s: 3.0,
            },
        ]);
        assert_eq!(faults.next(Duration::ZERO), None);
        assert_eq!(faults.next(second(3)), Some(Change::Cut(true)));
        assert_eq!(faults.next(second(3)), Some(Change::Rebind));
        assert_eq!(faults.next(second(3)), None);
        assert_eq!(faults.next(second(4)), Some(Change::Cut(false)));
        assert_eq!(faults.next(second(400)), None);
    }
}
