//! Worlds, downloaded once for all bots and compared with their hash before anything reads a byte of them.

use crate::ending::Ending;
use crate::http;
use crate::scenario;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// The static world of the character step.
pub type World = otherworld_core::world::World;

/// Worlds by the SHA-256 of their files.
#[derive(Default)]
pub struct Worlds {
    known: HashMap<String, Arc<World>>,
}

impl Worlds {
    /// The world, from memory or from its address.
    pub fn fetch(&mut self, wanted: &scenario::World) -> Result<Arc<World>, Ending> {
        if let Some(world) = self.known.get(&wanted.sha256) {
            return Ok(Arc::clone(world));
        }
        let world = Arc::new(load(&http::download(&wanted.url)?, &wanted.sha256)?);
        self.known.insert(wanted.sha256.clone(), Arc::clone(&world));
        Ok(world)
    }
}

fn load(file: &[u8], sha256: &str) -> Result<World, Ending> {
    let found: String = Sha256::digest(file)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found != sha256 {
        return Err(Ending::World(format!(
            "its SHA-256 is {found}, but {sha256} was announced"
        )));
    }
    let scene = otherworld_scene::read(file).map_err(|error| Ending::World(error.to_string()))?;
    World::build(&scene.triangles()).map_err(|error| Ending::World(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_than_the_announced_one_is_not_even_read() {
        let error = load(b"not the world", &"0".repeat(64)).unwrap_err();
        assert!(matches!(error, Ending::World(message) if message.contains("SHA-256")));
    }
}
