/**
 * The plaza's free ground as a grid, by its layout: where a body of 0.3 m radius can stand at the start, and a way from one
 * such place to another (A*, then straight where nothing is between). What is pushed about later a bot has to avoid itself.
 */
import { BODIES, layout, STAIRS_A, TREAD } from '../../worlds/plaza/layout.ts';
import type { Random } from './random.ts';
import type { Place } from './schema.ts';

/** Unit: metres. */
const CELL = 0.25;
const HALF = 29.5;
const SIDE = Math.round((2 * HALF) / CELL);
const PERSON = 0.4;

/** Rectangles that nobody shall walk through: x, z, x, z. The rolling ground and the dome are steep. */
const CLOSED: readonly (readonly [number, number, number, number])[] = [
  [STAIRS_A.x, STAIRS_A.z - 1.5, STAIRS_A.x + 16 * TREAD + STAIRS_A.platform, STAIRS_A.z + 1.5],
  [3.9, 3.9, 24.1, 24.1], // rolling ground
  [-21.1, 6.9, -6.9, 21.1], // dome
  [-27, -26, -21, 3], // ramps
  [3.9, -24.1, 9.6, -20.9], // stairs_b
  [17.4, -13.1, 23.6, -6.9], // shed
  [-3.2, 7.2, 0.2, 10.8], // table and chairs
];

/** How far each cell is from the nearest thing, less the person (unit: metres). */
const clearances: readonly number[] = reachable(measure());

/** The same, at a place; negative where one cannot stand or where no way leads from the spawn points. */
export function clearance([x, z]: Place): number {
  const [column, row] = [cellOf(x), cellOf(z)];
  const inside = column >= 0 && row >= 0 && column < SIDE && row < SIDE;
  return inside ? (clearances[row * SIDE + column] as number) : -1;
}

/** A place with so much room around it, such that `accept` likes it; of many the one farthest from all of `taken`. */
export function freePlace(
  random: Random,
  room: number,
  taken: readonly Place[],
  accept: (place: Place) => boolean = () => true,
): Place {
  let best: { place: Place; away: number } | undefined;
  for (let tried = 0, found = 0; found < 12 && tried < 20_000; tried += 1) {
    const place: Place = [(2 * random() - 1) * HALF, (2 * random() - 1) * HALF];
    if (clearance(place) < room || !accept(place)) continue;
    found += 1;
    const away = Math.min(...taken.map((other) => distance(place, other)), 100);
    if (!best || away > best.away) best = { place, away };
  }
  if (!best) throw new Error(`the plaza has no free place with ${room} m around it`);
  return best.place;
}

/** The middle of the ring of spawn points. */
export const CENTER: Place = [0, 0];

/** Waypoints from one place to another, the last one included. */
export function way(from: Place, to: Place): Place[] | undefined {
  const cells = search(indexOf(from), indexOf(to));
  if (!cells) return undefined;
  const places = [...cells.slice(0, -1).map(placeOf), to];
  const waypoints: Place[] = [];
  let at = from;
  for (let i = 0; i < places.length - 1; i += 1) {
    if (isStraight(at, places[i + 1] as Place)) continue;
    at = places[i] as Place;
    waypoints.push(at);
  }
  return [...waypoints, to];
}

/**
 * The same from wherever the server sets somebody down: the first waypoint is where the way leaves the free square around the
 * spawn points.
 */
export function wayFromSpawn(to: Place): Place[] {
  const waypoints = way(CENTER, to);
  if (!waypoints) throw new Error(`there is no way to ${to}`);
  const [first, ...others] = waypoints as [Place, ...Place[]];
  const reach = Math.max(Math.abs(first[0]), Math.abs(first[1]));
  const edge: Place = [(first[0] * 3.8) / reach, (first[1] * 3.8) / reach];
  return reach > 3.8 ? [edge, first, ...others] : waypoints;
}

/** Whether nothing is in the way between two places. */
export function isStraight(from: Place, to: Place): boolean {
  const steps = Math.ceil(distance(from, to) / (CELL / 2));
  for (let k = 0; k <= steps; k += 1) {
    const share = steps === 0 ? 0 : k / steps;
    const place: Place = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
    if (clearance(place) < 0) return false;
  }
  return true;
}

export function distance(a: Place, b: Place): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function measure(): number[] {
  const { blocks, bodies } = layout();
  const round = [
    ...blocks
      .filter(({ kind }) => kind === 'box')
      .map(({ at, size }) => ({ at: [at[0], at[2]] as Place, reach: Math.hypot(size[0], size[2]) / 2 })),
    ...bodies
      .filter(({ at, kind }) => at[1] < 1 && kind !== 'cup')
      .map(({ at, kind }) => ({ at: [at[0], at[2]] as Place, reach: BODIES[kind].half * Math.SQRT2 })),
  ];
  return Array.from({ length: SIDE * SIDE }, (_, index) => {
    const place = placeOf(index);
    const border = HALF - Math.max(Math.abs(place[0]), Math.abs(place[1]));
    const rectangles = CLOSED.map(([x0, z0, x1, z1]) =>
      Math.hypot(outside(place[0], x0, x1), outside(place[1], z0, z1)),
    );
    const rounds = round.map(({ at, reach }) => distance(place, at) - reach);
    return Math.min(border, ...rectangles, ...rounds) - PERSON;
  });
}

/** What no way leads to is as good as closed. */
function reachable(open: readonly number[]): number[] {
  const start = indexOf([0, 0]);
  const reached = new Set([start]);
  for (const cell of reached)
    for (const next of neighboursOf(cell)) if ((open[next.cell] as number) >= 0) reached.add(next.cell);
  return open.map((room, cell) => (reached.has(cell) ? room : Math.min(room, -0.01)));
}

function outside(value: number, low: number, high: number): number {
  return Math.max(low - value, value - high, 0);
}

function cellOf(value: number): number {
  return Math.floor((value + HALF) / CELL);
}

function indexOf([x, z]: Place): number {
  return cellOf(z) * SIDE + cellOf(x);
}

function placeOf(index: number): Place {
  return [((index % SIDE) + 0.5) * CELL - HALF, (Math.floor(index / SIDE) + 0.5) * CELL - HALF];
}

/** The eight cells around one, each with how far it is (unit: cells). */
function neighboursOf(cell: number): { cell: number; length: number }[] {
  const [column, row] = [cell % SIDE, Math.floor(cell / SIDE)];
  const around = [];
  for (let z = Math.max(0, row - 1); z <= Math.min(SIDE - 1, row + 1); z += 1)
    for (let x = Math.max(0, column - 1); x <= Math.min(SIDE - 1, column + 1); x += 1)
      if (x !== column || z !== row)
        around.push({ cell: z * SIDE + x, length: x === column || z === row ? 1 : Math.SQRT2 });
  return around;
}

/** Cells from one to the other (A*), the first one left out. */
function search(from: number, to: number): number[] | undefined {
  const goal = placeOf(to);
  const estimate = (cell: number) => distance(placeOf(cell), goal) / CELL;
  const costs = new Map([[from, 0]]);
  const cameFrom = new Map<number, number>();
  const open = new Heap();
  open.push(from, estimate(from));
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    if (cell === to) return trace(cameFrom, from, to);
    for (const { cell: next, length } of neighboursOf(cell)) {
      const room = clearances[next] as number;
      if (room < 0) continue;
      // Narrow places are a longer way.
      const cost = (costs.get(cell) as number) + length * (room < 0.4 ? 2 : 1);
      if (cost >= (costs.get(next) ?? Number.POSITIVE_INFINITY)) continue;
      costs.set(next, cost);
      cameFrom.set(next, cell);
      open.push(next, cost + estimate(next));
    }
  }
  return undefined;
}

function trace(cameFrom: Map<number, number>, from: number, to: number): number[] {
  const cells: number[] = [];
  for (let cell = to; cell !== from; cell = cameFrom.get(cell) as number) cells.push(cell);
  return cells.reverse();
}

/** The least first. */
class Heap {
  readonly #items: { value: number; key: number }[] = [];

  push(value: number, key: number): void {
    const items = this.#items;
    items.push({ value, key });
    for (let i = items.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (this.#key(parent) <= this.#key(i)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!top || !last) return undefined;
    if (items.length > 0) items[0] = last;
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const child = this.#key(right) < this.#key(left) ? right : left;
      if (this.#key(child) >= this.#key(i)) return top.value;
      this.#swap(i, child);
      i = child;
    }
  }

  #key(i: number): number {
    return this.#items[i]?.key ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    [items[a], items[b]] = [items[b] as (typeof items)[0], items[a] as (typeof items)[0]];
  }
}
