//! From the document to the scene: walk the nodes, compose their places, read what their extensions say.

use crate::accessor::Meshes;
use crate::document::{self, Document, Node};
use crate::fields::{checked_size, index, length, listed, number, radius, vector};
use crate::place::{Frame, is_inside, scaled};
use crate::{
    Body, Collider, Material, Motion, Place, Pose, Rule, Scene, SceneError, Shape, limits,
};
use otherworld_core::Vec3;
use otherworld_core::world::Triangle;
use serde_json::Value;

pub(crate) fn read(glb: &[u8]) -> Result<Scene, SceneError> {
    if glb.len() > limits::BYTES {
        return Err(Rule::TooMany("bytes", limits::BYTES).of_file());
    }
    let (document, buffer) = document::parse(glb).map_err(Rule::of_file)?;
    if document.nodes.len() > limits::NODES {
        return Err(Rule::TooMany("nodes", limits::NODES).of_file());
    }
    let mut reader = Reader {
        document: &document,
        buffer,
        visited: vec![false; document.nodes.len()],
        colliders: 0,
        triangles: 0,
        scene: Scene::default(),
    };
    reader.read_document()?;
    Ok(reader.scene)
}

struct Reader<'a> {
    document: &'a Document,
    buffer: &'a [u8],
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
        let scene = document.scenes.get(document.scene);
        let scene = scene.ok_or_else(|| Rule::Glb("no scene".into()).of_file())?;
        for &node in &scene.nodes {
            self.walk(node, Frame::WORLD, None, 1)?;
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
        index: usize,
        outer: Frame,
        owner: Option<Owner>,
        depth: usize,
    ) -> Result<(), SceneError> {
        let node = self.document.nodes.get(index);
        let node = node.ok_or_else(|| Rule::Glb(format!("no node {index}")).of_file())?;
        let name = node.name.clone().unwrap_or_else(|| format!("#{index}"));
        let visit = self.visit(index, node, &name, outer, owner, depth);
        let (frame, owner) = visit.map_err(|rule| SceneError {
            node: Some(name),
            rule,
        })?;
        for &child in &node.children {
            self.walk(child, frame, owner, depth + 1)?;
        }
        Ok(())
    }

    /// Reads one node; returns what its children are in.
    fn visit(
        &mut self,
        index: usize,
        node: &Node,
        name: &str,
        outer: Frame,
        owner: Option<Owner>,
        depth: usize,
    ) -> Result<(Frame, Option<Owner>), Rule> {
        if depth > limits::DEPTH {
            return Err(Rule::TooMany("levels of nodes", limits::DEPTH));
        }
        if std::mem::replace(&mut self.visited[index], true) {
            return Err(Rule::NotATree);
        }
        let frame = outer.child(&node.local()?)?;
        self.note_place(node, name, frame.pose);
        let owner = match &node.extensions.physics_body {
            Some(body) => self.read_body(name, body, frame, owner)?,
            None => owner,
        };
        Ok((frame, owner))
    }

    fn note_place(&mut self, node: &Node, name: &str, pose: Pose) {
        let place = Place {
            name: name.to_owned(),
            pose,
        };
        if name.starts_with("spawn") || node.extensions.spawn_point.is_some() {
            self.scene.spawns.push(place);
        } else if name == "marker" {
            self.scene.marker = Some(place);
        } else if name == "quad_plane" {
            self.scene.quad_plane = Some(place);
        }
    }

    /// Reads a node's `OMI_physics_body` and returns whose colliders its children are.
    fn read_body(
        &mut self,
        name: &str,
        body: &Value,
        frame: Frame,
        owner: Option<Owner>,
    ) -> Result<Option<Owner>, Rule> {
        let owner = match body.get("motion") {
            Some(motion) => self.read_motion(name, motion, frame)?,
            None => owner,
        };
        if let Some(collider) = body.get("collider") {
            self.read_collider(name, collider, frame, owner)?;
        }
        Ok(owner)
    }

    fn read_motion(
        &mut self,
        name: &str,
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
            name: name.to_owned(),
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
        name: &str,
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
        let pose = match owner {
            None => frame.pose,
            Some(owner) => relative(&owner.frame.pose, &frame.pose),
        };
        let collider = Collider {
            name: name.to_owned(),
            pose,
            shape,
            material,
        };
        self.count_triangles(&collider.shape)?;
        match owner {
            None => {
                check_inside(&collider)?;
                self.scene.statics.push(collider);
            }
            Some(_) if matches!(collider.shape, Shape::Trimesh { .. }) => {
                return Err(Rule::Body("it moves and its collider is a trimesh"));
            }
            Some(owner) => self.scene.bodies[owner.body].colliders.push(collider),
        }
        Ok(())
    }

    fn count_triangles(&mut self, shape: &Shape) -> Result<(), Rule> {
        self.triangles += match shape {
            Shape::Convex { triangles, .. } | Shape::Trimesh { triangles } => triangles.len(),
            _ => MOST_OF_A_PRIMITIVE,
        };
        let within = self.triangles <= limits::TRIANGLES;
        within
            .then_some(())
            .ok_or(Rule::TooMany("triangles", limits::TRIANGLES))
    }

    fn read_shape(&self, collider: &Value, scale: Vec3) -> Result<Shape, Rule> {
        let shapes = &self.document.extensions.physics_shape.shapes;
        let shape = listed(shapes, collider, "shape")?
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

    fn read_mesh(&self, fields: &Value, scale: Vec3) -> Result<Vec<Triangle>, Rule> {
        let meshes = Meshes {
            document: self.document,
            buffer: self.buffer,
        };
        let mesh = index(fields, "mesh")?.ok_or(Rule::Mesh("it has no mesh"))?;
        let mut triangles = meshes.triangles(mesh)?;
        for corner in triangles.iter_mut().flatten() {
            *corner = scaled(*corner, scale);
            if !is_inside(*corner) {
                return Err(Rule::Place);
            }
        }
        Ok(triangles)
    }

    fn read_material(&self, collider: &Value) -> Result<Material, Rule> {
        let materials = &self.document.extensions.physics_body.physics_materials;
        let Some(material) = listed(materials, collider, "physicsMaterial")? else {
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

/// Triangles that the roundest primitive has, a capsule.
const MOST_OF_A_PRIMITIVE: usize = 320;

fn check_inside(collider: &Collider) -> Result<(), Rule> {
    let mut triangles = Vec::new();
    collider.shape.triangulate(&collider.pose, &mut triangles);
    let inside = triangles.iter().flatten().all(|&corner| is_inside(corner));
    inside.then_some(()).ok_or(Rule::Place)
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
fn corners(triangles: &[Triangle]) -> Result<Vec<Vec3>, Rule> {
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
