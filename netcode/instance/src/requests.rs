//! What players ask the world for by the gateway: `…:requested` events of `proto/events.json`. Each is checked like any input of a
//! peer and answered here, off the tick: who asks must be inside, and not too often; what is asked must be in the table, in
//! its shape. Nothing of it is offered in this version, which is an answer too; what will be goes to the tick from here, as a
//! command that has been checked.

mod table;

use std::collections::HashMap;

use otherworld_core::SeatId;
use tokio::time::Instant;

use crate::proto;
use table::Table;

/// A seat may ask so often (unit: events a second), and so many at once.
const RATE: f32 = 10.0;
const BURST: f32 = 20.0;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    NotHere,
    TooFast,
    UnknownType,
    BadData,
    NotOffered,
}

impl Cause {
    /// The cause as the contract spells it.
    fn word(self) -> &'static str {
        match self {
            Self::NotHere => "not_here",
            Self::TooFast => "too_fast",
            Self::UnknownType => "unknown_type",
            Self::BadData => "bad_data",
            Self::NotOffered => "not_offered",
        }
    }
}

/// All requests of one instance.
#[derive(Debug)]
pub(crate) struct Requests {
    table: Table,
    allowances: HashMap<SeatId, Allowance>,
}

/// What a seat may still ask for.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: f32,
    at: Instant,
}

impl Requests {
    pub fn new() -> Self {
        Self {
            table: Table::read(),
            allowances: HashMap::new(),
        }
    }

    /// The answer to a request of somebody who is inside, or is not.
    pub fn answer(
        &mut self,
        request: &proto::EventRequest,
        is_inside: bool,
        now: Instant,
    ) -> proto::EventAnswer {
        let cause = self.judge(request, is_inside, now);
        log::debug!(stage = "requests", seat = request.seat, cause = cause.word(); "an event is refused");
        proto::EventAnswer {
            id: request.id,
            answer: Some(proto::event_answer::Answer::Refused(proto::EventRefused {
                cause: cause.word().into(),
            })),
        }
    }

    /// Who has left starts anew.
    pub fn forget(&mut self, seat: SeatId) {
        self.allowances.remove(&seat);
    }

    fn judge(&mut self, request: &proto::EventRequest, is_inside: bool, now: Instant) -> Cause {
        if !is_inside {
            return Cause::NotHere;
        }
        if !self.allow(SeatId(request.seat), now) {
            return Cause::TooFast;
        }
        match self.table.shape(&request.r#type) {
            None => Cause::UnknownType,
            Some(shape) if !shape.fits(&request.data) => Cause::BadData,
            Some(_) => Cause::NotOffered,
        }
    }

    fn allow(&mut self, seat: SeatId, now: Instant) -> bool {
        let full = Allowance {
            left: BURST,
            at: now,
        };
        let allowance = self.allowances.entry(seat).or_insert(full);
        let passed = now.duration_since(allowance.at).as_secs_f32();
        allowance.left = (allowance.left + passed * RATE).min(BURST);
        allowance.at = now;
        let may = allowance.left >= 1.0;
        if may {
            allowance.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ask(seat: u64, r#type: &str, data: &str) -> proto::EventRequest {
        proto::EventRequest {
            id: 7,
            seat,
            r#type: r#type.into(),
            data: data.into(),
        }
    }

    fn cause(requests: &mut Requests, request: &proto::EventRequest, now: Instant) -> String {
        let answer = requests.answer(request, true, now);
        assert_eq!(answer.id, 7);
        match answer.answer {
            Some(proto::event_answer::Answer::Refused(refused)) => refused.cause,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_request_is_answered_with_the_first_reason_against_it() {
        let (mut requests, now) = (Requests::new(), Instant::now());
        let sit = "interaction:sit:v1:requested";
        let good = r#"{"object":"body:12"}"#;
        assert_eq!(
            requests.judge(&ask(1, sit, good), false, now),
            Cause::NotHere
        );
        for (kind, data, expected) in [
            (sit, good, "not_offered"),
            (sit, r#"{"object":"house"}"#, "bad_data"),
            (sit, "not json", "bad_data"),
            ("interaction:fly:v1:requested", "{}", "unknown_type"),
            // The gateway's own, not an instance's.
            (
                "chat:message:v1:requested",
                r#"{"text":"x"}"#,
                "unknown_type",
            ),
            // What an instance tells is nothing that can be asked for.
            ("interaction:sit:v1:stream", good, "unknown_type"),
            ("", "", "unknown_type"),
        ] {
            assert_eq!(
                cause(&mut requests, &ask(1, kind, data), now),
                expected,
                "{kind} {data}"
            );
        }
    }

    #[test]
    fn a_seat_that_asks_too_often_is_told_so_and_others_are_not() {
        let (mut requests, start) = (Requests::new(), Instant::now());
        let stand = |seat| ask(seat, "interaction:stand:v1:requested", "{}");
        let at = |ms| start + Duration::from_millis(ms);
        for _ in 0..20 {
            assert_eq!(cause(&mut requests, &stand(1), start), "not_offered");
        }
        assert_eq!(cause(&mut requests, &stand(1), start), "too_fast");
        assert_eq!(cause(&mut requests, &stand(2), start), "not_offered");
        assert_eq!(cause(&mut requests, &stand(1), at(99)), "too_fast");
        assert_eq!(cause(&mut requests, &stand(1), at(201)), "not_offered");
        // After a long silence no more than a burst.
        let allowed = (0..100)
            .filter(|_| cause(&mut requests, &stand(1), at(60_000)) == "not_offered")
            .count();
        assert_eq!(allowed, 20);
        requests.forget(SeatId(1));
        assert_eq!(cause(&mut requests, &stand(1), at(60_000)), "not_offered");
    }
}
