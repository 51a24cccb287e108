//! The instance's seats, as the tick holds them: the last word on who may come in. An offer takes a seat at once and
//! loses it again unless its player has come in time; a player whose connection broke keeps it for a grace period
//! (`netcode/spec/SESSION.md`). Pure: the caller brings the time, and tells the control plane what became of a seat.

use std::time::Duration;

use otherworld_core::SeatId;

use crate::exchange::LeaveCause;

/// A place for one player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its number.
    pub id: SeatId,
    /// The user's UUID.
    pub user: String,
    /// Shown above the head.
    pub name: String,
}

/// Why an offered seat is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// All seats are held.
    Full,
    /// The instance takes nobody new.
    Draining,
    /// A seat of that number is held already.
    Duplicate,
    /// No world is open yet.
    NotListening,
}

impl Refusal {
    /// The cause as the contract spells it.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Draining => "draining",
            Self::Duplicate => "duplicate",
            Self::NotListening => "not_listening",
        }
    }
}

#[derive(Debug)]
struct Held {
    seat: Seat,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Offered; the player has until then to come.
    Expected { until: Duration },
    /// The player is in session.
    Inside,
    /// The player's connection broke; they have until then to come back.
    Away { until: Duration },
}

/// All seats of one instance.
#[derive(Debug)]
pub struct Seats {
    held: Vec<Held>,
    capacity: usize,
    draining: bool,
}

impl Seats {
    /// An empty instance with `capacity` seats.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            held: Vec::with_capacity(capacity),
            capacity,
            draining: false,
        }
    }

    /// Takes a seat for somebody who has until `expires` (on the clock of [`Self::expire`]) to come.
    ///
    /// # Errors
    /// Says why the seat cannot be had.
    pub fn offer(&mut self, seat: Seat, expires: Duration) -> Result<(), Refusal> {
        if self.draining {
            return Err(Refusal::Draining);
        }
        if self.get(seat.id).is_some() {
            return Err(Refusal::Duplicate);
        }
        if self.held.len() >= self.capacity {
            return Err(Refusal::Full);
        }
        self.held.push(Held {
            seat,
            state: State::Expected { until: expires },
        });
        Ok(())
    }

    /// The player of a seat has come, or has come back. False when no such seat is held: the door stays shut.
    pub fn connect(&mut self, id: SeatId) -> bool {
        let held = self.held.iter_mut().find(|held| held.seat.id == id);
        held.map(|held| held.state = State::Inside).is_some()
    }

    /// `[SE3]` The connection of a player inside broke: the seat stays theirs until then. False when nobody is inside.
    pub fn lose(&mut self, id: SeatId, until: Duration) -> bool {
        let mut inside = self.held.iter_mut();
        let held = inside.find(|held| held.seat.id == id && held.state == State::Inside);
        held.map(|held| held.state = State::Away { until })
            .is_some()
    }

    /// Frees a seat, whatever its state.
    pub fn leave(&mut self, id: SeatId) -> Option<Seat> {
        let index = self.held.iter().position(|held| held.seat.id == id)?;
        Some(self.held.swap_remove(index).seat)
    }

    /// Frees a seat unless its player is in already.
    pub fn revoke(&mut self, id: SeatId) -> Option<Seat> {
        let waiting = self
            .held
            .iter()
            .any(|held| held.seat.id == id && matches!(held.state, State::Expected { .. }));
        if waiting { self.leave(id) } else { None }
    }

    /// Frees one seat whose player has not come, or not come back, in time; call until it answers none.
    pub fn expire(&mut self, now: Duration) -> Option<(Seat, LeaveCause)> {
        self.held
            .iter()
            .enumerate()
            .find_map(|(index, held)| {
                let (until, cause) = match held.state {
                    State::Inside => return None,
                    State::Expected { until } => (until, LeaveCause::Expired),
                    State::Away { until } => (until, LeaveCause::Timeout),
                };
                (until <= now).then_some((index, cause))
            })
            .map(|(index, cause)| (self.held.swap_remove(index).seat, cause))
    }

    /// Takes nobody new from now on.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// A held seat.
    #[must_use]
    pub fn get(&self, id: SeatId) -> Option<&Seat> {
        self.held
            .iter()
            .map(|held| &held.seat)
            .find(|seat| seat.id == id)
    }

    /// How many are held, by players inside and by those still expected.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::seat;

    const LATER: Duration = Duration::from_secs(10);

    #[test]
    fn never_more_than_capacity_and_never_the_same_twice() {
        let mut seats = Seats::new(2);
        assert_eq!(seats.offer(seat(1), LATER), Ok(()));
        assert_eq!(seats.offer(seat(1), LATER), Err(Refusal::Duplicate));
        assert_eq!(seats.offer(seat(2), LATER), Ok(()));
        assert_eq!(seats.offer(seat(3), LATER), Err(Refusal::Full));
        assert_eq!(seats.leave(SeatId(1)), Some(seat(1)));
        assert_eq!(seats.offer(seat(3), LATER), Ok(()));
        assert_eq!(seats.len(), 2);
    }

    #[test]
    fn a_seat_expires_unless_its_player_came() {
        let mut seats = Seats::new(3);
        for id in 1..=3 {
            seats.offer(seat(id), Duration::from_secs(id)).unwrap();
        }
        assert!(seats.connect(SeatId(2)));
        assert_eq!(seats.expire(Duration::from_millis(999)), None);
        assert_eq!(
            seats.expire(Duration::from_secs(2)),
            Some((seat(1), LeaveCause::Expired))
        );
        assert_eq!(seats.expire(Duration::from_secs(2)), None);
        assert_eq!(seats.expire(LATER), Some((seat(3), LeaveCause::Expired)));
        assert_eq!(seats.expire(LATER), None);
        assert!(!seats.connect(SeatId(3)), "an expired seat opens no door");
        assert_eq!(seats.get(SeatId(2)), Some(&seat(2)));
    }

    #[test]
    fn se4_a_seat_whose_connection_broke_is_held_for_the_grace_period() {
        let second = Duration::from_secs;
        let mut seats = Seats::new(1);
        seats.offer(seat(1), LATER).unwrap();
        assert!(
            !seats.lose(SeatId(1), second(40)),
            "who never came has no body to keep"
        );
        seats.connect(SeatId(1));
        assert!(seats.lose(SeatId(1), second(40)));
        assert_eq!(seats.offer(seat(2), LATER), Err(Refusal::Full));
        assert_eq!(seats.revoke(SeatId(1)), None);
        assert_eq!(seats.expire(second(39)), None);
        assert!(seats.connect(SeatId(1)));
        assert_eq!(seats.expire(second(1000)), None, "they are back");
        assert!(seats.lose(SeatId(1), second(2000)));
        assert_eq!(
            seats.expire(second(2000)),
            Some((seat(1), LeaveCause::Timeout))
        );
        assert_eq!(seats.expire(second(2000)), None);
        assert!(!seats.connect(SeatId(1)));
    }

    #[test]
    fn a_seat_is_revoked_only_before_its_player_came() {
        let mut seats = Seats::new(2);
        seats.offer(seat(1), LATER).unwrap();
        seats.offer(seat(2), LATER).unwrap();
        seats.connect(SeatId(2));
        assert_eq!(seats.revoke(SeatId(1)), Some(seat(1)));
        assert_eq!(seats.revoke(SeatId(2)), None);
        assert_eq!(seats.len(), 1);
    }

    #[test]
    fn a_draining_instance_keeps_whom_it_has_and_takes_nobody() {
        let mut seats = Seats::new(2);
        seats.offer(seat(1), LATER).unwrap();
        seats.drain();
        assert_eq!(seats.offer(seat(2), LATER), Err(Refusal::Draining));
        assert!(seats.connect(SeatId(1)));
    }
}
