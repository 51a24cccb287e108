//! How a body is held: the points that a headset tracks, relative to where the player stands.
//!
//! A point lies in the **player's frame**: the origin is the feet, and the axes are turned by the player's yaw, so that
//! who only turns moves nothing. Points are packed where they are measured and stay packed through server and wire; they
//! are unpacked to be shown. Nothing is predicted from them, so they need not be exact.

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::input::radians;
use crate::vec3::{Vec3, vec3};

/// Steps of a packed place in a metre.
pub const STEPS_PER_METRE: f32 = 1000.0;

/// Bits of each axis of a packed place.
pub const PLACE_BITS: u32 = 12;

/// Bits of each of the three parts of a packed rotation.
pub const PART_BITS: u32 = 9;

/// The lowest corner of where a point can be (unit: metres): arm's length around, from a little below the feet up.
pub const LOWEST: Vec3 = vec3(-2.048, -1.024, -2.048);

/// Largest difference of a packed place to the true one along an axis, within reach (unit: metres).
pub const POINT_ERROR: f32 = 0.51e-3;

/// Largest angle between a packed rotation and the true one (unit: radians).
pub const POINT_ROTATION_ERROR: f32 = 1e-2;

/// A tracked point, in the player's frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where (unit: metres).
    pub position: Vec3,
    /// Quaternion of length one: x, y, z, w.
    pub rotation: [f32; 4],
}

/// A rotation as the wire says it: the largest part of the quaternion follows from the three others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PackedRotation {
    /// Which part (0 x … 3 w) is the largest; it is made positive.
    pub largest: u8,
    /// The others in order, from -1/√2 to 1/√2.
    pub parts: [u16; 3],
}

/// A tracked point as the wire says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PackedPoint {
    /// Steps from [`LOWEST`]; each below 2^[`PLACE_BITS`].
    pub place: [u16; 3],
    /// Parts of [`PART_BITS`].
    pub rotation: PackedRotation,
}

/// What a player's headset and hands are doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tracked {
    /// Between the eyes.
    pub head: PackedPoint,
    /// The left hand's grip.
    pub left: PackedPoint,
    /// The right hand's grip.
    pub right: PackedPoint,
}

impl Tracked {
    /// Head, left hand, right hand.
    #[must_use]
    pub fn points(&self) -> [PackedPoint; 3] {
        [self.head, self.left, self.right]
    }

    /// From head, left hand, right hand.
    #[must_use]
    pub fn from_points([head, left, right]: [PackedPoint; 3]) -> Tracked {
        Tracked { head, left, right }
    }
}

impl Point {
    /// To the nearest step; what lies out of reach is at its edge, and what is no number at its lowest corner.
    #[must_use]
    pub fn pack(&self) -> PackedPoint {
        let axis = |value: f32, lowest: f32| {
            let steps = ((value - lowest) * STEPS_PER_METRE + 0.5) as u16;
            steps.min((1 << PLACE_BITS) - 1)
        };
        PackedPoint {
            place: [
                axis(self.position.x, LOWEST.x),
                axis(self.position.y, LOWEST.y),
                axis(self.position.z, LOWEST.z),
            ],
            rotation: PackedRotation::pack(self.rotation, PART_BITS),
        }
    }

    /// The point in the world, for a player who stands here and looks there (65,536 is a full turn).
    #[must_use]
    pub fn in_world(&self, feet: Vec3, yaw: u16) -> Vec3 {
        let (sin, cos) = radians(yaw).sin_cos();
        let Vec3 { x, y, z } = self.position;
        feet + vec3(x * cos + z * sin, y, z * cos - x * sin)
    }
}

impl PackedPoint {
    /// What it stands for.
    #[must_use]
    pub fn unpack(&self) -> Point {
        let axis = |steps: u16, lowest: f32| f32::from(steps) / STEPS_PER_METRE + lowest;
        let [x, y, z] = self.place;
        Point {
            position: vec3(axis(x, LOWEST.x), axis(y, LOWEST.y), axis(z, LOWEST.z)),
            rotation: self.rotation.unpack(PART_BITS),
        }
    }
}

impl PackedRotation {
    /// To the nearest step, of parts with so many bits (at most 16).
    #[must_use]
    pub fn pack(rotation: [f32; 4], bits: u32) -> PackedRotation {
        let mut largest = 0;
        for k in 1..4 {
            if rotation[k].abs() > rotation[largest].abs() {
                largest = k;
            }
        }
        let sign = if rotation[largest] < 0.0 { -1.0 } else { 1.0 };
        let steps = steps(bits);
        let mut others = (0..4).filter(|&k| k != largest);
        PackedRotation {
            largest: largest as u8,
            parts: core::array::from_fn(|_| {
                let part = others.next().map_or(0.0, |k| rotation[k]);
                let share = part * sign * core::f32::consts::FRAC_1_SQRT_2 + 0.5;
                ((share * steps + 0.5) as u16).min(steps as u16)
            }),
        }
    }

    /// What it stands for: a quaternion of length one, whatever the parts are.
    #[must_use]
    pub fn unpack(&self, bits: u32) -> [f32; 4] {
        let largest = usize::from(self.largest & 3);
        let mut parts = self.parts.into_iter();
        let mut rotation = [0.0; 4];
        let mut left = 1.0;
        for (k, part) in rotation.iter_mut().enumerate() {
            if k != largest {
                let share = f32::from(parts.next().unwrap_or(0)) / steps(bits);
                *part = (share - 0.5) * core::f32::consts::SQRT_2;
                left -= *part * *part;
            }
        }
        // A hostile peer can make `left` negative; then the others are scaled to length one.
        if left < 0.0 {
            let scale = 1.0 / (1.0 - left).sqrt();
            rotation = rotation.map(|part| part * scale);
        } else {
            rotation[largest] = left.sqrt();
        }
        rotation
    }
}

/// Two rotations (quaternions: x, y, z, w) one after the other: first the right one, then the left one.
#[must_use]
pub fn multiply(left: [f32; 4], right: [f32; 4]) -> [f32; 4] {
    let [x, y, z, w] = left;
    let [a, b, c, d] = right;
    [
        w * a + x * d + y * c - z * b,
        w * b - x * c + y * d + z * a,
        w * c + x * b - y * a + z * d,
        w * d - x * a - y * b - z * c,
    ]
}

/// Writes 1 bit, and the points' 195 bits when there are any.
pub(crate) fn write_tracked(
    bits: &mut BitWriter<'_>,
    tracked: Option<&Tracked>,
) -> Result<(), BitsError> {
    bits.write_bool(tracked.is_some())?;
    for point in tracked.iter().flat_map(|tracked| tracked.points()) {
        for steps in point.place {
            bits.write(u64::from(steps), PLACE_BITS)?;
        }
        bits.write(u64::from(point.rotation.largest), 2)?;
        for part in point.rotation.parts {
            bits.write(u64::from(part), PART_BITS)?;
        }
    }
    Ok(())
}

/// Reads what [`write_tracked`] wrote; every value is a valid one.
pub(crate) fn read_tracked(bits: &mut BitReader<'_>) -> Result<Option<Tracked>, BitsError> {
    if !bits.read_bool()? {
        return Ok(None);
    }
    let mut points = [PackedPoint::default(); 3];
    for point in &mut points {
        for steps in &mut point.place {
            *steps = bits.read(PLACE_BITS)? as u16;
        }
        point.rotation.largest = bits.read(2)? as u8;
        for part in &mut point.rotation.parts {
            *part = bits.read(PART_BITS)? as u16;
        }
    }
    Ok(Some(Tracked::from_points(points)))
}

fn steps(bits: u32) -> f32 {
    ((1u32 << bits) - 1) as f32
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_rotation() -> impl Strategy<Value = [f32; 4]> {
        prop::array::uniform4(-1.0f32..1.0)
            .prop_filter("long enough", |q| {
                q.iter().map(|p| p * p).sum::<f32>() > 0.01
            })
            .prop_map(|q| {
                let length = q.iter().map(|p| p * p).sum::<f32>().sqrt();
                q.map(|p| p / length)
            })
    }

    proptest! {
        #[test]
        fn po1_a_point_in_reach_comes_back_within_its_error(
            x in -2.0f32..2.0, y in -1.0f32..3.0, z in -2.0f32..2.0, rotation in any_rotation(),
        ) {
            let point = Point { position: vec3(x, y, z), rotation };
            let back = point.pack().unpack();
            let off = back.position - point.position;
            prop_assert!(off.x.abs().max(off.y.abs()).max(off.z.abs()) <= POINT_ERROR);
            let dot: f64 = (0..4).map(|k| f64::from(back.rotation[k]) * f64::from(rotation[k])).sum();
            prop_assert!(2.0 * dot.abs().min(1.0).acos() <= f64::from(POINT_ROTATION_ERROR));
            prop_assert_eq!(back.pack().place, point.pack().place);
        }

        #[test]
        fn po2_whatever_is_packed_is_in_range(place: [f32; 3], rotation: [f32; 4]) {
            let packed = Point { position: Vec3::from(place), rotation }.pack();
            prop_assert!(packed.place.iter().all(|&steps| steps < 1 << PLACE_BITS));
            prop_assert!(packed.rotation.parts.iter().all(|&part| part < 1 << PART_BITS));
        }

        #[test]
        fn po3_whatever_is_unpacked_is_a_rotation(largest: u8, parts: [u16; 3]) {
            let rotation = PackedRotation { largest, parts: parts.map(|part| part >> 7) }.unpack(PART_BITS);
            let length: f32 = rotation.iter().map(|part| part * part).sum();
            prop_assert!((length - 1.0).abs() < 1e-3, "{rotation:?}");
        }
    }

    #[test]
    fn po4_points_turn_with_the_player_as_godot_turns() {
        let point = Point {
            position: vec3(0.0, 1.0, -1.0),
            rotation: [0.0, 0.0, 0.0, 1.0],
        };
        // A quarter to the left from -z is -x.
        let off = point.in_world(vec3(5.0, 0.0, 5.0), 16_384) - vec3(4.0, 1.0, 5.0);
        assert!(off.length() < 1e-5);
    }
}
