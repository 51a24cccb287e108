//! The container of a GLB and the parts of its document that make a world.
//!
//! Tried and dropped: crate `gltf` 1.4.1, whose validation panics on an accessor index past its list (found by
//! `tests/fuzz.rs` within a second) and whose readers trust offsets. These bytes come from strangers and a panic ends the
//! instance, so only what is needed is parsed, by `serde_json`, and every index is looked up.

use crate::place::Local;
use crate::{Rule, limits};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;

/// The document of a glTF file; fields that are not here are skipped.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(crate) struct Document {
    pub scene: usize,
    pub scenes: Vec<SceneRoots>,
    pub nodes: Vec<Node>,
    pub meshes: Vec<Mesh>,
    pub accessors: Vec<Accessor>,
    pub buffer_views: Vec<BufferView>,
    pub buffers: Vec<Buffer>,
    pub extensions: DocumentExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DocumentExtensions {
    #[serde(rename = "OMI_physics_shape")]
    pub physics_shape: PhysicsShapes,
    #[serde(rename = "OMI_physics_body")]
    pub physics_body: PhysicsResources,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PhysicsShapes {
    pub shapes: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PhysicsResources {
    pub physics_materials: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SceneRoots {
    pub nodes: Vec<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Node {
    pub name: Option<String>,
    pub children: Vec<usize>,
    pub matrix: Option<[f32; 16]>,
    pub translation: Option<[f32; 3]>,
    pub rotation: Option<[f32; 4]>,
    pub scale: Option<[f32; 3]>,
    pub extensions: NodeExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NodeExtensions {
    #[serde(rename = "OMI_physics_body")]
    pub physics_body: Option<Value>,
    #[serde(rename = "OMI_spawn_point")]
    pub spawn_point: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Mesh {
    pub primitives: Vec<Primitive>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Primitive {
    #[serde(default)]
    pub attributes: BTreeMap<String, usize>,
    pub indices: Option<usize>,
    pub mode: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accessor {
    pub buffer_view: Option<usize>,
    #[serde(default)]
    pub byte_offset: usize,
    pub component_type: u32,
    pub count: usize,
    #[serde(rename = "type")]
    pub kind: String,
    pub sparse: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BufferView {
    pub buffer: usize,
    #[serde(default)]
    pub byte_offset: usize,
    pub byte_length: usize,
    pub byte_stride: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Buffer {
    pub uri: Option<IgnoredAny>,
}

impl Node {
    /// Where the node is in its parent, in either of glTF's two ways to say it.
    pub fn local(&self) -> Result<Local, Rule> {
        match self.matrix {
            Some(matrix) => Local::from_matrix(&matrix),
            None => Ok(Local {
                translation: self.translation.unwrap_or_default(),
                rotation: self.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]),
                scale: self.scale.unwrap_or([1.0; 3]),
            }),
        }
    }
}

/// Splits a GLB into its document and its buffer.
pub(crate) fn parse(glb: &[u8]) -> Result<(Document, &[u8]), Rule> {
    let wrong = |what: &str| Rule::Glb(what.to_owned());
    let header = glb.get(..12).ok_or_else(|| wrong("no header"))?;
    if &header[..4] != b"glTF" || word(header, 4) != 2 {
        return Err(wrong("not glTF 2 in a binary container"));
    }
    let body = glb
        .get(12..word(header, 8))
        .ok_or_else(|| wrong("it is cut off"))?;
    let (json, rest) = chunk(body, b"JSON").ok_or_else(|| wrong("no JSON chunk"))?;
    if json.len() > limits::JSON_BYTES {
        return Err(Rule::TooMany("bytes of JSON", limits::JSON_BYTES));
    }
    let document: Document =
        serde_json::from_slice(json).map_err(|error| Rule::Glb(error.to_string()))?;
    if document.buffers.len() > 1 || document.buffers.iter().any(|b| b.uri.is_some()) {
        return Err(wrong("its buffer is not inside"));
    }
    let buffer = chunk(rest, b"BIN\0").map_or(&[][..], |(buffer, _)| buffer);
    Ok((document, buffer))
}

/// The chunk that `bytes` begin with, when it is of this kind, and what follows.
fn chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<(&'a [u8], &'a [u8])> {
    let (header, rest) = bytes.split_at_checked(8)?;
    if &header[4..] != kind {
        return None;
    }
    rest.split_at_checked(word(header, 0))
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}
