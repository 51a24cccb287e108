//! From the document to the scene: walk the nodes, compose their places, read what their extensions say.

use crate::accessor;
use crate::place::{Frame, is_inside, is_uniform, scaled};
use crate::{
    Body, Collider, Material, Motion, Place, Pose, Rule, Scene, SceneError, Shape, limits,
};
use gltf::{Document, Node};
use otherworld_core::Vec3;
use serde_json::Value;

pub(crate) fn read(glb: &[u8]) -> Result<Scene, SceneError> {
    if glb.len() > limits::BYTES {
        return Err(Rule::TooMany("bytes", limits::BYTES).of_file());
    }
    let gltf = gltf::Gltf::from_slice(glb).map_err(|e| Rule::Glb(e.to_string()).of_file())?;
    let mut reader = Reader {
        shapes: extension_list(&gltf.document, "OMI_physics_shape", "shapes"),
        materials: extension_list(&gltf.document, "OMI_physics_body", "physicsMaterials"),
        blob: gltf.blob.as_deref().unwrap_or_default(),
        document: &gltf.document,
        visited: vec![false; gltf.document.nodes().len()],
        colliders: 0,
        triangles: 0,
        scene: Scene::default(),
    };
    reader.read_document()?;
    Ok(reader.scene)
}

fn extension_list<'a>(document: &'a Document, extension: &str, list: &str) -> &'a [Value] {
    document
        .extension_value(extension)
        .and_then(|value| value.get(list))
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

struct Reader<'a> {
    document: &'a Document,
    blob: &'a [u8],
    shapes: &'a [Value],
    materials: &'a [Value],
    visited: Vec<bool>,
    colliders: usize,
    triangles: usize,
    scene: Scene,
}

/// The moving body that a node belongs to: its index, and the frame that its colliders are relative to.
#[derive(Clone, Copy)]
struct Owner {
    body: usize,
    frame: Frame,
}

impl Reader<'_> {
    fn read_document(&mut self) -> Result<(), SceneError> {
        let document = self.document;
        let buffers = document.buffers().len();
        if buffers > 1 {
            return Err(Rule::Glb(format!("{buffers} buffers, not one")).of_file());
        }
        if self.visited.len() > limits::NODES {
            return Err(Rule::TooMany("nodes", limits::NODES).of_file());
        }
        let scene = document
            .default_scene()
            .or_else(|| document.scenes().next())
            .ok_or_else(|| Rule::Glb("no scene".into()).of_file())?;
        for node in scene.nodes() {
            self.walk(&node, Frame::WORLD, None, 1)?;
        }
        match self.scene.bodies.iter().find(|b| b.colliders.is_empty()) {
            None => Ok(()),
            Some(body) => Err(SceneError {
                node: Some(body.name.clone()),
                rule: Rule::Body("it moves and has no collider"),
            }),
        }
    }

    fn walk(
        &mut self,
        node: &Node<'_>,
        outer: Frame,
        owner: Option<Owner>,
        depth: usize,
    ) -> Result<(), SceneError> {
        let blame = |rule| SceneError {
            node: Some(name_of(node)),
            rule,
        };
        if depth > limits::DEPTH {
            return Err(blame(Rule::TooMany("levels of nodes", limits::DEPTH)));
        }
        if std::mem::replace(&mut self.visited[node.index()], true) {
            return Err(blame(Rule::NotATree));
        }
        let frame = outer.child(node.transform().decomposed()).map_err(blame)?;
        self.note_place(node, &frame);
        let owner = match node.extension_value("OMI_physics_body") {
            Some(body) => self.read_body(node, body, frame, owner).map_err(blame)?,
            None => owner,
        };
        for child in node.children() {
            self.walk(&child, frame, owner, depth + 1)?;
        }
        Ok(())
    }

    fn note_place(&mut self, node: &Node<'_>, frame: &Frame) {
        let name = name_of(node);
        let pose = frame.pose;
        if name.starts_with("spawn") || node.extension_value("OMI_spawn_point").is_some() {
            self.scene.spawns.push(Place { name, pose });
        } else if name == "marker" {
            self.scene.marker = Some(Place { name, pose });
        } else if name == "quad_plane" {
            self.scene.quad_plane = Some(Place { name, pose });
        }
    }

    /// Reads a node's `OMI_physics_body` and returns whose colliders its children are.
    fn read_body(
        &mut self,
        node: &Node<'_>,
        body: &Value,
        frame: Frame,
        owner: Option<Owner>,
    ) -> Result<Option<Owner>, Rule> {
        let owner = match body.get("motion") {
            Some(motion) => self.read_motion(node, motion, frame)?,
            None => owner,
        };
        if let Some(collider) = body.get("collider") {
            self.read_collider(node, collider, frame, owner)?;
        }
        Ok(owner)
    }

    fn read_motion(
        &mut self,
        node: &Node<'_>,
        motion: &Value,
        frame: Frame,
    ) -> Result<Option<Owner>, Rule> {
        let motion_type = match motion.get("type").and_then(Value::as_str) {
            Some("static") => return Ok(None),
            Some("dynamic") => Motion::Dynamic,
            Some("kinematic") => Motion::Kinematic,
            _ => return Err(Rule::Extension("its motion type is unknown")),
        };
        let mass = number(motion, "mass", 1.0)?;
        if !(limits::LIGHTEST..=limits::HEAVIEST).contains(&mass) {
            return Err(Rule::Body("its mass is out of bounds"));
        }
        if self.scene.bodies.len() == limits::BODIES {
            return Err(Rule::TooMany("bodies that move", limits::BODIES));
        }
        self.scene.bodies.push(Body {
            name: name_of(node),
            pose: frame.pose,
            motion: motion_type,
            mass,
            colliders: Vec::new(),
        });
        let body = self.scene.bodies.len() - 1;
        Ok(Some(Owner { body, frame }))
    }

    fn read_collider(
        &mut self,
        node: &Node<'_>,
        collider: &Value,
        frame: Frame,
        owner: Option<Owner>,
    ) -> Result<(), Rule> {
        self.colliders += 1;
        if self.colliders > limits::COLLIDERS {
            return Err(Rule::TooMany("colliders", limits::COLLIDERS));
        }
        let shape = self.read_shape(collider, frame.scale)?;
        let material = self.read_material(collider)?;
        let name = name_of(node);
        let pose = match owner {
            None => frame.pose,
            Some(owner) => relative(&owner.frame.pose, &frame.pose),
        };
        let collider = Collider {
            name,
            pose,
            shape,
            material,
        };
        match owner {
            None => {
                self.check_static(&collider)?;
                self.scene.statics.push(collider);
            }
            Some(_) if matches!(collider.shape, Shape::Trimesh { .. }) => {
                return Err(Rule::Body("it moves and its collider is a trimesh"));
            }
            Some(owner) => self.scene.bodies[owner.body].colliders.push(collider),
        }
        Ok(())
    }

    /// What the world will be built of: inside its bounds, and not too much.
    fn check_static(&mut self, collider: &Collider) -> Result<(), Rule> {
        let mut triangles = Vec::new();
        collider.shape.triangulate(&collider.pose, &mut triangles);
        self.triangles += triangles.len();
        if self.triangles > limits::TRIANGLES {
            return Err(Rule::TooMany("static triangles", limits::TRIANGLES));
        }
        let inside = triangles.iter().flatten().all(|&corner| is_inside(corner));
        inside.then_some(()).ok_or(Rule::Place)
    }

    fn read_shape(&self, collider: &Value, scale: Vec3) -> Result<Shape, Rule> {
        let shape = listed(self.shapes, collider, "shape")?
            .ok_or(Rule::Extension("its collider has no shape"))?;
        let kind = shape.get("type").and_then(Value::as_str).unwrap_or("");
        let empty = Value::Object(serde_json::Map::new());
        let fields = shape.get(kind).unwrap_or(&empty);
        match kind {
            "box" => {
                let size = scaled(vector(fields, "size", [1.0; 3])?, scale);
                for edge in [size.x, size.y, size.z] {
                    checked_size(edge, "size")?;
                }
                Ok(Shape::Box { size })
            }
            "sphere" => Ok(Shape::Sphere {
                radius: length(fields, "radius", 0.5, scale)?,
            }),
            "capsule" => {
                let radius = radius(fields, scale)?;
                let middle = length(fields, "height", 1.0, scale)?;
                let height = middle + 2.0 * radius;
                Ok(Shape::Capsule { radius, height })
            }
            "cylinder" => Ok(Shape::Cylinder {
                radius: radius(fields, scale)?,
                height: length(fields, "height", 2.0, scale)?,
            }),
            "convex" => {
                let triangles = self.read_mesh(fields, scale)?;
                let points = corners(&triangles)?;
                Ok(Shape::Convex { triangles, points })
            }
            "trimesh" => Ok(Shape::Trimesh {
                triangles: self.read_mesh(fields, scale)?,
            }),
            _ => Err(Rule::Extension("its shape's type is unknown")),
        }
    }

    fn read_mesh(
        &self,
        fields: &Value,
        scale: Vec3,
    ) -> Result<Vec<otherworld_core::world::Triangle>, Rule> {
        let mesh = index(fields, "mesh")?
            .and_then(|mesh| self.document.meshes().nth(mesh))
            .ok_or(Rule::Mesh("it has no mesh"))?;
        let mut triangles = accessor::triangles(&mesh, self.blob)?;
        for corner in triangles.iter_mut().flatten() {
            *corner = scaled(*corner, scale);
            if !is_inside(*corner) {
                return Err(Rule::Place);
            }
        }
        Ok(triangles)
    }

    fn read_material(&self, collider: &Value) -> Result<Material, Rule> {
        let Some(material) = listed(self.materials, collider, "physicsMaterial")? else {
            return Ok(Material::default());
        };
        let friction = number(material, "dynamicFriction", 0.6)?;
        let restitution = number(material, "restitution", 0.0)?;
        if !(0.0..=10.0).contains(&friction) || !(0.0..=1.0).contains(&restitution) {
            return Err(Rule::Extension("its material's values are out of bounds"));
        }
        Ok(Material {
            friction,
            restitution,
        })
    }
}

fn name_of(node: &Node<'_>) -> String {
    match node.name() {
        Some(name) => name.to_owned(),
        None => format!("#{}", node.index()),
    }
}

/// `inner` as seen from `outer`, both in the world.
fn relative(outer: &Pose, inner: &Pose) -> Pose {
    let [x, y, z, w] = outer.rotation;
    let back = Pose {
        position: Vec3::ZERO,
        rotation: [-x, -y, -z, w],
    };
    back.then(&Pose {
        position: inner.position - outer.position,
        rotation: inner.rotation,
    })
}

/// Each corner once, in the order of their appearance.
fn corners(triangles: &[otherworld_core::world::Triangle]) -> Result<Vec<Vec3>, Rule> {
    let mut points: Vec<Vec3> = Vec::new();
    for &corner in triangles.iter().flatten() {
        if !points.contains(&corner) {
            if points.len() == limits::CONVEX_POINTS {
                return Err(Rule::TooMany(
                    "corners of a convex hull",
                    limits::CONVEX_POINTS,
                ));
            }
            points.push(corner);
        }
    }
    if points.len() < 4 {
        return Err(Rule::Mesh("its hull has less than four corners"));
    }
    Ok(points)
}

fn radius(fields: &Value, scale: Vec3) -> Result<f32, Rule> {
    let bottom = length(fields, "radiusBottom", 0.5, scale)?;
    let top = length(fields, "radiusTop", 0.5, scale)?;
    if bottom != top {
        return Err(Rule::Extension("tapered shapes are not supported"));
    }
    Ok(bottom)
}

/// A length of a round shape, scaled.
fn length(fields: &Value, key: &'static str, default: f32, scale: Vec3) -> Result<f32, Rule> {
    if !is_uniform(scale) {
        return Err(Rule::Scale);
    }
    checked_size(number(fields, key, default)? * scale.x, key)
}

fn checked_size(size: f32, what: &'static str) -> Result<f32, Rule> {
    let sane = (limits::SMALLEST..=limits::LARGEST).contains(&size);
    sane.then_some(size).ok_or(Rule::Size(what))
}

fn number(fields: &Value, key: &str, default: f32) -> Result<f32, Rule> {
    match fields.get(key) {
        None => Ok(default),
        Some(value) => value
            .as_f64()
            .map(|value| value as f32)
            .filter(|value| value.is_finite())
            .ok_or(Rule::Extension("a number is not one")),
    }
}

fn vector(fields: &Value, key: &str, default: [f32; 3]) -> Result<Vec3, Rule> {
    let Some(value) = fields.get(key) else {
        return Ok(Vec3::from(default));
    };
    let wrong = Rule::Extension("a vector is not three numbers");
    let Some([x, y, z]) = value.as_array().map(Vec::as_slice) else {
        return Err(wrong);
    };
    match (x.as_f64(), y.as_f64(), z.as_f64()) {
        (Some(x), Some(y), Some(z)) => Ok(Vec3::from([x as f32, y as f32, z as f32])),
        _ => Err(wrong),
    }
}

/// An index; a missing one and -1 mean none.
fn index(fields: &Value, key: &str) -> Result<Option<usize>, Rule> {
    match fields.get(key) {
        None => Ok(None),
        Some(value) if value.as_i64() == Some(-1) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(|index| Some(index as usize))
            .ok_or(Rule::Extension("an index is not a whole number")),
    }
}

fn listed<'a>(list: &'a [Value], fields: &Value, key: &str) -> Result<Option<&'a Value>, Rule> {
    match index(fields, key)? {
        None => Ok(None),
        Some(index) => list
            .get(index)
            .map(Some)
            .ok_or(Rule::Extension("an index points past its list")),
    }
}
