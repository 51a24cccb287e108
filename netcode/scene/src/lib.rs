//! Reads a world from a GLB: what is solid, what moves, where people arrive.
//!
//! One reading feeds everybody: the server makes Jolt bodies of it, the character step gets its triangles
//! ([`Scene::triangles`]), and a client that loads the same bytes gets the same bits (places are composed with
//! `+ - * / sqrt` only) and so the same world hash. Colliders are `OMI_physics_shape` and `OMI_physics_body` of the Open
//! Metaverse Interoperability group; meshes that are only looked at are ignored here.
//!
//! The bytes come from creators: every limit is checked, and an error names the node and the rule.
#![forbid(unsafe_code)]

mod accessor;
mod document;
mod error;
mod fields;
mod place;
mod read;
mod shape;

pub use error::{Rule, SceneError};
pub use place::Pose;
pub use shape::Shape;

use otherworld_core::world::Triangle;
pub use otherworld_core::{EntityId, Vec3};

/// Limits of one scene.
pub mod limits {
    /// Bytes of the GLB.
    pub const BYTES: usize = 64 << 20;
    /// Bytes of its JSON.
    pub const JSON_BYTES: usize = 16 << 20;
    /// Nodes of the document.
    pub const NODES: usize = 100_000;
    /// Nodes from the root to a leaf.
    pub const DEPTH: usize = 64;
    /// Colliders, static and dynamic together.
    pub const COLLIDERS: usize = 20_000;
    /// Bodies that move.
    pub const BODIES: usize = 4_096;
    /// Triangles of all colliders together.
    pub const TRIANGLES: usize = otherworld_core::world::MAX_TRIANGLES;
    /// Corners of one convex hull.
    pub const CONVEX_POINTS: usize = 256;
    /// Smallest edge, radius or height of a shape (unit: metres).
    pub const SMALLEST: f32 = 1e-3;
    /// Largest one (unit: metres).
    pub const LARGEST: f32 = 1024.0;
    /// Lightest body (unit: kilograms).
    pub const LIGHTEST: f32 = 1e-3;
    /// Heaviest one (unit: kilograms).
    pub const HEAVIEST: f32 = 1e6;
}

/// A world as its file describes it. All lists are in the order of the document, depth first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Solid things that never move; their poses are in the world.
    pub statics: Vec<Collider>,
    /// Things that move; [`Scene::entity`] numbers them.
    pub bodies: Vec<Body>,
    /// Where people arrive: nodes with the extension `OMI_spawn_point`, or with names that begin with `spawn`.
    pub spawns: Vec<Place>,
    /// The node `marker`: the frame of reference at (0, 0, 1).
    pub marker: Option<Place>,
    /// The node `quad_plane`.
    pub quad_plane: Option<Place>,
}

/// A named place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The node's name.
    pub name: String,
    /// Where it is in the world.
    pub pose: Pose,
}

/// A solid shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Collider {
    /// The node's name.
    pub name: String,
    /// In the world for a static collider, relative to its body for another.
    pub pose: Pose,
    /// Its form, with all scales applied.
    pub shape: Shape,
    /// Its surface.
    pub material: Material,
}

/// A surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Material {
    /// When already moving.
    pub friction: f32,
    /// 0: does not bounce, 1: bounces back as high.
    pub restitution: f32,
}

impl Default for Material {
    /// The defaults of `OMI_physics_body`.
    fn default() -> Self {
        Material {
            friction: 0.6,
            restitution: 0.0,
        }
    }
}

/// How a body moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// By physics.
    Dynamic,
    /// By script; nothing pushes it.
    Kinematic,
}

/// A thing that moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The node's name.
    pub name: String,
    /// Where it is at first.
    pub pose: Pose,
    /// How it moves.
    pub motion: Motion,
    /// Unit: kilograms.
    pub mass: f32,
    /// What it is made of; never empty.
    pub colliders: Vec<Collider>,
}

impl Scene {
    /// The static world as the character step sees it; always in the same order.
    #[must_use]
    pub fn triangles(&self) -> Vec<Triangle> {
        let mut triangles = Vec::new();
        for collider in &self.statics {
            collider.shape.triangulate(&collider.pose, &mut triangles);
        }
        triangles
    }

    /// The entity of the body with this index in [`Scene::bodies`].
    #[must_use]
    pub fn entity(index: usize) -> EntityId {
        EntityId::of_body(index as u32)
    }
}

/// Reads a GLB.
///
/// # Errors
/// [`SceneError`] with the node and the rule, for anything that is not a world within [`limits`].
pub fn read(glb: &[u8]) -> Result<Scene, SceneError> {
    read::read(glb)
}
