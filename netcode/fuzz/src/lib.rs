//! Fuzz targets: one for every parser of bytes that a peer chose.
//!
//! A target is a function from bytes to whether they were understood, and it panics when something is wrong that is more than
//! a refusal: what was read does not come back when it is written, an error changed something, a number is no number, memory
//! grows beyond the target's bound, or one peer's bytes reach another one's session. The same targets are run by
//! `cargo test` for a moment (`tests/search.rs`, proptest) and by `npm run fuzz` for as long as one likes (`engine.rs`,
//! libFuzzer, guided by coverage). What they start from is in [`seeds`]. Why these tools:
//! `docs/decisions/0008-fuzzing.md`.

use allocation_counter::AllocationInfo;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub mod parts;
pub mod seeds;
mod talk;
mod targets;

pub use targets::{MOST_INPUT, TARGETS, Target};

/// The target with this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// Runs the target on these bytes; says whether they were understood.
    ///
    /// # Panics
    /// When something is wrong, its bound of memory among it.
    pub fn run(&self, bytes: &[u8]) -> bool {
        let (understood, memory) = measured(|| (self.check)(bytes));
        assert!(
            memory.bytes_max <= self.most_bytes,
            "{} bytes were held at a time for {} that came; at most {} are allowed",
            memory.bytes_max,
            bytes.len(),
            self.most_bytes
        );
        understood
    }
}

/// What this returns and the memory that it takes. A panic passes through: the counter of allocations would not survive it.
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, AllocationInfo) {
    let mut result = None;
    let memory = allocation_counter::measure(|| {
        result = Some(catch_unwind(AssertUnwindSafe(work)));
    });
    match result.expect("it ran") {
        Ok(value) => (value, memory),
        Err(panic) => resume_unwind(panic),
    }
}
