//! Worlds, downloaded once for all bots and compared with their hash before anything reads a byte of them.

use crate::behaviour::Bodies;
use crate::ending::Ending;
use crate::http;
use crate::scenario;
use otherworld_scene::{Motion, Scene};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// The static world of the character step.
pub type World = otherworld_core::world::World;

/// What a file of a world says to a bot.
pub struct Place {
    /// For the prediction.
    pub world: Arc<World>,
    /// What can be pushed.
    pub bodies: Bodies,
}

/// Worlds by the SHA-256 of their files.
#[derive(Default)]
pub struct Worlds {
    known: HashMap<String, Arc<Place>>,
}

impl Worlds {
    /// The world, from memory or from its address.
    pub fn fetch(&mut self, wanted: &scenario::World) -> Result<Arc<Place>, Ending> {
        if let Some(place) = self.known.get(&wanted.sha256) {
            return Ok(Arc::clone(place));
        }
        let place = Arc::new(load(&http::download(&wanted.url)?, &wanted.sha256)?);
        self.known.insert(wanted.sha256.clone(), Arc::clone(&place));
        Ok(place)
    }
}

fn load(file: &[u8], sha256: &str) -> Result<Place, Ending> {
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
    let world =
        World::build(&scene.triangles()).map_err(|error| Ending::World(error.to_string()))?;
    let bodies = scene.bodies.iter().enumerate();
    let bodies = bodies
        .filter(|(_, body)| body.motion == Motion::Dynamic)
        .map(|(index, body)| {
            let at = (Scene::entity(index), body.pose.position);
            (body.name.clone(), at)
        });
    Ok(Place {
        world: Arc::new(world),
        bodies: bodies.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_than_the_announced_one_is_not_even_read() {
        let error = load(b"not the world", &"0".repeat(64)).err().unwrap();
        assert!(matches!(error, Ending::World(message) if message.contains("SHA-256")));
    }
}
