//! Forms of colliders, and the triangles that stand for them in the character step.

use crate::Pose;
use otherworld_core::Vec3;
use otherworld_core::vec3::vec3;
use otherworld_core::world::Triangle;

/// The form of a collider; its axis, where it has one, is y, and its middle is the collider's place.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A cuboid.
    Box {
        /// Edge lengths (unit: metres).
        size: Vec3,
    },
    /// A ball.
    Sphere {
        /// Unit: metres.
        radius: f32,
    },
    /// A cylinder with half a ball at each end.
    Capsule {
        /// Unit: metres.
        radius: f32,
        /// From end to end (unit: metres).
        height: f32,
    },
    /// A cylinder.
    Cylinder {
        /// Unit: metres.
        radius: f32,
        /// Unit: metres.
        height: f32,
    },
    /// The hull of a mesh, which must be convex itself: the step sees its triangles, Jolt the hull of its corners.
    Convex {
        /// The mesh (unit: metres).
        triangles: Vec<Triangle>,
        /// Its corners, each once.
        points: Vec<Vec3>,
    },
    /// A mesh; static colliders only.
    Trimesh {
        /// Unit: metres.
        triangles: Vec<Triangle>,
    },
}

/// Directions of a circle, a sixteenth of a turn apart: literals, because a sine differs between machines.
const SIDES: usize = 16;
const CIRCLE: [(f32, f32); SIDES] = {
    const A: f32 = 0.382_683_43;
    const B: f32 = 0.707_106_77;
    const C: f32 = 0.923_879_5;
    [
        (1.0, 0.0),
        (C, A),
        (B, B),
        (A, C),
        (0.0, 1.0),
        (-A, C),
        (-B, B),
        (-C, A),
        (-1.0, 0.0),
        (-C, -A),
        (-B, -B),
        (-A, -C),
        (0.0, -1.0),
        (A, -C),
        (B, -B),
        (C, -A),
    ]
};

impl Shape {
    /// Adds the triangles of this form at this place. Round forms have 16 sides, so they are up to 2 % of their radius
    /// thinner than they are.
    pub fn triangulate(&self, pose: &Pose, out: &mut Vec<Triangle>) {
        let mut push = |triangle: Triangle| out.push(triangle.map(|corner| pose.apply(corner)));
        match self {
            Shape::Box { size } => cuboid(*size).into_iter().for_each(&mut push),
            Shape::Sphere { radius } => lathe(&ball(*radius, 0.0), &mut push),
            Shape::Capsule { radius, height } => {
                lathe(&ball(*radius, height * 0.5 - radius), &mut push);
            }
            Shape::Cylinder { radius, height } => {
                let (r, y) = (*radius, height * 0.5);
                lathe(&[(0.0, -y), (r, -y), (r, y), (0.0, y)], &mut push);
            }
            Shape::Convex { triangles, .. } | Shape::Trimesh { triangles } => {
                triangles.iter().copied().for_each(&mut push);
            }
        }
    }
}

fn cuboid(size: Vec3) -> [Triangle; 12] {
    const FACES: [[usize; 4]; 6] = [
        [0, 4, 6, 2],
        [1, 3, 7, 5],
        [0, 1, 5, 4],
        [2, 6, 7, 3],
        [0, 2, 3, 1],
        [4, 5, 7, 6],
    ];
    let half = size * 0.5;
    let corner = |bits: usize| {
        let side = |bit: usize, half: f32| if bits & bit == 0 { -half } else { half };
        vec3(side(1, half.x), side(2, half.y), side(4, half.z))
    };
    core::array::from_fn(|k| {
        let [a, b, c, d] = FACES[k / 2];
        if k % 2 == 0 {
            [corner(a), corner(b), corner(c)]
        } else {
            [corner(a), corner(c), corner(d)]
        }
    })
}

/// The profile of a ball whose halves are moved apart by `shift` each: radii and heights, from the bottom up.
fn ball(radius: f32, shift: f32) -> [(f32, f32); 10] {
    core::array::from_fn(|k| {
        // 12 is a quarter turn down, 4 one up; the equator comes twice, once for each half.
        let (upper, turn) = if k < 5 { (-1.0, 12 + k) } else { (1.0, k - 5) };
        let (across, up) = CIRCLE[turn % SIDES];
        (radius * across, radius * up + shift * upper)
    })
}

/// Turns a profile around y. Triangles without an area (at the poles, at a ball's equator) are left out.
fn lathe(profile: &[(f32, f32)], push: &mut impl FnMut(Triangle)) {
    for ring in profile.windows(2) {
        let [(r0, y0), (r1, y1)] = [ring[0], ring[1]];
        if r0 == r1 && y0 == y1 {
            continue;
        }
        for side in 0..SIDES {
            let at = |(radius, y): (f32, f32), side: usize| {
                let (x, z) = CIRCLE[side % SIDES];
                vec3(x * radius, y, z * radius)
            };
            let (a, b) = (at((r0, y0), side), at((r0, y0), side + 1));
            let (c, d) = (at((r1, y1), side), at((r1, y1), side + 1));
            if r0 > 0.0 {
                push([a, c, b]);
            }
            if r1 > 0.0 {
                push([b, c, d]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triangles(shape: &Shape) -> Vec<Triangle> {
        let mut triangles = Vec::new();
        shape.triangulate(&Pose::IDENTITY, &mut triangles);
        triangles
    }

    /// Of a closed surface whose triangles all face the same way.
    fn volume(triangles: &[Triangle]) -> f32 {
        triangles
            .iter()
            .map(|[a, b, c]| a.dot(b.cross(*c)) / 6.0)
            .sum()
    }

    #[test]
    fn forms_are_closed_and_as_large_as_they_should_be() {
        use core::f32::consts::PI;
        let box_ = Shape::Box {
            size: vec3(1.0, 2.0, 3.0),
        };
        let forms = [
            (box_, 6.0, 1.0),
            (Shape::Sphere { radius: 0.5 }, PI / 6.0, 0.93),
            (
                Shape::Capsule {
                    radius: 0.5,
                    height: 3.0,
                },
                PI / 6.0 + PI * 0.25 * 2.0,
                0.95,
            ),
            (
                Shape::Cylinder {
                    radius: 0.5,
                    height: 2.0,
                },
                PI * 0.25 * 2.0,
                0.97,
            ),
        ];
        for (shape, expected, least) in forms {
            let share = volume(&triangles(&shape)).abs() / expected;
            assert!(
                (least..=1.000_01).contains(&share),
                "{shape:?}: {share} of its volume"
            );
        }
    }

    #[test]
    fn a_capsule_reaches_from_end_to_end() {
        let all = triangles(&Shape::Capsule {
            radius: 0.25,
            height: 2.0,
        });
        let heights = all.iter().flatten().map(|corner| corner.y);
        assert_eq!(heights.clone().fold(f32::MAX, f32::min), -1.0);
        assert_eq!(heights.fold(f32::MIN, f32::max), 1.0);
    }
}
