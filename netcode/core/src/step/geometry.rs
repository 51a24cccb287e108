//! Closest points and first touches between the few shapes of the step, in closed form.
//!
//! After Christer Ericson, *Real-Time Collision Detection* (2005), sections 5.1.5 and 5.1.9; the falling sphere is solved
//! against plane, edges and corners apart.

use crate::vec3::{Vec3, clamp, vec3};
use crate::world::Face;

/// A vertical segment.
#[derive(Clone, Copy)]
pub(super) struct Upright {
    pub bottom: Vec3,
    pub top: f32,
}

/// Closest points of an upright segment and a triangle.
#[derive(Clone, Copy)]
pub(super) struct Closest {
    pub distance_squared: f32,
    pub on_segment: Vec3,
    pub on_face: Vec3,
}

/// The point of the triangle that is closest to `p` (Ericson 5.1.5).
pub(super) fn closest_on_face(p: Vec3, face: &Face) -> Vec3 {
    let Face { a, b, c, .. } = *face;
    let (ab, ac, ap) = (b - a, c - a, p - a);
    let (d1, d2) = (ab.dot(ap), ac.dot(ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return a;
    }
    let bp = p - b;
    let (d3, d4) = (ab.dot(bp), ac.dot(bp));
    if d3 >= 0.0 && d4 <= d3 {
        return b;
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        return a + ab * (d1 / (d1 - d3));
    }
    let cp = p - c;
    let (d5, d6) = (ab.dot(cp), ac.dot(cp));
    if d6 >= 0.0 && d5 <= d6 {
        return c;
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        return a + ac * (d2 / (d2 - d6));
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && d4 - d3 >= 0.0 && d5 - d6 >= 0.0 {
        return b + (c - b) * ((d4 - d3) / ((d4 - d3) + (d5 - d6)));
    }
    let share = 1.0 / (va + vb + vc);
    a + (ab * (vb * share) + ac * (vc * share))
}

/// The closest points of an upright segment and a triangle, when they are closer than `limit_squared`.
pub(super) fn upright_to_face(
    upright: Upright,
    face: &Face,
    limit_squared: f32,
) -> Option<Closest> {
    let mut best = None;
    let mut limit = limit_squared;
    let mut consider = |on_segment: Vec3, on_face: Vec3| {
        let between = on_segment - on_face;
        let distance_squared = between.dot(between);
        if distance_squared < limit {
            limit = distance_squared;
            best = Some(Closest {
                distance_squared,
                on_segment,
                on_face,
            });
        }
    };
    let Upright { bottom, top } = upright;
    if face.normal.y > 1e-6 || face.normal.y < -1e-6 {
        // Where the segment goes through the plane.
        let y = bottom.y + face.normal.dot(face.a - bottom) / face.normal.y;
        if y > bottom.y && y < top {
            let through = vec3(bottom.x, y, bottom.z);
            consider(through, closest_on_face(through, face));
        }
    }
    let end = vec3(bottom.x, top, bottom.z);
    consider(bottom, closest_on_face(bottom, face));
    consider(end, closest_on_face(end, face));
    for (p, q) in edges(face) {
        let (on_segment, on_edge) = upright_to_edge(upright, p, q);
        consider(on_segment, on_edge);
    }
    best
}

/// The closest points of an upright segment and the segment from `p` to `q` (Ericson 5.1.9).
fn upright_to_edge(upright: Upright, p: Vec3, q: Vec3) -> (Vec3, Vec3) {
    let height = upright.top - upright.bottom.y;
    let edge = q - p;
    let offset = upright.bottom - p;
    let a = height * height;
    let e = edge.dot(edge);
    let f = edge.dot(offset);
    let c = height * offset.y;
    let b = height * edge.y;
    let denominator = a * e - b * b;
    let mut s = if denominator > 1e-9 * a * e {
        unit((b * f - c * e) / denominator)
    } else {
        0.0
    };
    let mut t = (b * s + f) / e;
    if t < 0.0 {
        t = 0.0;
        s = unit(-c / a);
    } else if t > 1.0 {
        t = 1.0;
        s = unit((b - c) / a);
    }
    (upright.bottom + vec3(0.0, height * s, 0.0), p + edge * t)
}

/// How far a sphere sinks until it touches the triangle, when that is less than `limit`; negative (down to one radius)
/// when it touches already.
pub(super) fn sink_to_face(centre: Vec3, radius: f32, face: &Face, limit: f32) -> Option<f32> {
    let mut best = None;
    let mut nearest = limit;
    let mut consider = |sink: f32| {
        if sink > -radius && sink < nearest {
            nearest = sink;
            best = Some(sink);
        }
    };
    if let Some(sink) = sink_to_plane(centre, radius, face) {
        consider(sink);
    }
    for (p, q) in edges(face) {
        if let Some(sink) = sink_to_edge(centre, radius, p, q) {
            consider(sink);
        }
        if let Some(sink) = sink_to_corner(centre, radius, p) {
            consider(sink);
        }
    }
    best
}

fn sink_to_plane(centre: Vec3, radius: f32, face: &Face) -> Option<f32> {
    let normal = if face.normal.y < 0.0 {
        -face.normal
    } else {
        face.normal
    };
    if normal.y <= 1e-4 {
        return None;
    }
    let sink = (normal.dot(centre - face.a) - radius) / normal.y;
    let touch = vec3(centre.x, centre.y - sink, centre.z) - normal * radius;
    let outside = touch - closest_on_face(touch, face);
    (outside.dot(outside) < 1e-8).then_some(sink)
}

/// The edge is a cylinder of the sphere's radius around it, met by the centre: a quadratic equation across the edge.
fn sink_to_edge(centre: Vec3, radius: f32, p: Vec3, q: Vec3) -> Option<f32> {
    let edge = q - p;
    let square = edge.dot(edge);
    let offset = centre - p;
    let along = offset.dot(edge);
    let a = 1.0 - edge.y * edge.y / square;
    if a <= 1e-6 {
        return None;
    }
    let b = offset.y - edge.y * along / square;
    let c = offset.dot(offset) - along * along / square - radius * radius;
    let discriminant = b * b - a * c;
    if discriminant < 0.0 {
        return None;
    }
    let sink = (b - discriminant.sqrt()) / a;
    let share = (along - sink * edge.y) / square;
    (0.0..=1.0).contains(&share).then_some(sink)
}

fn sink_to_corner(centre: Vec3, radius: f32, corner: Vec3) -> Option<f32> {
    let offset = centre - corner;
    let across = radius * radius - (offset.x * offset.x + offset.z * offset.z);
    (across >= 0.0).then(|| offset.y - across.sqrt())
}

fn edges(face: &Face) -> [(Vec3, Vec3); 3] {
    [(face.a, face.b), (face.b, face.c), (face.c, face.a)]
}

fn unit(value: f32) -> f32 {
    clamp(value, 0.0, 1.0)
}
