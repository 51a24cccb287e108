//! The core in WebAssembly: first the proof that it is the same there.
//!
//! A walk ([`walk`]) plays the character step with random players in a real world and hashes all states; the program
//! `otherworld-walk` does it natively, the exports below in WASM, and `check.mjs` compares the two in Node. The exports are
//! plain numbers, so no bindings generator is needed yet; the browser client brings one with the rest of its face.

pub mod walk;

use std::cell::RefCell;
use walk::Walk;

thread_local! {
    static WORLD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static WALK: RefCell<Option<Walk>> = const { RefCell::new(None) };
}

/// Makes room for a world's bytes and returns where the caller shall write them.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    WORLD.with_borrow_mut(|world| {
        world.clear();
        world.resize(length, 0);
        world.as_mut_ptr()
    })
}

/// Reads the world and puts this many players into it; returns the world's hash, or 0 when it is no world.
#[unsafe(no_mangle)]
pub extern "C" fn start(players: u32) -> u64 {
    let walk = WORLD.with_borrow(|world| Walk::new(world, players));
    let hash = walk.as_ref().map_or(0, Walk::world_hash);
    WALK.set(walk.ok());
    hash
}

/// Plays this many ticks and returns the hash of all states so far; 0 when there is no walk.
#[unsafe(no_mangle)]
pub extern "C" fn run(ticks: u32) -> u64 {
    WALK.with_borrow_mut(|walk| walk.as_mut().map_or(0, |walk| walk.run(ticks)))
}

/// How often a player fell out of the world so far.
#[unsafe(no_mangle)]
pub extern "C" fn falls() -> u32 {
    WALK.with_borrow(|walk| walk.as_ref().map_or(0, Walk::falls))
}
