//! `otherworld-walk WORLD.glb PLAYERS TICKS` plays a walk natively and prints what `check.mjs` compares: the world's hash,
//! then the hash of all states every 100 ticks, then how it went.

use otherworld_wasm::walk::Walk;
use std::time::Instant;

const USAGE: &str = "usage: otherworld-walk WORLD.glb PLAYERS TICKS";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [world, players, ticks] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let (players, ticks): (u32, u32) = (players.parse()?, ticks.parse()?);
    let mut walk = Walk::new(&std::fs::read(world)?, players)?;
    println!("world {:016x}", walk.world_hash());
    let start = Instant::now();
    for checkpoint in 1..=ticks / 100 {
        println!("{} {:016x}", checkpoint * 100, walk.run(100));
    }
    let steps = f64::from(players) * f64::from(ticks / 100 * 100);
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / steps;
    println!("us_a_step {microseconds:.3}");
    println!("falls {}", walk.falls());
    Ok(())
}
