//! The thread's own record of who holds a seat, drawn from the tick's reports. After a broken stream it is what the
//! control plane is told; at all times it is what the fleet's counter and list show.

use std::collections::BTreeMap;

use otherworld_core::SeatId;

use crate::exchange::{LeaveCause, Listening, Report};
use crate::proto::{self, instance_message::Message};
use crate::seats::Seat;

#[derive(Debug, Default)]
pub(crate) struct Roster {
    // Offered to the tick, not answered yet.
    offered: BTreeMap<SeatId, Seat>,
    held: BTreeMap<SeatId, (Seat, bool)>,
}

impl Roster {
    pub fn offer(&mut self, seat: Seat) {
        self.offered.insert(seat.id, seat);
    }

    pub fn answer(&mut self, id: SeatId, accepted: bool) {
        if let Some(seat) = self.offered.remove(&id)
            && accepted
        {
            self.held.insert(id, (seat, false));
        }
    }

    pub fn join(&mut self, id: SeatId) {
        if let Some((_, connected)) = self.held.get_mut(&id) {
            *connected = true;
        }
    }

    pub fn leave(&mut self, id: SeatId) {
        self.held.remove(&id);
    }

    /// Whether the player of a seat has come.
    pub fn is_inside(&self, id: SeatId) -> bool {
        self.held.get(&id).is_some_and(|(_, connected)| *connected)
    }

    pub fn name(&self, id: SeatId) -> &str {
        self.held.get(&id).map_or("", |(seat, _)| &seat.name)
    }

    pub fn ids(&self) -> impl Iterator<Item = SeatId> {
        self.held.keys().copied()
    }

    /// How many players are inside.
    pub fn players(&self) -> u32 {
        let inside = self
            .held
            .values()
            .filter(|(_, connected)| *connected)
            .count();
        u32::try_from(inside).unwrap_or(u32::MAX)
    }

    /// Whether nobody holds a seat or waits for the answer to an offer.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.offered.is_empty()
    }

    /// As `Register` tells it.
    pub fn seats(&self) -> Vec<proto::Seat> {
        let tell = |(seat, connected): &(Seat, bool)| proto::Seat {
            id: seat.id.0,
            user: seat.user.clone(),
            name: seat.name.clone(),
            connected: *connected,
        };
        self.held.values().map(tell).collect()
    }
}

/// What a report says to the control plane as it stands; none where it means something to this process alone or is
/// completed elsewhere.
pub(crate) fn tell(report: &Report) -> Option<Message> {
    use proto::seat_answer::Answer;
    match report {
        Report::Listening(listening) => Some(tell_listening(*listening)),
        Report::SeatAnswer(id, answer) => {
            let answer = match answer {
                Ok(()) => Answer::Accepted(proto::SeatAccepted {}),
                Err(refusal) => Answer::Refused(proto::SeatRefused {
                    cause: refusal.cause().into(),
                }),
            };
            Some(Message::SeatAnswer(proto::SeatAnswer {
                id: id.0,
                answer: Some(answer),
            }))
        }
        Report::PlayerJoined(id) => Some(Message::PlayerJoined(proto::PlayerJoined { seat: id.0 })),
        Report::PlayerLeft(id, cause) => Some(Message::PlayerLeft(left(*id, *cause))),
        Report::Failed(_) | Report::Telemetry(_) | Report::Stopped => None,
    }
}

pub(crate) fn tell_listening(listening: Listening) -> Message {
    let Listening {
        world_hash,
        static_triangles,
        dynamic_bodies,
        load_ms,
    } = listening;
    Message::Listening(proto::Listening {
        world_hash,
        static_triangles,
        dynamic_bodies,
        load_ms,
    })
}

fn left(id: SeatId, cause: LeaveCause) -> proto::PlayerLeft {
    proto::PlayerLeft {
        seat: id.0,
        cause: cause.cause().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::seat;

    #[test]
    fn it_holds_what_the_tick_accepted_until_the_tick_lets_go() {
        let mut roster = Roster::default();
        roster.offer(seat(1));
        roster.offer(seat(2));
        assert!(
            roster.seats().is_empty(),
            "an offer without an answer is no seat"
        );
        assert!(
            !roster.is_empty(),
            "but a drained instance must not end before the answer"
        );
        roster.answer(SeatId(1), true);
        roster.answer(SeatId(2), false);
        roster.join(SeatId(1));
        assert_eq!((roster.players(), roster.name(SeatId(1))), (1, "name 1"));
        assert_eq!(roster.ids().collect::<Vec<_>>(), [SeatId(1)]);
        assert!(roster.seats()[0].connected);
        roster.leave(SeatId(1));
        assert!(roster.is_empty());
    }

    #[test]
    fn an_answer_to_an_offer_that_nobody_made_holds_nothing() {
        let mut roster = Roster::default();
        roster.answer(SeatId(9), true);
        roster.join(SeatId(9));
        assert!(roster.is_empty());
        assert_eq!(roster.players(), 0);
    }
}
