//! The grid of ticks whose states are kept as baselines, the same for everybody.
//!
//! Server and clients keep what a snapshot says of a grid tick; a later snapshot may say of an entity only how it differs
//! from what the client is known to have. Because the grid is shared, a hundred clients have at most seven different
//! baselines of an entity, and a difference is coded once for all of them.
//!
//! `netcode/../docs/decisions/0007-deltas-on-a-shared-keyframe-grid.md` has the measurement behind the numbers.

use crate::tick::Tick;

/// Distance of two keyframes (unit: ticks); divides 2^32, so the grid has no seam where ticks wrap.
pub const GRID_TICKS: u32 = 4;

/// The newest keyframes before a tick, of which one can be a baseline.
pub const BASELINES: usize = 7;

/// Bits that name a baseline: 0 is none, `k` the `k`-th newest keyframe before the snapshot's tick.
pub(super) const BASELINE_BITS: u32 = 3;

/// Whether what is sent of this tick is kept.
#[must_use]
pub const fn is_on_grid(tick: Tick) -> bool {
    tick.0.is_multiple_of(GRID_TICKS)
}

/// The tick of the `back`-th newest keyframe before `tick`; `back` is from 1 to [`BASELINES`].
#[must_use]
pub const fn keyframe_before(tick: Tick, back: usize) -> Tick {
    let newest = tick.0.wrapping_sub(1) / GRID_TICKS * GRID_TICKS;
    Tick(newest.wrapping_sub(GRID_TICKS * (back as u32 - 1)))
}

/// Where in a ring of `length` keyframes this one lies; `length` is a power of two.
pub(super) const fn place_in_ring(keyframe: Tick, length: usize) -> usize {
    (keyframe.0 / GRID_TICKS) as usize % length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kf1_the_grid_goes_on_over_the_wrap_of_ticks() {
        assert_eq!(keyframe_before(Tick(8), 1), Tick(4));
        assert_eq!(keyframe_before(Tick(9), 1), Tick(8));
        assert_eq!(keyframe_before(Tick(1), 1), Tick(0));
        assert_eq!(keyframe_before(Tick(0), 1), Tick(u32::MAX - 3));
        assert_eq!(keyframe_before(Tick(5), 3), Tick(u32::MAX - 3));
        for tick in (0..64).map(|k| Tick(u32::MAX - 30).plus(k)) {
            for back in 1..=BASELINES {
                let keyframe = keyframe_before(tick, back);
                let age = tick.since(keyframe) as u32;
                assert!(is_on_grid(keyframe));
                assert_eq!(age.div_ceil(GRID_TICKS) as usize, back);
            }
        }
    }
}
