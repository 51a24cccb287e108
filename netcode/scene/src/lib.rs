//! Otherworld: scene.
