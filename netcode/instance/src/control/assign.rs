//! The world that this process is given: once in its life, after the fleet has allocated it. Nothing of the message is used
//! unchecked, and what has been assigned is never changed: people may be inside.

use super::Stream;
use crate::error::Error;
use crate::proto;
use crate::stop::Cause;

/// An `AssignWorld` whose fields have been checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub world: proto::World,
    pub capacity: u32,
    pub tick_rate_hz: u32,
}

impl Stream {
    /// Takes the first world, hears the same again without doing it again, and ends the process for any other.
    pub(super) fn assign(&self, told: proto::AssignWorld) {
        let asked = match Assignment::try_from(told) {
            Ok(asked) => asked,
            Err(problem) => {
                return self.stop.ask(Cause::Failed(Error::BadAssignWorld(problem)));
            }
        };
        let known = self.progress.borrow().assigned.clone();
        match known {
            None => self.take(asked),
            Some(known) if known.is_same(&asked) => {
                log::debug!(stage = "control"; "{} is assigned once more", known.world.id);
            }
            Some(known) => self.stop.ask(Cause::Failed(Error::WorldChanged {
                runs: known.to_string(),
                asked: asked.to_string(),
            })),
        }
    }

    fn take(&self, assignment: Assignment) {
        log::info!(stage = "control"; "assigned: {assignment}");
        self.desired.send_modify(|desired| {
            desired.capacity = assignment.capacity as usize;
            desired.world = format!("{}@{}", assignment.world.id, assignment.world.sha256);
        });
        self.progress
            .send_modify(|progress| progress.assigned = Some(assignment));
    }
}

impl Assignment {
    /// The address does not count: another process of the control plane may call itself otherwise.
    fn is_same(&self, other: &Self) -> bool {
        let essence = |of: &Self| (of.world.id.clone(), of.capacity, of.tick_rate_hz);
        essence(self) == essence(other)
            && self.world.sha256.eq_ignore_ascii_case(&other.world.sha256)
    }
}

impl std::fmt::Display for Assignment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            world,
            capacity,
            tick_rate_hz,
        } = self;
        let proto::World { id, sha256, .. } = world;
        write!(
            formatter,
            "{id} {sha256}, {capacity} seats, {tick_rate_hz} Hz"
        )
    }
}

impl TryFrom<proto::AssignWorld> for Assignment {
    type Error = &'static str;

    fn try_from(told: proto::AssignWorld) -> Result<Self, Self::Error> {
        let world = told.world.ok_or("it names no world")?;
        if world.sha256.len() != 64 || !world.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("the world's SHA-256 is not 64 hex digits");
        }
        // Entities of snapshots have 16 bits; far more seats than any tick can serve.
        if !(1..=10_000).contains(&told.capacity) {
            return Err("the capacity is not between 1 and 10,000");
        }
        if !matches!(told.tick_rate_hz, 30 | 60) {
            return Err("the tick rate is neither 30 nor 60");
        }
        Ok(Self {
            world,
            capacity: told.capacity,
            tick_rate_hz: told.tick_rate_hz,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> proto::AssignWorld {
        let world = proto::World {
            id: "plaza".into(),
            url: "http://x/".into(),
            sha256: "ab".repeat(32),
        };
        proto::AssignWorld {
            world: Some(world),
            capacity: 100,
            tick_rate_hz: 60,
        }
    }

    #[test]
    fn only_a_usable_world_is_taken() {
        assert!(Assignment::try_from(good()).is_ok());
        let spoilt: [fn(&mut proto::AssignWorld); 6] = [
            |told| told.world = None,
            |told| told.world.as_mut().unwrap().sha256 = "z".repeat(64),
            |told| told.world.as_mut().unwrap().sha256.truncate(63),
            |told| told.capacity = 0,
            |told| told.capacity = u32::MAX,
            |told| told.tick_rate_hz = 45,
        ];
        for spoil in spoilt {
            let mut told = good();
            spoil(&mut told);
            assert!(Assignment::try_from(told.clone()).is_err(), "{told:?}");
        }
    }

    #[test]
    fn the_same_world_is_the_same_wherever_it_lies_and_however_its_hash_is_written() {
        let assigned = |change: fn(&mut proto::AssignWorld)| {
            let mut told = good();
            change(&mut told);
            Assignment::try_from(told).unwrap()
        };
        let first = assigned(|_| {});
        let moved = |told: &mut proto::AssignWorld| {
            let world = told.world.as_mut().unwrap();
            (world.url, world.sha256) = ("http://y/".into(), "AB".repeat(32));
        };
        assert!(first.is_same(&assigned(moved)));
        let others: [fn(&mut proto::AssignWorld); 4] = [
            |told| told.world.as_mut().unwrap().id = "garden".into(),
            |told| told.world.as_mut().unwrap().sha256 = "cd".repeat(32),
            |told| told.capacity = 99,
            |told| told.tick_rate_hz = 30,
        ];
        for other in others {
            assert!(!first.is_same(&assigned(other)));
        }
    }
}
