//! The numbers that count: ticks, entities, seats.
//!
//! A tick is 32 bits and wraps (after 4.5 years at 30 Hz, or in a test that starts near the end), so it has a distance
//! and no total order: `a < b` on ticks does not compile, on purpose.

/// Simulation ticks a second that the constants of [`crate::step`] are made for.
pub const TICK_RATE_HZ: u32 = 30;

/// One period of the simulation (unit: microseconds).
pub const TICK_US: u32 = 1_000_000 / TICK_RATE_HZ;

/// A simulation tick, wrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tick(pub u32);

impl Tick {
    /// The tick `count` later (earlier, when negative).
    #[must_use]
    pub const fn plus(self, count: i32) -> Tick {
        Tick(self.0.wrapping_add_signed(count))
    }

    /// Ticks from `earlier` to `self`, negative when `self` is the earlier one. Right for distances below 2^31.
    #[must_use]
    pub const fn since(self, earlier: Tick) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// Whether `self` comes after `other`.
    #[must_use]
    pub const fn is_after(self, other: Tick) -> bool {
        self.since(other) > 0
    }
}

/// A thing with identity inside one instance. Zero is nobody.
///
/// The dynamic bodies of the world's scene are `1..=n` in the order of the scene; players get numbers above those,
/// never used twice while the instance lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub u32);

impl EntityId {
    /// Nobody.
    pub const NONE: EntityId = EntityId(0);

    /// The entity of the scene's dynamic body with this index.
    #[must_use]
    pub const fn of_body(index: u32) -> EntityId {
        EntityId(index + 1)
    }
}

/// A player's seat in an instance; also the client id of their netcode connection. Never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_keep_their_order_over_the_wrap() {
        let before = Tick(u32::MAX - 1);
        let after = before.plus(3);
        assert_eq!(after, Tick(1));
        assert_eq!(after.since(before), 3);
        assert_eq!(before.since(after), -3);
        assert!(after.is_after(before) && !before.is_after(after) && !after.is_after(after));
    }
}
