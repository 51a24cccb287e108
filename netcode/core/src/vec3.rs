//! A vector of three `f32` with the few operations that give the same bits on every machine: `+ - * / sqrt` and
//! comparisons. `f32::min` and `f32::max` are not among them (their answer for zeros of both signs differs between
//! native and WASM), so [`min`] and [`max`] are written out.

use core::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// A place or a direction; Godot's axes: `y` up, `-z` forward (unit: metres, unless said otherwise).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3 {
    /// To the right.
    pub x: f32,
    /// Up.
    pub y: f32,
    /// To the back.
    pub z: f32,
}

/// A vector from its coordinates.
#[must_use]
#[inline]
pub const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

/// The smaller one, `b` when they are equal.
#[must_use]
#[inline]
pub fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The greater one, `b` when they are equal.
#[must_use]
#[inline]
pub fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// `value`, or the limit that it lies beyond.
#[must_use]
#[inline]
pub fn clamp(value: f32, low: f32, high: f32) -> f32 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

impl Vec3 {
    /// The origin, or no movement.
    pub const ZERO: Vec3 = vec3(0.0, 0.0, 0.0);
    /// Against gravity.
    pub const UP: Vec3 = vec3(0.0, 1.0, 0.0);

    /// The scalar product.
    #[must_use]
    #[inline]
    pub fn dot(self, other: Vec3) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// The vector product.
    #[must_use]
    #[inline]
    pub fn cross(self, other: Vec3) -> Vec3 {
        vec3(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    /// The length.
    #[must_use]
    #[inline]
    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The length of the part that lies in the ground plane.
    #[must_use]
    #[inline]
    pub fn horizontal_length(self) -> f32 {
        (self.x * self.x + self.z * self.z).sqrt()
    }

    /// The smaller of each coordinate.
    #[must_use]
    #[inline]
    pub fn min(self, other: Vec3) -> Vec3 {
        vec3(
            min(self.x, other.x),
            min(self.y, other.y),
            min(self.z, other.z),
        )
    }

    /// The greater of each coordinate.
    #[must_use]
    #[inline]
    pub fn max(self, other: Vec3) -> Vec3 {
        vec3(
            max(self.x, other.x),
            max(self.y, other.y),
            max(self.z, other.z),
        )
    }

    /// Whether no coordinate is infinite or NaN.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.z.is_finite()
    }

    /// The bits of the coordinates, for hashes and exact comparison.
    #[must_use]
    pub fn to_bits(self) -> [u32; 3] {
        [self.x.to_bits(), self.y.to_bits(), self.z.to_bits()]
    }
}

impl Add for Vec3 {
    type Output = Vec3;
    #[inline]
    fn add(self, other: Vec3) -> Vec3 {
        vec3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vec3 {
    type Output = Vec3;
    #[inline]
    fn sub(self, other: Vec3) -> Vec3 {
        vec3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Vec3;
    #[inline]
    fn mul(self, factor: f32) -> Vec3 {
        vec3(self.x * factor, self.y * factor, self.z * factor)
    }
}

impl Neg for Vec3 {
    type Output = Vec3;
    #[inline]
    fn neg(self) -> Vec3 {
        self * -1.0
    }
}

impl AddAssign for Vec3 {
    #[inline]
    fn add_assign(&mut self, other: Vec3) {
        *self = *self + other;
    }
}

impl SubAssign for Vec3 {
    #[inline]
    fn sub_assign(&mut self, other: Vec3) {
        *self = *self - other;
    }
}

impl From<[f32; 3]> for Vec3 {
    fn from([x, y, z]: [f32; 3]) -> Vec3 {
        vec3(x, y, z)
    }
}

impl From<Vec3> for [f32; 3] {
    fn from(v: Vec3) -> [f32; 3] {
        [v.x, v.y, v.z]
    }
}
