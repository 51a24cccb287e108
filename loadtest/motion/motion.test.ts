import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Vec3 } from '../../worlds/plaza/vector.ts';
import { type Pose, points, REACH, shoulder } from './body.ts';
import { CLIPS, clip, RATE } from './clips.ts';
import { figures } from './figures.ts';
import { FOLDER, read, write } from './file.ts';
import { minimumJerk } from './minimum-jerk.ts';
import { picture } from './picture.ts';
import { table } from './table.ts';

const names = Object.keys(CLIPS);
const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const corpus = names.map((name) => ({ name, frames: read(text(`clips/${name}.csv`)) }));
const all = figures(corpus.map(({ frames }) => frames));

test.each(names)('%s is what the generator makes, byte for byte', (name) => {
  expect(write(clip(name)) === text(`clips/${name}.csv`)).toBe(true);
});

test('picture and table are those of the files', () => {
  expect(picture(corpus) === text('motion.svg')).toBe(true);
  expect(text('README.md')).toContain(table(corpus));
});

test('there are eight clips or more of 10 to 20 s, in 300 KB', () => {
  expect(names.length).toBeGreaterThanOrEqual(8);
  for (const { frames } of corpus) {
    expect(frames.length / RATE).toBeGreaterThanOrEqual(10);
    expect(frames.length / RATE).toBeLessThanOrEqual(20);
  }
  const bytes = names.map((name) => statSync(new URL(`${name}.csv`, FOLDER)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
});

test('hands are as quick as people, heads too, and both come to rest', () => {
  expect(all.handSpeed.p95).toBeGreaterThan(1);
  expect(all.handSpeed.max).toBeLessThan(12); // a throw; a professional's is twice as fast
  expect(all.headSpeed.p95).toBeGreaterThan(0.1);
  expect(all.headSpeed.max).toBeLessThan(2.5);
  expect(all.headTurn.p95).toBeGreaterThan(40);
  expect(all.headTurn.max).toBeLessThan(500);
  expect(all.handAcceleration.max).toBeLessThan(150);
  expect(all.handRest).toBeGreaterThan(0.2);
  expect(all.handRest).toBeLessThan(0.7);
});

/** -2.048 to 2.047 m around and -1.024 to 3.071 m up, as `netcode/core/src/pose.rs` packs them. */
test('every point is within what a packed place can say, and a person can reach', () => {
  for (const { frames } of corpus) {
    for (const [head, left, right] of frames) {
      expect(Math.hypot(head.position[0], head.position[2])).toBeLessThan(0.6);
      expect(head.position[1]).toBeGreaterThan(1);
      expect(head.position[1]).toBeLessThan(1.8);
      for (const hand of [left, right]) {
        const [x, y, z] = hand.position;
        expect(Math.max(Math.abs(x), Math.abs(z))).toBeLessThan(1.2);
        expect(y).toBeGreaterThan(0.2);
        expect(y).toBeLessThan(2.2);
      }
    }
  }
});

test('no hand is further from its shoulder than an arm, however far it wants to go', () => {
  const trunk = [0.1, -0.1, 0, 0.5, -0.3, 0.1];
  for (const far of [0.3, 0.6, 1, 3]) {
    const wanted = [0.19, 1.42 + 0.3 * far, -far, 0, 0];
    const [, left, right] = points({ trunk, gaze: [0, 0, 0], left: wanted, right: wanted });
    for (const [hand, side] of [
      [left, -1],
      [right, 1],
    ] as const)
      expect(apart(hand.position, shoulder(trunk, side))).toBeLessThan(REACH);
  }
});

test('the end of a clip leads into its beginning', () => {
  for (const { name, frames } of corpus)
    for (const k of [0, 1, 2])
      expect([name, k, apart(place(frames, 0, k), place(frames, frames.length - 1, k)) < 0.02]).toEqual([
        name,
        k,
        true,
      ]);
});

test('a reach is the polynomial of Flash and Hogan', () => {
  const path = minimumJerk([[1], [3]], [2, 4]);
  for (const share of [0, 0.1, 0.35, 0.5, 0.9, 1]) {
    const expected = 1 + 2 * (10 * share ** 3 - 15 * share ** 4 + 6 * share ** 5);
    expect(path(2 + 2 * share)[0]).toBeCloseTo(expected, 9);
  }
  expect([path(0)[0], path(9)[0]]).toEqual([1, 3]);
});

test('a way through points passes them in time, smoothly up to the fourth derivative', () => {
  const [points, times] = [
    [[0], [1], [-0.5], [2]],
    [0, 0.4, 1, 1.3],
  ];
  const path = minimumJerk(points, times);
  for (const [i, t] of times.entries())
    expect(path(t)[0]).toBeCloseTo((points[i] as number[])[0] as number, 9);
  for (const t of times.slice(1, 3))
    for (const order of [1, 2, 3, 4]) {
      const [before, after] = [derivative(path, t, order, -1), derivative(path, t, order, 1)];
      expect(Math.abs(before - after) / (1 + Math.abs(before))).toBeLessThan(0.1);
    }
});

test('no other way with the same points and times has less jerk', () => {
  const times = [0, 0.5, 1];
  const jerk = (path: (t: number) => number[]) => {
    let sum = 0;
    for (let t = 0.01; t < 0.99; t += 0.005)
      if (Math.abs(t - 0.5) > 0.01) sum += derivative(path, t, 3, 0) ** 2;
    return sum;
  };
  const best = minimumJerk([[0], [1], [0]], times);
  // The same, bent by something that is zero with its first and second derivative at all three points.
  for (const bend of [-3000, 3000])
    expect(jerk((t) => [(best(t)[0] as number) + bend * (t * (t - 0.5) * (t - 1)) ** 3])).toBeGreaterThan(
      jerk(best),
    );
});

/** By differences on one side (-1, 1) or around (0). */
function derivative(path: (t: number) => number[], t: number, order: number, side: number): number {
  const h = 3e-4;
  const binomial = [[1], [1, 1], [1, 2, 1], [1, 3, 3, 1], [1, 4, 6, 4, 1]][order] as number[];
  const from = t + side * h * 0.5 - (order / 2) * h + (side * order * h) / 2;
  const sum = binomial.reduce(
    (total, share, k) => total + share * (-1) ** (order - k) * (path(from + k * h)[0] as number),
    0,
  );
  return sum / h ** order;
}

const place = (frames: readonly Pose[][], i: number, k: number) => frames[i]?.[k]?.position as Vec3;
const apart = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
