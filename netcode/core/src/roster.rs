//! Who is there: the players' bodies with their names, told by the reliable channel.
//!
//! The server does not queue events for each client. It remembers what it has told ([`Told`]) and, each tick, tells the
//! difference to what is, as far as the channel has room: whoever comes late is told everybody, a client that is slow is
//! told later, and somebody who came and went meanwhile was never there.

use crate::channel::Channel;
use crate::message::{MessageError, MessageId, RosterEntry, RosterExit};
use crate::tick::EntityId;

/// Most bodies that a client keeps names of: more than any instance has seats.
pub const MAX_ROSTER: usize = 1024;

/// What one client has been told.
#[derive(Clone, Debug)]
pub struct Told {
    entities: Vec<EntityId>,
}

impl Told {
    /// Nothing yet, of a server with so many slots for players.
    #[must_use]
    pub fn new(slots: usize) -> Told {
        Told {
            entities: vec![EntityId::NONE; slots],
        }
    }

    /// `[RO3]` Whether the client was told that this body is in the slot.
    #[must_use]
    pub fn knows(&self, slot: usize, entity: EntityId) -> bool {
        self.entities[slot] == entity
    }

    /// `[RO1]` Tells what has changed since, as far as the channel has room. `entity_of` names the body in a slot, or
    /// [`EntityId::NONE`]; `entry_of` is asked only where a new one is.
    pub fn tell(
        &mut self,
        channel: &mut Channel,
        entity_of: impl Fn(usize) -> EntityId,
        entry_of: impl Fn(usize) -> Option<RosterEntry>,
    ) {
        for (slot, told) in self.entities.iter_mut().enumerate() {
            let entity = entity_of(slot);
            if *told == entity {
                continue;
            }
            if *told != EntityId::NONE {
                let exit = RosterExit { entity: *told };
                if channel
                    .push(MessageId::RosterExit, |room| exit.encode(room))
                    .is_err()
                {
                    return;
                }
                *told = EntityId::NONE;
            }
            if entity == EntityId::NONE {
                continue;
            }
            if let Some(entry) = entry_of(slot) {
                if channel
                    .push(MessageId::RosterEntry, |room| entry.encode(room))
                    .is_err()
                {
                    return;
                }
                *told = entity;
            }
        }
    }
}

/// What a client knows.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    entries: Vec<RosterEntry>,
}

impl Roster {
    /// A player is there.
    ///
    /// # Errors
    /// `[RO2]` When the server tells more than any instance has.
    pub fn enter(&mut self, entry: RosterEntry) -> Result<(), MessageError> {
        self.exit(entry.entity);
        if self.entries.len() >= MAX_ROSTER {
            return Err(MessageError::Invalid("roster's length"));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// A player is gone; says whether there was one.
    pub fn exit(&mut self, entity: EntityId) -> bool {
        let index = self.entries.iter().position(|entry| entry.entity == entity);
        index.map(|index| self.entries.swap_remove(index)).is_some()
    }

    /// Everybody, in no order.
    #[must_use]
    pub fn entries(&self) -> &[RosterEntry] {
        &self.entries
    }

    /// Whose body this is.
    #[must_use]
    pub fn of(&self, entity: EntityId) -> Option<&RosterEntry> {
        self.entries.iter().find(|entry| entry.entity == entity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Name;
    use crate::tick::SeatId;

    fn entry(entity: u32) -> RosterEntry {
        RosterEntry {
            entity: EntityId(entity),
            seat: SeatId(u64::from(entity)),
            name: Name::new(&format!("player {entity}")),
        }
    }

    fn tell(told: &mut Told, channel: &mut Channel, slots: &[u32]) {
        told.tell(
            channel,
            |slot| EntityId(slots[slot]),
            |slot| Some(entry(slots[slot])),
        );
    }

    #[test]
    fn ro1_only_the_difference_is_told() {
        let (mut told, mut channel) = (Told::new(3), Channel::new());
        tell(&mut told, &mut channel, &[10, 0, 12]);
        let room = channel.room();
        tell(&mut told, &mut channel, &[10, 0, 12]);
        assert_eq!(channel.room(), room);
        tell(&mut told, &mut channel, &[13, 0, 0]);
        assert_eq!(
            told.entities,
            [EntityId(13), EntityId::NONE, EntityId::NONE]
        );
    }

    #[test]
    fn ro1_what_finds_no_room_is_told_later() {
        let (mut told, mut channel) = (Told::new(1), Channel::new());
        while channel.push_bytes(MessageId::Goodbye, &[0; 100]).is_ok() {}
        tell(&mut told, &mut channel, &[10]);
        assert_eq!(told.entities, [EntityId::NONE]);
        let mut free = Channel::new();
        tell(&mut told, &mut free, &[10]);
        assert_eq!(told.entities, [EntityId(10)]);
    }

    #[test]
    fn ro2_a_roster_has_a_bound_and_no_body_twice() {
        let mut roster = Roster::default();
        for entity in (1..=MAX_ROSTER as u32).chain([7]) {
            roster.enter(entry(entity)).unwrap();
        }
        assert_eq!(roster.entries().len(), MAX_ROSTER);
        assert!(roster.enter(entry(5000)).is_err());
        assert!(roster.exit(EntityId(7)) && !roster.exit(EntityId(7)));
        assert_eq!(roster.of(EntityId(8)), Some(&entry(8)));
    }
}
