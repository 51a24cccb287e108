/**
 * Triangle surfaces as plain arrays: what a mesh is made of before glTF knows of it.
 *
 * Colours are linear RGB in [0, 1]; winding is counter-clockwise seen from outside. Lathes stand on the y axis.
 */
import {
  add,
  circle,
  cross,
  normalize,
  type Pair,
  type Quat,
  rotate,
  subtract,
  type Vec3,
} from './vector.ts';

export interface Surface {
  positions: number[];
  normals: number[];
  colors: number[];
  indices: number[];
}

export type Rgb = Vec3;

export const WHITE: Rgb = [1, 1, 1];

export function join(...parts: Surface[]): Surface {
  const whole: Surface = { positions: [], normals: [], colors: [], indices: [] };
  for (const part of parts) {
    const base = whole.positions.length / 3;
    whole.positions.push(...part.positions);
    whole.normals.push(...part.normals);
    whole.colors.push(...part.colors);
    whole.indices.push(...part.indices.map((index) => index + base));
  }
  return whole;
}

export function place(part: Surface, at: Vec3, turn: Quat): Surface {
  const each = (values: number[], move: (v: Vec3) => Vec3) =>
    values.flatMap((_, i) => (i % 3 ? [] : move(values.slice(i, i + 3) as Vec3)));
  return {
    ...part,
    positions: each(part.positions, (v) => add(rotate(turn, v), at)),
    normals: each(part.normals, (v) => rotate(turn, v)),
  };
}

function quad(corners: [Vec3, Vec3, Vec3, Vec3], color: Rgb): Surface {
  const normal = normalize(cross(subtract(corners[1], corners[0]), subtract(corners[2], corners[0])));
  return {
    positions: corners.flat(),
    normals: [...normal, ...normal, ...normal, ...normal],
    colors: [...color, ...color, ...color, ...color],
    indices: [0, 1, 2, 0, 2, 3],
  };
}

/** A horizontal rectangle that looks up. */
export function floor(x: number, z: number, width: number, depth: number, y: number, color: Rgb): Surface {
  const [x1, z1] = [x + width, z + depth];
  return quad(
    [
      [x, y, z],
      [x, y, z1],
      [x1, y, z1],
      [x1, y, z],
    ],
    color,
  );
}

/** A box about the origin with flat faces. */
export function box(size: Vec3, color: Rgb = WHITE): Surface {
  const [x, y, z] = [size[0] / 2, size[1] / 2, size[2] / 2];
  const faces: [Vec3, Vec3, Vec3, Vec3][] = [
    [
      [-x, y, -z],
      [-x, y, z],
      [x, y, z],
      [x, y, -z],
    ],
    [
      [-x, -y, z],
      [-x, -y, -z],
      [x, -y, -z],
      [x, -y, z],
    ],
    [
      [-x, -y, z],
      [x, -y, z],
      [x, y, z],
      [-x, y, z],
    ],
    [
      [x, -y, -z],
      [-x, -y, -z],
      [-x, y, -z],
      [x, y, -z],
    ],
    [
      [x, -y, z],
      [x, -y, -z],
      [x, y, -z],
      [x, y, z],
    ],
    [
      [-x, -y, -z],
      [-x, -y, z],
      [-x, y, z],
      [-x, y, -z],
    ],
  ];
  return join(...faces.map((corners) => quad(corners, color)));
}

/**
 * A profile of [radius, y] points turned about the y axis; the profile runs upwards outside and downwards inside.
 * Smooth around, flat between profile points.
 */
export function lathe(profile: Pair[], sides: number, color: (side: number, ring: number) => Rgb): Surface {
  const ring = circle(sides);
  const bands = profile.slice(1).map((to, k) => {
    const from = profile[k] as Pair;
    const slope = normalize<Pair>([to[1] - from[1], from[0] - to[0]]);
    const corner = (side: number, [radius, y]: Pair): [Vec3, Vec3] => {
      const [c, s] = ring[side % sides] as Pair;
      return [
        [c * radius, y, s * radius],
        [c * slope[0], slope[1], s * slope[0]],
      ];
    };
    return join(
      ...ring.map((_, side) => {
        const corners = [corner(side, from), corner(side, to), corner(side + 1, to), corner(side + 1, from)];
        const tint = color(side, k);
        return {
          positions: corners.flatMap(([position]) => position),
          normals: corners.flatMap(([, normal]) => normal),
          colors: [...tint, ...tint, ...tint, ...tint],
          indices: to[0] === 0 ? [0, 1, 3] : from[0] === 0 ? [0, 1, 2] : [0, 1, 2, 0, 2, 3],
        };
      }),
    );
  });
  return join(...bands);
}

/** A sphere in beach-ball panels, so that its rolling is seen. */
export function ball(radius: number, light: Rgb, dark: Rgb): Surface {
  const sides = 16;
  const half = circle(sides)
    .slice(0, sides / 2 + 1)
    .map(([c, s]): Pair => [s * radius, -c * radius]);
  half[0] = [0, -radius];
  half[half.length - 1] = [0, radius];
  const surface = lathe(half, sides, (side) => (side % 4 < 2 ? light : dark));
  return { ...surface, normals: surface.positions.map((value) => value / radius) };
}

/** `point(u, v)` over a grid of `columns × rows` cells, u and v in [0, 1]; normals smoothed over the triangles. */
export function terrain(
  columns: number,
  rows: number,
  point: (column: number, row: number) => Vec3,
  tint: (position: Vec3, normal: Vec3) => Rgb,
): Surface {
  const points: Vec3[] = [];
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) points.push(point(column, row));
  }
  const indices: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const a = row * (columns + 1) + column;
      const c = a + columns + 1;
      indices.push(a, c, a + 1, a + 1, c, c + 1);
    }
  }
  const normals = smoothNormals(points, indices);
  return {
    positions: points.flat(),
    normals: normals.flat(),
    colors: points.flatMap((position, i) => tint(position, normals[i] as Vec3)),
    indices,
  };
}

function smoothNormals(points: Vec3[], indices: number[]): Vec3[] {
  const sums = points.map((): Vec3 => [0, 0, 0]);
  for (let i = 0; i < indices.length; i += 3) {
    const corners = indices.slice(i, i + 3);
    const [a, b, c] = corners.map((index) => points[index]) as [Vec3, Vec3, Vec3];
    const face = cross(subtract(b, a), subtract(c, a));
    for (const index of corners) sums[index] = add(sums[index] as Vec3, face);
  }
  return sums.map(normalize);
}
