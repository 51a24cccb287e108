/**
 * The few vector and quaternion operations the plaza is built with: + − × ÷ and sqrt only.
 *
 * `Math.sin` and its kin may differ in the last bit between JavaScript engines, and the plaza's bytes are hashed; sqrt is
 * exact by IEEE 754. Rotations therefore come as quaternion literals, directions and circles by halving angles.
 */
export type Pair = [number, number];
export type Vec3 = [number, number, number];
export type Quat = [number, number, number, number];

export const IDENTITY: Quat = [0, 0, 0, 1];

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, k: number): Vec3 => [a[0] * k, a[1] * k, a[2] * k];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

export function normalize<V extends number[]>(v: V): V {
  const length = Math.sqrt(v.reduce((sum, c) => sum + c * c, 0));
  return v.map((c) => c / length) as V;
}

export function rotate(q: Quat, v: Vec3): Vec3 {
  const u: Vec3 = [q[0], q[1], q[2]];
  const t = scale(cross(u, v), 2);
  return add(add(v, scale(t, q[3])), cross(u, t));
}

/** The rotation about +y that turns −z (Godot's forward) to the given unit direction. */
export function facing(x: number, z: number): Quat {
  const cos = Math.sqrt((1 - z) / 2);
  const sin = Math.sqrt((1 + z) / 2);
  return [0, x > 0 ? -sin : sin, 0, cos];
}

/** `count` unit vectors, a power of two ≥ 4, around the circle from +x over +z. */
export function circle(count: number): Pair[] {
  let points: Pair[] = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ];
  while (points.length < count) {
    points = points.flatMap((p, i) => {
      const next = points[(i + 1) % points.length] as Pair;
      return [p, normalize<Pair>([p[0] + next[0], p[1] + next[1]])];
    });
  }
  return points;
}
