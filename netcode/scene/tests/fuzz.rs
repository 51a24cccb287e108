//! Bytes from strangers: whatever they are, the answer is a world within its limits or an error, and never a panic.

mod common;

use common::{document, glb, tetrahedron};
use otherworld_core::world::World;
use otherworld_scene::{limits, read};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What is read is a world that can be built.
fn check(bytes: &[u8]) {
    if let Ok(scene) = read(bytes) {
        assert!(scene.bodies.len() <= limits::BODIES);
        assert!(scene.bodies.iter().all(|body| !body.colliders.is_empty()));
        let triangles = scene.triangles();
        assert!(triangles.len() <= limits::TRIANGLES);
        let _ = World::build(&triangles);
    }
}

/// Every place in a document where a value could be another one.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), out)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(k, value)| pointers(value, &format!("{at}/{k}"), out)),
        _ => {}
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let numbers = prop::sample::select(vec![
        json!(-1),
        json!(0),
        json!(1),
        json!(3),
        json!(70),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e-45),
        json!(3.5e38),
        json!(-1e300),
        json!(5121),
        json!(5123),
        json!(5125),
        json!(5126),
    ]);
    let others = prop::sample::select(vec![
        json!(null),
        json!(""),
        json!("convex"),
        json!("VEC3"),
        json!([]),
        json!({}),
        json!([0, 0, 0]),
        json!([1e20, 1, 1]),
        json!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ]);
    prop_oneof![numbers, others]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn documents_with_other_values(changes in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 1..5)) {
        let mut document = document();
        for (at, value) in changes {
            let mut all = Vec::new();
            pointers(&document, "", &mut all);
            *document.pointer_mut(&all[at.index(all.len())]).unwrap() = value;
        }
        check(&glb(&document, &tetrahedron()));
    }

    #[test]
    fn files_with_other_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>()) {
        let mut bytes = glb(&document(), &tetrahedron());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        check(&bytes);
        check(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn buffers_with_other_numbers(buffer in prop::collection::vec(any::<u8>(), 0..96)) {
        check(&glb(&document(), &buffer));
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn any_header(lengths in prop::array::uniform3(any::<u32>()), small in 0u32..100, body in prop::collection::vec(any::<u8>(), 0..60)) {
        let [total, json, binary] = lengths;
        let mut bytes = b"glTF\x02\0\0\0".to_vec();
        for (length, kind) in [(total, &b""[..]), (json, b"JSON"), (binary.min(small), b"BIN\0")] {
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(kind);
        }
        bytes.extend_from_slice(&body);
        check(&bytes);
    }
}
