//! A GLB from its document and its buffer, and a small world to start from.
#![allow(dead_code)]

use core::f32::consts::FRAC_1_SQRT_2 as HALF;
use serde_json::{Value, json};

pub fn glb(document: &Value, buffer: &[u8]) -> Vec<u8> {
    let json = padded(document.to_string().into_bytes(), b' ');
    let binary = padded(buffer.to_vec(), 0);
    let mut bytes = Vec::new();
    let word = |bytes: &mut Vec<u8>, value: usize| {
        bytes.extend_from_slice(&(value as u32).to_le_bytes());
    };
    bytes.extend_from_slice(b"glTF");
    word(&mut bytes, 2);
    word(&mut bytes, 12 + 8 + json.len() + 8 + binary.len());
    word(&mut bytes, json.len());
    bytes.extend_from_slice(b"JSON");
    bytes.extend_from_slice(&json);
    word(&mut bytes, binary.len());
    bytes.extend_from_slice(b"BIN\0");
    bytes.extend_from_slice(&binary);
    bytes
}

fn padded(mut bytes: Vec<u8>, filler: u8) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), filler);
    bytes
}

/// A tetrahedron: four corners as `f32`, then twelve indices as `u16`.
pub fn tetrahedron() -> Vec<u8> {
    let corners: [[f32; 3]; 4] = [
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
    ];
    let indices: [u16; 12] = [0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3];
    let corners = corners.as_flattened().iter().flat_map(|c| c.to_le_bytes());
    corners
        .chain(indices.iter().flat_map(|i| i.to_le_bytes()))
        .collect()
}

/// A world with one of everything; see the asserts of `one_of_everything`.
pub fn document() -> Value {
    json!({
        "asset": {"version": "2.0"},
        "extensionsUsed": ["OMI_physics_shape", "OMI_physics_body"],
        "buffers": [{"byteLength": 72}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 48},
            {"buffer": 0, "byteOffset": 48, "byteLength": 24},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0.0, 0.0, 0.0], "max": [1.0, 1.0, 1.0]},
            {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "extensions": {
            "OMI_physics_shape": {"shapes": [
                {"type": "box", "box": {"size": [2.0, 4.0, 6.0]}},
                {"type": "sphere", "sphere": {"radius": 0.25}},
                {"type": "capsule", "capsule": {"height": 1.5, "radiusTop": 0.25, "radiusBottom": 0.25}},
                {"type": "cylinder", "cylinder": {}},
                {"type": "convex", "convex": {"mesh": 0}},
                {"type": "trimesh", "trimesh": {"mesh": 0}},
            ]},
            "OMI_physics_body": {"physicsMaterials": [{"staticFriction": 0.9, "dynamicFriction": 0.5, "restitution": 0.75}]},
        },
        "nodes": [
            {"name": "root", "translation": [10.0, 0.0, 0.0], "rotation": [0.0, HALF, 0.0, HALF], "scale": [2.0, 2.0, 2.0], "children": [1, 2]},
            {"name": "wall", "translation": [1.0, 0.0, 0.0], "scale": [1.0, 0.5, 1.0], "extensions": {"OMI_physics_body": {"collider": {"shape": 0}}}},
            {"name": "ball", "translation": [0.0, 1.0, 0.0], "extensions": {"OMI_physics_body": {
                "motion": {"type": "dynamic", "mass": 0.5}, "collider": {"shape": 1, "physicsMaterial": 0}}}},
            {"name": "chair", "extensions": {"OMI_physics_body": {"motion": {"type": "kinematic"}}}, "children": [4, 5]},
            {"name": "seat", "translation": [0.0, 0.5, 0.0], "extensions": {"OMI_physics_body": {"collider": {"shape": 4}}}},
            {"name": "leg", "extensions": {"OMI_physics_body": {"collider": {"shape": 2}}}},
            {"name": "rock", "extensions": {"OMI_physics_body": {"collider": {"shape": 5}}}},
            {"name": "pillar", "translation": [-5.0, 1.0, 0.0], "extensions": {"OMI_physics_body": {"motion": {"type": "static"}, "collider": {"shape": 3}}}},
            {"name": "spawn_1", "translation": [1.0, 0.0, 2.0]},
            {"name": "marker", "translation": [0.0, 0.0, 1.0]},
            {"name": "quad_plane"},
            {"name": "gate", "extensions": {"OMI_physics_body": {"trigger": {"shape": 0}}}},
        ],
        "scenes": [{"nodes": [0, 3, 6, 7, 8, 9, 10, 11]}],
        "scene": 0,
    })
}
