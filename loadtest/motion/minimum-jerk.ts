/**
 * The way a person's hand takes: from rest through given points at given times to rest with the least jerk (Flash and
 * Hogan, The Journal of Neuroscience 5(7), 1985). Between two points that is a polynomial of the fifth degree; over all of
 * them jerk and its derivative have no step, which gives one linear system for the speeds and accelerations at the points.
 */
export type Path = (t: number) => number[];

/** Shares of the third, fourth and fifth power of time in a piece of duration `h`, for (p0, v0, a0, p1, v1, a1). */
function powers(h: number): [number[], number[], number[]] {
  return [
    [-10 / h ** 3, -6 / h ** 2, -1.5 / h, 10 / h ** 3, -4 / h ** 2, 0.5 / h],
    [15 / h ** 4, 8 / h ** 3, 1.5 / h ** 2, -15 / h ** 4, 7 / h ** 3, -1 / h ** 2],
    [-6 / h ** 5, -3 / h ** 4, -0.5 / h ** 3, 6 / h ** 5, -3 / h ** 4, 0.5 / h ** 3],
  ];
}

/** `points[i]` is passed at `times[i]` (unit: seconds); before the first and after the last it rests there. */
export function minimumJerk(points: readonly number[][], times: readonly number[]): Path {
  const dimensions = points[0]?.length ?? 0;
  const knots = Array.from({ length: dimensions }, (_, k) =>
    solveKnots(
      points.map((point) => point[k] as number),
      times,
    ),
  );
  return (t) => {
    const last = times.length - 1;
    const clamped = Math.min(Math.max(t, times[0] as number), times[last] as number);
    let piece = 0;
    while (piece < last - 1 && clamped > (times[piece + 1] as number)) piece += 1;
    const [from, to] = [times[piece] as number, times[piece + 1] as number];
    return knots.map((at) => evaluate(at[piece] as Knot, at[piece + 1] as Knot, to - from, clamped - from));
  };
}

/** Place, speed, acceleration. */
type Knot = [number, number, number];

function evaluate(a: Knot, b: Knot, h: number, t: number): number {
  const [cubic, quartic, quintic] = powers(h).map((row) => dot(row, [...a, ...b])) as Knot;
  return a[0] + t * (a[1] + t * (a[2] / 2 + t * (cubic + t * (quartic + t * quintic))));
}

function solveKnots(places: readonly number[], times: readonly number[]): Knot[] {
  const inner = places.length - 2;
  const rows: number[][] = [];
  for (let i = 1; i <= inner; i += 1) rows.push(...smoothAt(i, inner, places, times));
  const solved = solve(rows);
  return places.map((place, i) =>
    i === 0 || i > inner ? [place, 0, 0] : [place, solved[2 * i - 2] as number, solved[2 * i - 1] as number],
  );
}

/** The equations "no step in the third" and "in the fourth derivative" at a point; the last column is the right side. */
function smoothAt(i: number, inner: number, places: readonly number[], times: readonly number[]): number[][] {
  const before = (times[i] as number) - (times[i - 1] as number);
  const after = (times[i + 1] as number) - (times[i] as number);
  const [c3, c4, c5] = powers(before);
  const [d3, d4] = powers(after);
  const jerkBefore = c3.map(
    (c, k) => c + 4 * before * (c4[k] as number) + 10 * before ** 2 * (c5[k] as number),
  );
  const snapBefore = c4.map((c, k) => c + 5 * before * (c5[k] as number));
  return [
    [jerkBefore, d3],
    [snapBefore, d4],
  ].map(([left, right]) => {
    const row = new Array<number>(2 * inner + 1).fill(0);
    const take = (knot: number, shares: number[]) => {
      row[2 * inner] = (row[2 * inner] as number) - (shares[0] as number) * (places[knot] as number);
      if (knot < 1 || knot > inner) return;
      row[2 * knot - 2] = (row[2 * knot - 2] as number) + (shares[1] as number);
      row[2 * knot - 1] = (row[2 * knot - 1] as number) + (shares[2] as number);
    };
    const [l, r] = [left as number[], (right as number[]).map((share) => -share)];
    take(i - 1, l.slice(0, 3));
    take(i, l.slice(3));
    take(i, r.slice(0, 3));
    take(i + 1, r.slice(3));
    return row;
  });
}

/** Gauss's elimination with the largest pivot. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k += 1) {
    let best = k;
    for (let i = k + 1; i < n; i += 1) if (size(rows, i, k) > size(rows, best, k)) best = i;
    [rows[k], rows[best]] = [rows[best] as number[], rows[k] as number[]];
    const pivot = rows[k] as number[];
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = (row[k] as number) / (pivot[k] as number);
      for (let j = k; j <= n; j += 1) row[j] = (row[j] as number) - factor * (pivot[j] as number);
    }
  }
  return rows.map((row, k) => (row[n] as number) / (row[k] as number));
}

const size = (rows: number[][], i: number, k: number) => Math.abs(rows[i]?.[k] as number);
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
