//! The scene as bodies of Godot's Jolt, in a space of its own.
//!
//! Players' capsules meet dynamic bodies only: the static world is the character step's, and a capsule that saw it too
//! would be corrected in 7 % of its ticks (`facts.md`). Because Godot lets two bodies meet when either one's mask holds
//! the other's layer, static bodies have an empty mask. Poses and velocities go through the bodies' direct states, which
//! are plain calls; `body_get_state` would box every answer in a Variant.

mod shapes;

use godot::classes::physics_server_3d::{
    AreaParameter, BodyDampMode, BodyMode, BodyParameter, BodyState,
};
use godot::classes::{PhysicsDirectBodyState3D, PhysicsRayQueryParameters3D, PhysicsServer3D};
use godot::prelude::*;
use otherworld_core::snapshot::BodyPose;
use otherworld_core::step::{HEIGHT, RADIUS};
use otherworld_core::vec3::vec3;
use otherworld_core::{EntityId, Vec3};
use otherworld_scene::{Body, Collider, Material, Motion, Pose, Scene, Shape};
use shapes::{make_shape, transform};

const STATIC_LAYER: u32 = 1;
const PLAYER_LAYER: u32 = 1 << 1;
const DYNAMIC_LAYER: u32 = 1 << 2;

const STATIC_MASK: u32 = 0;
const PLAYER_MASK: u32 = DYNAMIC_LAYER;
const DYNAMIC_MASK: u32 = STATIC_LAYER | PLAYER_LAYER | DYNAMIC_LAYER;

const GRAVITY: f32 = 9.81;

/// What a player weighs to a crate (unit: kilograms).
const PLAYER_MASS: f32 = 70.0;

/// Where a body under somebody's feet is looked for: from above the feet to below them (unit: metres).
const FOOTING_ABOVE: f32 = 0.2;
const FOOTING_BELOW: f32 = 0.1;

/// A space with the scene's bodies in it. Everything made here is freed with it, but for the bodies that move: those are
/// given back by whoever holds them.
pub struct Jolt {
    server: Gd<PhysicsServer3D>,
    space: Rid,
    capsule_shape: Rid,
    footing: Gd<PhysicsRayQueryParameters3D>,
    shapes: Vec<Rid>,
    statics: Vec<Rid>,
    kinds: Vec<Kind>,
}

/// What the copies of one of the scene's moving bodies have in common.
struct Kind {
    mode: BodyMode,
    shapes: Vec<(Rid, Transform3D)>,
    material: Material,
    mass: f32,
    home: Transform3D,
}

/// A body and the way to its state.
struct Handle {
    body: Rid,
    state: Gd<PhysicsDirectBodyState3D>,
}

/// A player's body; given back to [`Jolt::remove_capsule`].
pub struct Capsule(Handle);

/// A body that moves; given back to [`Jolt::remove_body`].
pub struct Moving(Handle);

impl Jolt {
    /// Makes the scene's static bodies in a new, running space, and knows how to make those that move.
    pub fn new(scene: &Scene) -> Self {
        let mut server = PhysicsServer3D::singleton();
        let space = server.space_create();
        server.space_set_active(space, true);
        // The space stands for its default area here, as everywhere in Godot.
        server.area_set_param(space, AreaParameter::GRAVITY, &GRAVITY.to_variant());
        server.area_set_param(
            space,
            AreaParameter::GRAVITY_VECTOR,
            &Vector3::DOWN.to_variant(),
        );
        let capsule = Shape::Capsule {
            radius: RADIUS,
            height: HEIGHT,
        };
        let capsule_shape = make_shape(&mut server, &capsule);
        let mut footing = PhysicsRayQueryParameters3D::new_gd();
        footing.set_collision_mask(DYNAMIC_LAYER);
        let mut jolt = Self {
            footing,
            server,
            space,
            capsule_shape,
            shapes: Vec::new(),
            statics: Vec::with_capacity(scene.statics.len()),
            kinds: Vec::with_capacity(scene.bodies.len()),
        };
        for collider in &scene.statics {
            jolt.add_static(collider);
        }
        for body in &scene.bodies {
            jolt.add_kind(body);
        }
        jolt
    }

    fn add_static(&mut self, collider: &Collider) {
        let body = self.make_body(BodyMode::STATIC, STATIC_LAYER, STATIC_MASK);
        self.add_collider(body, &Pose::IDENTITY, collider);
        self.set_material(body, collider.material);
        self.server.body_set_state(
            body,
            BodyState::TRANSFORM,
            &transform(&collider.pose).to_variant(),
        );
        self.server.body_set_space(body, self.space);
        self.statics.push(body);
    }

    fn add_kind(&mut self, of: &Body) {
        let colliders = of.colliders.iter();
        let shapes = colliders.map(|c| (self.make_shape(&c.shape), transform(&c.pose)));
        let shapes = shapes.collect();
        self.kinds.push(Kind {
            mode: match of.motion {
                Motion::Dynamic => BodyMode::RIGID,
                Motion::Kinematic => BodyMode::KINEMATIC,
            },
            shapes,
            // A body has one surface in Godot: that of its first collider.
            material: of.colliders.first().map(|c| c.material).unwrap_or_default(),
            mass: of.mass,
            home: transform(&of.pose),
        });
    }

    /// How many moving bodies the scene has.
    pub fn kind_count(&self) -> usize {
        self.kinds.len()
    }

    /// Where the scene has its n-th moving body.
    pub fn home(&self, of: usize) -> Transform3D {
        self.kinds[of].home
    }

    /// Adds a copy of the scene's n-th moving body, at rest.
    pub fn add_body(&mut self, of: usize, at: Transform3D) -> Moving {
        let mode = self.kinds[of].mode;
        let body = self.make_body(mode, DYNAMIC_LAYER, DYNAMIC_MASK);
        let kind = &self.kinds[of];
        let (material, mass) = (kind.material, kind.mass);
        for &(shape, at) in &kind.shapes {
            let added = self.server.body_add_shape_ex(body, shape);
            added.transform(at).done();
        }
        self.set_material(body, material);
        self.set_param(body, BodyParameter::MASS, mass);
        self.server
            .body_set_state(body, BodyState::TRANSFORM, &at.to_variant());
        self.server.body_set_space(body, self.space);
        Moving(self.handle(body))
    }

    /// Takes a moving body out of the world.
    pub fn remove_body(&mut self, body: Moving) {
        self.server.free_rid(body.0.body);
    }

    /// Adds a player's body that stands at `feet`.
    pub fn add_capsule(&mut self, feet: Vec3) -> Capsule {
        let body = self.make_body(BodyMode::RIGID_LINEAR, PLAYER_LAYER, PLAYER_MASK);
        self.server.body_add_shape(body, self.capsule_shape);
        self.set_param(body, BodyParameter::MASS, PLAYER_MASS);
        self.set_param(body, BodyParameter::FRICTION, 0.0);
        self.set_param(body, BodyParameter::GRAVITY_SCALE, 0.0);
        self.set_param(body, BodyParameter::LINEAR_DAMP, 0.0);
        self.server.body_set_param(
            body,
            BodyParameter::LINEAR_DAMP_MODE,
            &BodyDampMode::REPLACE.to_variant(),
        );
        self.server
            .body_set_state(body, BodyState::CAN_SLEEP, &false.to_variant());
        self.server.body_set_space(body, self.space);
        let mut capsule = Capsule(self.handle(body));
        capsule.place(feet);
        capsule
    }

    /// Takes a player's body out of the world.
    pub fn remove_capsule(&mut self, capsule: Capsule) {
        self.server.free_rid(capsule.0.body);
    }

    /// How fast the moving body is that these feet stand on, at that place (unit: metres a second).
    pub fn velocity_under(&self, feet: Vec3) -> Option<Vec3> {
        let (mut server, mut ray) = (self.server.clone(), self.footing.clone());
        ray.set_from(to_godot(feet + vec3(0.0, FOOTING_ABOVE, 0.0)));
        ray.set_to(to_godot(feet - vec3(0.0, FOOTING_BELOW, 0.0)));
        let hit = server
            .space_get_direct_state(self.space)?
            .intersect_ray(&ray);
        let body = hit.get("rid")?.to::<Rid>();
        let place = hit.get("position")?.to::<Vector3>();
        let state = server.body_get_direct_state(body)?;
        let from_middle = place - state.get_transform().origin;
        Some(from_godot(
            state.get_velocity_at_local_position(from_middle),
        ))
    }

    /// The space in Godot; for tests that ask Jolt themselves.
    pub fn space(&self) -> Rid {
        self.space
    }

    fn make_body(&mut self, mode: BodyMode, layer: u32, mask: u32) -> Rid {
        let body = self.server.body_create();
        self.server.body_set_mode(body, mode);
        self.server.body_set_collision_layer(body, layer);
        self.server.body_set_collision_mask(body, mask);
        body
    }

    fn add_collider(&mut self, body: Rid, at: &Pose, collider: &Collider) {
        let shape = self.make_shape(&collider.shape);
        self.server
            .body_add_shape_ex(body, shape)
            .transform(transform(at))
            .done();
    }

    fn make_shape(&mut self, shape: &Shape) -> Rid {
        let rid = make_shape(&mut self.server, shape);
        self.shapes.push(rid);
        rid
    }

    fn set_material(&mut self, body: Rid, material: Material) {
        self.set_param(body, BodyParameter::FRICTION, material.friction);
        self.set_param(body, BodyParameter::BOUNCE, material.restitution);
    }

    fn set_param(&mut self, body: Rid, parameter: BodyParameter, value: f32) {
        self.server
            .body_set_param(body, parameter, &value.to_variant());
    }

    fn handle(&mut self, body: Rid) -> Handle {
        let state = self.server.body_get_direct_state(body);
        let state = state.expect("a body in a space has a direct state");
        Handle { body, state }
    }
}

impl Drop for Jolt {
    fn drop(&mut self) {
        let all = self.statics.iter().chain(&self.shapes).copied();
        for rid in all.chain([self.capsule_shape, self.space]) {
            self.server.free_rid(rid);
        }
    }
}

impl Moving {
    /// Where it is now, as a snapshot says it.
    pub fn pose(&self, entity: EntityId) -> BodyPose {
        let state = &self.0.state;
        let transform = state.get_transform();
        let rotation = transform.basis.get_quaternion();
        BodyPose {
            entity,
            position: from_godot(transform.origin),
            rotation: [rotation.x, rotation.y, rotation.z, rotation.w],
            asleep: state.is_sleeping(),
        }
    }

    /// Godot's name for it.
    pub fn body(&self) -> Rid {
        self.0.body
    }
}

impl Capsule {
    /// Where its feet are (unit: metres).
    pub fn feet(&self) -> Vec3 {
        from_godot(self.0.state.get_transform().origin) - MIDDLE
    }

    /// Unit: metres a second.
    pub fn velocity(&self) -> Vec3 {
        from_godot(self.0.state.get_linear_velocity())
    }

    /// Sets it down at rest.
    pub fn place(&mut self, feet: Vec3) {
        let transform = Transform3D::new(Basis::IDENTITY, to_godot(feet + MIDDLE));
        self.0.state.set_transform(transform);
        self.0.state.set_linear_velocity(Vector3::ZERO);
    }

    /// Sets the velocity that the next physics steps go with (unit: metres a second).
    pub fn drive(&mut self, velocity: Vec3) {
        self.0.state.set_linear_velocity(to_godot(velocity));
    }

    /// Godot's name for it.
    pub fn body(&self) -> Rid {
        self.0.body
    }
}

/// From the feet to the middle of a capsule.
const MIDDLE: Vec3 = vec3(0.0, HEIGHT * 0.5, 0.0);

/// The same place in Godot's words.
pub fn to_godot(v: Vec3) -> Vector3 {
    Vector3::new(v.x, v.y, v.z)
}

/// The same place in the core's words.
pub fn from_godot(v: Vector3) -> Vec3 {
    vec3(v.x, v.y, v.z)
}
