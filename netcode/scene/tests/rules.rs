//! What is read, and what is refused by which rule.

mod common;

use common::{document, glb, tetrahedron};
use otherworld_core::vec3::vec3;
use otherworld_core::world::World;
use otherworld_scene::{Motion, Rule, SceneError, Shape, limits, read};
use serde_json::{Value, json};

fn changed(pointer: &str, value: Value) -> Result<otherworld_scene::Scene, SceneError> {
    let mut document = document();
    match document.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = value;
        }
    }
    read(&glb(&document, &tetrahedron()))
}

/// The rule and the node that this change breaks.
fn broken(pointer: &str, value: Value) -> (&'static str, String) {
    let error = changed(pointer, value).expect_err(pointer);
    println!("{error}");
    (error.rule.id(), error.node.unwrap_or_default())
}

#[test]
fn one_of_everything() {
    let scene = read(&glb(&document(), &tetrahedron())).unwrap();
    let statics: Vec<_> = scene.statics.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(statics, ["wall", "rock", "pillar"]);
    let wall = &scene.statics[0];
    // The root turns +x to -z, doubles, and stands at x = 10.
    assert!((wall.pose.position - vec3(10.0, 0.0, -2.0)).length() < 1e-5);
    assert_eq!(
        wall.shape,
        Shape::Box {
            size: vec3(4.0, 4.0, 12.0)
        }
    );
    assert_eq!(
        (wall.material.friction, wall.material.restitution),
        (0.6, 0.0)
    );
    assert_eq!(
        scene.statics[2].shape,
        Shape::Cylinder {
            radius: 0.5,
            height: 2.0
        }
    );

    let [ball, chair] = &scene.bodies[..] else {
        panic!("{:?}", scene.bodies)
    };
    assert_eq!(
        (ball.name.as_str(), ball.motion, ball.mass),
        ("ball", Motion::Dynamic, 0.5)
    );
    assert!((ball.pose.position - vec3(10.0, 2.0, 0.0)).length() < 1e-5);
    assert_eq!(ball.colliders[0].shape, Shape::Sphere { radius: 0.5 });
    assert_eq!(ball.colliders[0].pose.position, vec3(0.0, 0.0, 0.0));
    let material = ball.colliders[0].material;
    assert_eq!((material.friction, material.restitution), (0.5, 0.75));
    assert_eq!(
        (chair.motion, chair.mass, chair.colliders.len()),
        (Motion::Kinematic, 1.0, 2)
    );
    assert_eq!(chair.colliders[0].pose.position, vec3(0.0, 0.5, 0.0));
    let Shape::Convex { points, triangles } = &chair.colliders[0].shape else {
        panic!("{:?}", chair.colliders[0])
    };
    assert_eq!((points.len(), triangles.len()), (4, 4));
    assert_eq!(
        chair.colliders[1].shape,
        Shape::Capsule {
            radius: 0.25,
            height: 2.0
        }
    );

    assert_eq!(scene.spawns[0].pose.position, vec3(1.0, 0.0, 2.0));
    assert_eq!(
        scene.marker.as_ref().unwrap().pose.position,
        vec3(0.0, 0.0, 1.0)
    );
    assert!(scene.quad_plane.is_some());
    // Box, tetrahedron, and a cylinder with 16 sides.
    assert_eq!(scene.triangles().len(), 12 + 4 + 64);
    World::build(&scene.triangles()).unwrap();
}

#[test]
fn the_same_bytes_are_the_same_world() {
    let hash = || {
        let scene = read(&glb(&document(), &tetrahedron())).unwrap();
        World::build(&scene.triangles()).unwrap().hash()
    };
    assert_eq!(hash(), hash());
    let moved = changed("/nodes/6/translation", json!([0.0, 0.001, 0.0])).unwrap();
    assert_ne!(World::build(&moved.triangles()).unwrap().hash(), hash());
}

#[test]
fn sc1_what_is_not_a_glb_is_refused() {
    for bytes in [&b""[..], b"glTF", b"{}", &[0; 64]] {
        let error = read(bytes).unwrap_err();
        assert_eq!((error.rule.id(), error.node), ("SC1", None));
    }
    let whole = glb(&document(), &tetrahedron());
    assert_eq!(
        read(&whole[..whole.len() - 30]).unwrap_err().rule.id(),
        "SC1"
    );
    assert_eq!(broken("/scenes", json!([])).0, "SC1");
    assert_eq!(broken("/scene", json!(1)).0, "SC1");
    assert_eq!(broken("/nodes/0/children", json!([99])).0, "SC1");
    assert_eq!(
        broken(
            "/buffers",
            json!([{"byteLength": 72}, {"byteLength": 4, "uri": "data:,"}])
        )
        .0,
        "SC1"
    );
}

#[test]
fn sc2_counts_have_limits() {
    let mut chain = document();
    let depth = limits::DEPTH + 2;
    chain["nodes"] = (0..depth)
        .map(|k| {
            if k + 1 < depth {
                json!({"children": [k + 1]})
            } else {
                json!({})
            }
        })
        .collect();
    chain["scenes"] = json!([{"nodes": [0]}]);
    let error = read(&glb(&chain, &tetrahedron())).unwrap_err();
    assert_eq!(error.rule, Rule::TooMany("levels of nodes", limits::DEPTH));
    let mut crowd = document();
    let body = json!({"extensions": {"OMI_physics_body": {"motion": {"type": "dynamic"}, "collider": {"shape": 1}}}});
    crowd["nodes"] = Value::Array(vec![body; limits::BODIES + 1]);
    crowd["scenes"] = json!([{"nodes": (0..=limits::BODIES).collect::<Vec<_>>()}]);
    let error = read(&glb(&crowd, &tetrahedron())).unwrap_err();
    assert_eq!(
        error.rule,
        Rule::TooMany("bodies that move", limits::BODIES)
    );
}

#[test]
fn sc3_nodes_are_a_tree() {
    assert_eq!(
        broken("/nodes/6/children", json!([6])),
        ("SC3", "rock".into())
    );
    assert_eq!(
        broken("/nodes/8/children", json!([9])),
        ("SC3", "marker".into())
    );
}

#[test]
fn sc4_places_are_in_the_world() {
    assert_eq!(
        broken("/nodes/6/translation", json!([511.5, 0, 0])),
        ("SC4", "rock".into())
    );
    assert_eq!(
        broken("/nodes/8/translation", json!([0, 1e30, 0])),
        ("SC4", "spawn_1".into())
    );
    assert_eq!(
        broken("/nodes/8/rotation", json!([0, 0, 0, 0])),
        ("SC4", "spawn_1".into())
    );
}

#[test]
fn sc5_scales_are_positive_and_uniform_where_it_matters() {
    assert_eq!(
        broken("/nodes/1/scale", json!([1, -1, 1])),
        ("SC5", "wall".into())
    );
    assert_eq!(
        broken("/nodes/2/scale", json!([1, 2, 1])),
        ("SC5", "ball".into())
    );
    // A turned child of a stretched node would be sheared.
    let mut document = document();
    document["nodes"][0]["scale"] = json!([1, 2, 1]);
    document["nodes"][1]["rotation"] = json!([0, 0.6, 0, 0.8]);
    let error = read(&glb(&document, &tetrahedron())).unwrap_err();
    assert_eq!((error.rule, error.node), (Rule::Scale, Some("wall".into())));
}

#[test]
fn sc6_the_extensions_json_is_checked() {
    let collider = "/nodes/1/extensions/OMI_physics_body/collider";
    for value in [
        json!({"shape": 6}),
        json!({"shape": "0"}),
        json!({"shape": -1}),
        json!({}),
        json!(7),
        json!({"shape": 0, "physicsMaterial": 1}),
    ] {
        assert_eq!(broken(collider, value), ("SC6", "wall".into()));
    }
    let shape = "/extensions/OMI_physics_shape/shapes/0";
    for value in [
        json!({"type": "torus"}),
        json!({}),
        json!({"type": "box", "box": {"size": [1, 2]}}),
        json!({"type": "box", "box": {"size": "big"}}),
    ] {
        assert_eq!(broken(shape, value), ("SC6", "wall".into()));
    }
    let tapered = json!({"type": "capsule", "capsule": {"radiusTop": 0.25}});
    assert_eq!(
        broken("/extensions/OMI_physics_shape/shapes/2", tapered),
        ("SC6", "leg".into())
    );
    let motion = "/nodes/2/extensions/OMI_physics_body/motion/type";
    assert_eq!(broken(motion, json!("floating")), ("SC6", "ball".into()));
    let material = "/extensions/OMI_physics_body/physicsMaterials/0/restitution";
    assert_eq!(broken(material, json!(1.5)), ("SC6", "ball".into()));
}

#[test]
fn sc7_sizes_are_sane() {
    let size = "/extensions/OMI_physics_shape/shapes/0/box/size";
    for value in [json!([0, 1, 1]), json!([1, -1, 1]), json!([1, 1, 2000])] {
        assert_eq!(broken(size, value), ("SC7", "wall".into()));
    }
    let radius = "/extensions/OMI_physics_shape/shapes/1/sphere/radius";
    assert_eq!(broken(radius, json!(1e-9)), ("SC7", "ball".into()));
}

#[test]
fn sc8_meshes_lie_inside_their_buffer() {
    assert_eq!(broken("/accessors/1/count", json!(15)).0, "SC8");
    assert_eq!(broken("/accessors/0/byteOffset", json!(4)).0, "SC8");
    assert_eq!(broken("/bufferViews/0/byteLength", json!(47)).0, "SC8");
    assert_eq!(broken("/bufferViews/0/byteStride", json!(252)).0, "SC8");
    assert_eq!(
        broken("/bufferViews/1/byteOffset", json!(u64::MAX / 2)).0,
        "SC8"
    );
    assert_eq!(broken("/accessors/0/componentType", json!(5123)).0, "SC8");
    assert_eq!(broken("/accessors/1/componentType", json!(5126)).0, "SC8");
    assert_eq!(broken("/accessors/0/count", json!(3)).0, "SC8");
    assert_eq!(broken("/meshes/0/primitives/0/mode", json!(1)).0, "SC8");
    let mesh = "/extensions/OMI_physics_shape/shapes/5/trimesh/mesh";
    assert_eq!(broken(mesh, json!(1)), ("SC8", "rock".into()));
    assert_eq!(broken(mesh, json!(-1)), ("SC8", "rock".into()));
}

#[test]
fn sc9_what_moves_has_a_convex_shape_and_a_mass() {
    let body = "/nodes/2/extensions/OMI_physics_body";
    assert_eq!(
        broken(&format!("{body}/motion/mass"), json!(0)),
        ("SC9", "ball".into())
    );
    assert_eq!(
        broken(&format!("{body}/collider/shape"), json!(5)),
        ("SC9", "ball".into())
    );
    assert_eq!(
        broken(body, json!({"motion": {"type": "dynamic"}})),
        ("SC9", "ball".into())
    );
}

#[test]
fn a_matrix_is_as_good_as_its_parts() {
    let parts = |rotation: [f64; 4]| {
        let mut document = document();
        document["nodes"][1] = json!({"translation": [1, 2, 3], "rotation": rotation, "scale": [2, 2, 2],
            "extensions": {"OMI_physics_body": {"collider": {"shape": 0}}}});
        document
    };
    let columns = |[x, y, z, w]: [f64; 4]| {
        [
            [
                1.0 - 2.0 * (y * y + z * z),
                2.0 * (x * y + z * w),
                2.0 * (x * z - y * w),
            ],
            [
                2.0 * (x * y - z * w),
                1.0 - 2.0 * (x * x + z * z),
                2.0 * (y * z + x * w),
            ],
            [
                2.0 * (x * z + y * w),
                2.0 * (y * z - x * w),
                1.0 - 2.0 * (x * x + y * y),
            ],
        ]
    };
    for rotation in [
        [0.5, 0.5, 0.5, 0.5],
        [0.8, 0.6, 0.0, 0.0],
        [0.0, 0.8, 0.0, 0.6],
        [0.0, 0.6, 0.8, 0.0],
        [0.1, -0.5, 0.7, 0.5],
    ] {
        let mut with_matrix = parts(rotation);
        let [x, y, z] = columns(rotation).map(|c| c.map(|part| part * 2.0));
        let matrix = json!([
            x[0], x[1], x[2], 0, y[0], y[1], y[2], 0, z[0], z[1], z[2], 0, 1, 2, 3, 1
        ]);
        with_matrix["nodes"][1] = json!({"matrix": matrix, "extensions": {"OMI_physics_body": {"collider": {"shape": 0}}}});
        let triangles =
            |document: &Value| read(&glb(document, &tetrahedron())).unwrap().triangles();
        let (by_matrix, by_parts) = (triangles(&with_matrix), triangles(&parts(rotation)));
        for (a, b) in by_matrix.iter().flatten().zip(by_parts.iter().flatten()) {
            assert!((*a - *b).length() < 1e-4, "{rotation:?}");
        }
    }
    let mirrored = json!([-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    assert_eq!(broken("/nodes/6/matrix", mirrored), ("SC5", "rock".into()));
}
