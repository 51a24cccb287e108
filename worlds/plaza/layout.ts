/**
 * Where everything in the plaza stands, as data; building.ts turns it into nodes.
 *
 * The statics follow the plaza that the character step was measured on (ramps of 20–60°, 8 and 10 steps of 25 cm, rolling
 * ground, a bumpy dome), so that its figures carry over; `stairs_a` moved beside the spawn points, where a visitor looks
 * first. Bodies begin at rest: an instance without visitors sleeps.
 */
import { type Random, xorshift } from './random.ts';
import { ROUTES } from './routes.ts';
import { add, circle, facing, IDENTITY, normalize, type Quat, rotate, type Vec3 } from './vector.ts';

export interface Block {
  name: string;
  kind: 'wall' | 'ramp' | 'steps' | 'box' | 'wood';
  at: Vec3;
  turn: Quat;
  /** Full extents (unit: metres). */
  size: Vec3;
}

export type BodyKind = 'ball' | 'bigBall' | 'crate' | 'heavyCrate' | 'cup';

export interface Body {
  name: string;
  kind: BodyKind;
  at: Vec3;
  turn: Quat;
}

export interface Place {
  name: string;
  at: Vec3;
  turn: Quat;
}

/** Half height (unit: metres), mass (kg) and surface of each kind of dynamic body. */
export const BODIES = {
  ball: { half: 0.25, mass: 0.8, friction: 0.5, restitution: 0.6 },
  bigBall: { half: 0.5, mass: 3, friction: 0.5, restitution: 0.5 },
  crate: { half: 0.25, mass: 8, friction: 0.6, restitution: 0.1 },
  heavyCrate: { half: 0.45, mass: 120, friction: 0.7, restitution: 0.05 },
  cup: { half: 0.1, mass: 0.4, friction: 0.5, restitution: 0.2 },
} as const satisfies Record<BodyKind, { half: number; mass: number; friction: number; restitution: number }>;

export const CUP_RADIUS = 0.08;

export const MARKER: Vec3 = [0, 0, 1];

/** Angle, sine and cosine of half of it: a ramp rises to +x by a rotation about z. */
const RAMPS = [
  [20, 0.173648178, 0.984807753],
  [35, 0.3007058, 0.953716951],
  [45, 0.382683432, 0.923879533],
  [48, 0.406736643, 0.913545458],
  [50, 0.422618262, 0.906307787],
  [52, 0.438371147, 0.898794046],
  [60, 0.5, 0.866025404],
] as const;

export const STAIRS_A = { x: 5, z: 1, steps: 8, platform: 3 };
export const RISE = 0.25;
export const TREAD = 0.35;

const TABLE = { x: -1.5, z: 9, top: 0.75, width: 3, depth: 1.2 };

export function walls(): Block[] {
  const along: [Vec3, Vec3][] = [
    [
      [30.5, 2, 0],
      [1, 4, 62],
    ],
    [
      [-30.5, 2, 0],
      [1, 4, 62],
    ],
    [
      [0, 2, 30.5],
      [62, 4, 1],
    ],
    [
      [0, 2, -30.5],
      [62, 4, 1],
    ],
  ];
  return along.map(([at, size], i) => ({ name: `wall_${i + 1}`, kind: 'wall', at, turn: IDENTITY, size }));
}

/** Seven ramps of 4 m; the foot edge of the top face lies on the ground. */
export function ramps(): Block[] {
  return RAMPS.map(([degrees, sin, cos], i) => {
    const turn: Quat = [0, 0, sin, cos];
    const foot: Vec3 = [-26, 0, -24 + 4 * i];
    return {
      name: `ramp_${degrees}`,
      kind: 'ramp',
      at: add(foot, rotate(turn, [2, -0.2, 0])),
      turn,
      size: [4, 0.4, 3],
    };
  });
}

/** A slab per step, each under all that are higher: solid from the side, 3 m wide. */
export function stairs(): Block[] {
  const { x, z, steps, platform } = STAIRS_A;
  const both = 2 * steps * TREAD + platform;
  const a = Array.from({ length: steps }, (_, k) =>
    slab(`stairs_a_${k + 1}`, x + k * TREAD, x + both - k * TREAD, k, z),
  );
  const b = Array.from({ length: 10 }, (_, k) =>
    slab(`stairs_b_${k + 1}`, 4 + k * TREAD, 4 + 10 * TREAD + 2, k, -22.5),
  );
  return [...a, ...b];
}

function slab(name: string, from: number, to: number, k: number, z: number): Block {
  const at: Vec3 = [(from + to) / 2, (k + 0.5) * RISE, z];
  return { name, kind: 'steps', at, turn: IDENTITY, size: [to - from, RISE, 3] };
}

/** Fifty boxes north of the spawn points; each seventh is tilted. */
export function boxes(random: Random): Block[] {
  const made: Block[] = [];
  while (made.length < 50) {
    const [x, z] = [-14 + 28 * random(), -17 + 12 * random()];
    const half: Vec3 = [0.2 + random(), 0.1 + 0.9 * random(), 0.2 + random()];
    const yaw = random() - 0.5;
    const [tiltX, tiltZ] = made.length % 7 ? [0, 0] : [0.2 * (random() - 0.5), 0.2 * (random() - 0.5)];
    const reach = Math.sqrt(half[0] ** 2 + half[2] ** 2);
    if (onRoute(x, z, reach + 0.8) || z + reach > -4.4) continue;
    made.push({
      name: `box_${made.length + 1}`,
      kind: 'box',
      at: [x, half[1], z],
      turn: normalize([tiltX, yaw, tiltZ, 1]),
      size: [half[0] * 2, half[1] * 2, half[2] * 2],
    });
  }
  return made;
}

/** A roof with 2.5 m of clearance on one wall, and the table that the chairs stand around. */
export function furniture(): Block[] {
  const { x, z, top, width, depth } = TABLE;
  return [
    { name: 'shed_roof', kind: 'wall', at: [20.5, 2.6, -10], turn: IDENTITY, size: [6, 0.2, 6] },
    { name: 'shed_wall', kind: 'wall', at: [20.5, 1.25, -12.9], turn: IDENTITY, size: [6, 2.5, 0.2] },
    { name: 'table_top', kind: 'wood', at: [x, top - 0.04, z], turn: IDENTITY, size: [width, 0.08, depth] },
    { name: 'table_leg_1', kind: 'wood', at: [x - 1.2, 0.335, z], turn: IDENTITY, size: [0.12, 0.67, 0.8] },
    { name: 'table_leg_2', kind: 'wood', at: [x + 1.2, 0.335, z], turn: IDENTITY, size: [0.12, 0.67, 0.8] },
  ];
}

/** Two chairs on either side of the table, facing it. */
export function chairs(): Place[] {
  const { x, z } = TABLE;
  const seats: [number, number][] = [
    [x - 0.75, z - 1.05],
    [x + 0.75, z - 1.05],
    [x - 0.75, z + 1.05],
    [x + 0.75, z + 1.05],
  ];
  return seats.map(([cx, cz], i) => ({
    name: `chair_${i + 1}`,
    at: [cx, 0, cz],
    turn: facing(0, cz < z ? 1 : -1),
  }));
}

/** Sixteen places on a ring around the marker's plaza, looking inwards. */
export function spawns(): Place[] {
  return circle(16).map(([x, z], i) => ({
    name: `spawn_${i + 1}`,
    at: [3 * x, 0, 3 * z],
    turn: facing(-x, -z),
  }));
}

/** 200 dynamic bodies: cups on table and boxes, crates in pyramids and about, balls about. */
export function bodies(random: Random, field: Block[]): Body[] {
  const laid: Omit<Body, 'name'>[] = [
    ...cups(field),
    ...pyramid('crate', 4, [-4.6, 15.5]),
    ...pyramid('crate', 4, [-4.6, 18.5]),
    ...pyramid('heavyCrate', 3, [-26, 7]),
    ...pyramid('heavyCrate', 3, [-26, 11]),
  ];
  scatter(laid, random, field, 'heavyCrate', 18);
  scatter(laid, random, field, 'crate', 20);
  scatter(laid, random, field, 'bigBall', 20);
  scatter(laid, random, field, 'ball', 60);
  const counts = { ball: 0, crate: 0, cup: 0 };
  return laid.map((body) => {
    const word = body.kind.toLowerCase().endsWith('ball') ? 'ball' : body.kind === 'cup' ? 'cup' : 'crate';
    counts[word] += 1;
    return { ...body, name: `${word}_${String(counts[word]).padStart(3, '0')}` };
  });
}

function cups(field: Block[]): Omit<Body, 'name'>[] {
  const { x, z, top } = TABLE;
  const onTable = Array.from({ length: 20 }, (_, i): Vec3 => {
    return [x - 1.17 + 0.26 * (i % 10), top + BODIES.cup.half, z + (i < 10 ? -0.3 : 0.3)];
  });
  const level = field.filter((block) => block.turn[0] === 0).slice(0, 30);
  const onBoxes = level.map((block): Vec3 => add(block.at, [0, block.size[1] / 2 + BODIES.cup.half, 0]));
  return [...onTable, ...onBoxes].map((at) => ({ kind: 'cup', at, turn: IDENTITY }));
}

/** A wall of `wide` boxes at its foot, one fewer in each row. */
function pyramid(kind: 'crate' | 'heavyCrate', wide: number, [x, z]: [number, number]): Omit<Body, 'name'>[] {
  const { half } = BODIES[kind];
  const pitch = half * 2 + 0.02;
  return Array.from({ length: wide }, (_, row) =>
    Array.from({ length: wide - row }, (_, column): Omit<Body, 'name'> => {
      return { kind, at: [x + (column + row / 2) * pitch, half + row * half * 2, z], turn: IDENTITY };
    }),
  ).flat();
}

function scatter(
  laid: Omit<Body, 'name'>[],
  random: Random,
  field: Block[],
  kind: BodyKind,
  count: number,
): void {
  const { half } = BODIES[kind];
  const round = kind === 'ball' || kind === 'bigBall';
  const reach = round ? half : half * Math.SQRT2;
  for (let placed = 0; placed < count; ) {
    const [x, z] = [-28.5 + 57 * random(), -28.5 + 57 * random()];
    const turn = round ? IDENTITY : normalize<Quat>([0, random() - 0.5, 0, 1]);
    if (!isFree(x, z, reach + 0.1, field) || laid.some(({ at }) => near(x, z, at[0], at[2], reach + 1.2)))
      continue;
    laid.push({ kind, at: [x, half, z], turn });
    placed += 1;
  }
}

/** Rectangles of level ground that something else stands on: [x, z, x, z]. */
const TAKEN: readonly (readonly [number, number, number, number])[] = [
  [-5.5, -4.5, 4.8, 5.5], // spawn points
  [4, -2.5, 16.5, 3], // stairs_a and the way back
  [3.9, 3.9, 24.1, 24.1], // rolling ground
  [-21.1, 6.9, -6.9, 21.1], // dome
  [-28.9, -26, -20.5, 3], // ramps
  [3.5, -24.3, 10, -20.7], // stairs_b
  [17, -14, 24, -6.5], // shed
  [-3.5, 7, 0.5, 11], // table and chairs
  [-5.4, 14.9, -2, 19.1], // crate pyramids
  [-27, 5, -22.5, 12.5], // heavy pyramids
];

export function isFree(x: number, z: number, reach: number, field: Block[]): boolean {
  const inTaken = TAKEN.some(
    ([x0, z0, x1, z1]) => x > x0 - reach && x < x1 + reach && z > z0 - reach && z < z1 + reach,
  );
  const onBox = field.some(({ at, size }) =>
    near(x, z, at[0], at[2], reach + Math.sqrt(size[0] ** 2 + size[2] ** 2) / 2),
  );
  return !inTaken && !onBox && !onRoute(x, z, reach + 0.7);
}

function near(x: number, z: number, atX: number, atZ: number, distance: number): boolean {
  return (x - atX) ** 2 + (z - atZ) ** 2 < distance ** 2;
}

/** Whether a disc touches one of the bots' ways. */
export function onRoute(x: number, z: number, reach: number): boolean {
  return Object.values(ROUTES).some((route) =>
    route.some(([ax, az], i) => {
      const [bx, bz] = route[(i + 1) % route.length] as readonly [number, number];
      const [dx, dz] = [bx - ax, bz - az];
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (z - az) * dz) / (dx * dx + dz * dz)));
      return near(x, z, ax + along * dx, az + along * dz, reach);
    }),
  );
}

export function layout() {
  const field = boxes(xorshift(77));
  return {
    blocks: [...walls(), ...ramps(), ...stairs(), ...field, ...furniture()],
    chairs: chairs(),
    spawns: spawns(),
    bodies: bodies(xorshift(4711), field),
  };
}
