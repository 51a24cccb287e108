//! Places: a position and a rotation, and on the way down the tree a scale.

use crate::Rule;
use otherworld_core::Vec3;
use otherworld_core::pose::multiply;
use otherworld_core::vec3::vec3;
use otherworld_core::world::LIMIT;

/// A position and a rotation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Unit: metres.
    pub position: Vec3,
    /// Quaternion of length one: x, y, z, w.
    pub rotation: [f32; 4],
}

impl Default for Pose {
    fn default() -> Self {
        Pose::IDENTITY
    }
}

impl Pose {
    /// At the origin, not turned.
    pub const IDENTITY: Pose = Pose {
        position: Vec3::ZERO,
        rotation: [0.0, 0.0, 0.0, 1.0],
    };

    /// Where a point of this frame lies in the outer one.
    #[must_use]
    pub fn apply(&self, point: Vec3) -> Vec3 {
        self.position + rotate(self.rotation, point)
    }

    /// A pose of this frame, seen from the outer one.
    #[must_use]
    pub fn then(&self, inner: &Pose) -> Pose {
        Pose {
            position: self.apply(inner.position),
            rotation: multiply(self.rotation, inner.rotation),
        }
    }
}

/// Where a node is in its parent: glTF's translation, rotation and scale, unchecked.
#[derive(Clone, Copy)]
pub(crate) struct Local {
    pub translation: [f32; 3],
    pub rotation: [f32; 4],
    pub scale: [f32; 3],
}

impl Local {
    /// Of a matrix (columns first) without shear or mirroring.
    pub fn from_matrix(m: &[f32; 16]) -> Result<Local, Rule> {
        let column = |k: usize| vec3(m[4 * k], m[4 * k + 1], m[4 * k + 2]);
        let scale = [0, 1, 2].map(|k| column(k).length());
        let [x, y, z] = [0, 1, 2].map(|k| column(k) * (1.0 / scale[k]));
        // Written so that NaN is refused; `x × y = z` says that they are at right angles and not mirrored.
        let straight = (x.cross(y) - z).length() < 1e-3 && x.dot(y) < 1e-3 && x.dot(y) > -1e-3;
        if !straight {
            return Err(Rule::Scale);
        }
        Ok(Local {
            translation: [m[12], m[13], m[14]],
            rotation: quaternion(x, y, z),
            scale,
        })
    }
}

/// The rotation that turns the axes to these, by the largest of its four parts.
fn quaternion(x: Vec3, y: Vec3, z: Vec3) -> [f32; 4] {
    let of = |square: f32| (if square > 0.0 { square } else { 0.0 }).sqrt() * 2.0;
    if x.x + y.y + z.z > 0.0 {
        let s = of(1.0 + x.x + y.y + z.z);
        [(y.z - z.y) / s, (z.x - x.z) / s, (x.y - y.x) / s, s / 4.0]
    } else if x.x > y.y && x.x > z.z {
        let s = of(1.0 + x.x - y.y - z.z);
        [s / 4.0, (x.y + y.x) / s, (z.x + x.z) / s, (y.z - z.y) / s]
    } else if y.y > z.z {
        let s = of(1.0 + y.y - x.x - z.z);
        [(x.y + y.x) / s, s / 4.0, (y.z + z.y) / s, (z.x - x.z) / s]
    } else {
        let s = of(1.0 + z.z - x.x - y.y);
        [(z.x + x.z) / s, (y.z + z.y) / s, s / 4.0, (x.y - y.x) / s]
    }
}

/// A frame on the way down the tree.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub pose: Pose,
    pub scale: Vec3,
}

impl Frame {
    pub const WORLD: Frame = Frame {
        pose: Pose::IDENTITY,
        scale: vec3(1.0, 1.0, 1.0),
    };

    /// The frame of a node inside this one.
    pub fn child(&self, local: &Local) -> Result<Frame, Rule> {
        let scale = Vec3::from(local.scale);
        // Written so that NaN is refused.
        let positive = scale.x > 0.0 && scale.y > 0.0 && scale.z > 0.0;
        if !positive || !scale.is_finite() {
            return Err(Rule::Scale);
        }
        let rotation = normalise(local.rotation).ok_or(Rule::Place)?;
        let turned = rotation[0] != 0.0 || rotation[1] != 0.0 || rotation[2] != 0.0;
        if turned && !is_uniform(self.scale) {
            return Err(Rule::Scale);
        }
        let inner = Pose {
            position: scaled(Vec3::from(local.translation), self.scale),
            rotation,
        };
        let pose = self.pose.then(&inner);
        let scale = scaled(scale, self.scale);
        if !is_inside(pose.position) || !scale.is_finite() {
            return Err(Rule::Place);
        }
        Ok(Frame { pose, scale })
    }
}

pub(crate) fn is_inside(place: Vec3) -> bool {
    let inside = |value: f32, limit: f32| value >= -limit && value <= limit;
    inside(place.x, LIMIT.x) && inside(place.y, LIMIT.y) && inside(place.z, LIMIT.z)
}

pub(crate) fn scaled(v: Vec3, scale: Vec3) -> Vec3 {
    vec3(v.x * scale.x, v.y * scale.y, v.z * scale.z)
}

/// Equal along all axes, but for rounding on the way.
pub(crate) fn is_uniform(scale: Vec3) -> bool {
    let close = |a: f32, b: f32| a <= b * 1.0001 && b <= a * 1.0001;
    close(scale.x, scale.y) && close(scale.y, scale.z)
}

fn normalise(q: [f32; 4]) -> Option<[f32; 4]> {
    let length = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]).sqrt();
    (length > 0.5 && length < 2.0).then(|| q.map(|part| part / length))
}

fn rotate(q: [f32; 4], v: Vec3) -> Vec3 {
    let axis = vec3(q[0], q[1], q[2]);
    let twice = axis.cross(v) * 2.0;
    v + twice * q[3] + axis.cross(twice)
}
