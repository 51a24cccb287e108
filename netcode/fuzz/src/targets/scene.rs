//! A world's file: it is a world within its limits that can be built, the same each time, or it is refused.

use otherworld_core::world::World;
use otherworld_core::{Vec3, vec3::vec3};
use otherworld_scene::{Collider, Pose, Scene, Shape, limits, read};
use serde_json::Value;

/// The bytes as they are.
pub fn check_file(bytes: &[u8]) -> bool {
    let result = read(bytes);
    assert_eq!(read(bytes), result, "the same bytes are the same world");
    let Ok(scene) = result else {
        return false;
    };
    check_scene(&scene);
    check_tree(bytes, &scene);
    true
}

/// A document, a zero byte and a buffer, put into a container: what is changed in the document needs no other length.
pub fn check_document(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (document, buffer) = bytes.split_at(end.unwrap_or(bytes.len()));
    check_file(&container(document, buffer.get(1..).unwrap_or_default()))
}

fn container(document: &[u8], buffer: &[u8]) -> Vec<u8> {
    let chunks = [(document, b"JSON", b' '), (buffer, b"BIN\0", 0)];
    let total: usize = 12
        + chunks
            .iter()
            .map(|c| 8 + c.0.len().next_multiple_of(4))
            .sum::<usize>();
    let mut file = b"glTF\x02\0\0\0".to_vec();
    file.extend_from_slice(&(total as u32).to_le_bytes());
    for (bytes, kind, filler) in chunks {
        let length = bytes.len().next_multiple_of(4);
        file.extend_from_slice(&(length as u32).to_le_bytes());
        file.extend_from_slice(kind);
        file.extend_from_slice(bytes);
        file.resize(file.len() + length - bytes.len(), filler);
    }
    file
}

/// No node of the document was walked twice.
fn check_tree(file: &[u8], scene: &Scene) {
    let json =
        &file[20..20 + u32::from_le_bytes([file[12], file[13], file[14], file[15]]) as usize];
    // What the reader skips may be no text.
    let Ok(document) = serde_json::from_slice::<Value>(json) else {
        return;
    };
    let nodes = document["nodes"].as_array().map_or(0, Vec::len);
    let moving: usize = scene.bodies.iter().map(|body| body.colliders.len()).sum();
    assert!(scene.statics.len() + moving <= nodes && scene.spawns.len() <= nodes);
}

fn check_scene(scene: &Scene) {
    assert!(scene.bodies.len() <= limits::BODIES);
    let moving = scene.bodies.iter().flat_map(|body| &body.colliders);
    assert!(scene.statics.len() + moving.clone().count() <= limits::COLLIDERS);
    scene.statics.iter().for_each(check_collider);
    moving.for_each(check_collider);
    for body in &scene.bodies {
        assert!(!body.colliders.is_empty());
        assert!((limits::LIGHTEST..=limits::HEAVIEST).contains(&body.mass));
        check_pose(&body.pose);
    }
    let places = scene
        .spawns
        .iter()
        .chain(&scene.marker)
        .chain(&scene.quad_plane);
    places.for_each(|place| check_pose(&place.pose));
    let triangles = scene.triangles();
    assert!(triangles.len() <= limits::TRIANGLES);
    if let Ok(world) = World::build(&triangles) {
        assert_eq!(
            world.hash(),
            World::build(&triangles).map_or(0, |again| again.hash())
        );
    }
}

fn check_pose(pose: &Pose) {
    assert!(pose.position.is_finite() && pose.rotation.iter().all(|part| part.is_finite()));
}

fn check_collider(collider: &Collider) {
    check_pose(&collider.pose);
    let sizes = match &collider.shape {
        Shape::Box { size } => vec![*size],
        Shape::Sphere { radius } => vec![vec3(*radius, *radius, *radius)],
        Shape::Capsule { radius, height } | Shape::Cylinder { radius, height } => {
            vec![vec3(*radius, *height, *radius)]
        }
        Shape::Convex { points, .. } => return points.iter().for_each(check_point),
        Shape::Trimesh { triangles } => {
            return triangles.as_flattened().iter().for_each(check_point);
        }
    };
    for size in sizes {
        let all = [size.x, size.y, size.z];
        assert!(
            all.iter().all(|edge| edge.is_finite() && *edge > 0.0),
            "{all:?}"
        );
    }
}

fn check_point(point: &Vec3) {
    assert!(point.is_finite(), "{point:?}");
}
