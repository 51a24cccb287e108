//! The scene's shapes in Godot's words.

use godot::classes::PhysicsServer3D;
use godot::prelude::*;
use otherworld_core::world::Triangle;
use otherworld_scene::{Pose, Shape};

use super::to_godot;

/// Makes a shape; the caller frees it.
pub fn make_shape(server: &mut Gd<PhysicsServer3D>, shape: &Shape) -> Rid {
    let (rid, data) = match shape {
        Shape::Box { size } => (
            server.box_shape_create(),
            to_godot(*size * 0.5).to_variant(),
        ),
        Shape::Sphere { radius } => (server.sphere_shape_create(), radius.to_variant()),
        Shape::Capsule { radius, height } => {
            (server.capsule_shape_create(), upright(*radius, *height))
        }
        Shape::Cylinder { radius, height } => {
            (server.cylinder_shape_create(), upright(*radius, *height))
        }
        Shape::Convex { points, .. } => {
            let points: PackedVector3Array = points.iter().copied().map(to_godot).collect();
            (server.convex_polygon_shape_create(), points.to_variant())
        }
        Shape::Trimesh { triangles } => (server.concave_polygon_shape_create(), faces(triangles)),
    };
    server.shape_set_data(rid, &data);
    rid
}

fn upright(radius: f32, height: f32) -> Variant {
    let mut data = VarDictionary::new();
    data.set("radius", radius);
    data.set("height", height);
    data.to_variant()
}

/// Godot's front faces turn clockwise, glTF's counter-clockwise.
fn faces(triangles: &[Triangle]) -> Variant {
    let corners = triangles.iter().flat_map(|&[a, b, c]| [a, c, b]);
    let faces: PackedVector3Array = corners.map(to_godot).collect();
    let mut data = VarDictionary::new();
    data.set("faces", &faces);
    data.set("backface_collision", true);
    data.to_variant()
}

/// The same pose in Godot's words.
pub fn transform(pose: &Pose) -> Transform3D {
    let [x, y, z, w] = pose.rotation;
    let basis = Basis::from_quaternion(Quaternion::new(x, y, z, w));
    Transform3D::new(basis, to_godot(pose.position))
}
