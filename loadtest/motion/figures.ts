/** What is said about the corpus: speeds and accelerations by differences of neighbouring frames. */
import type { Quat, Vec3 } from '../../worlds/plaza/vector.ts';
import type { Pose } from './body.ts';
import { RATE } from './clips.ts';

/** Slower is rest: a hand that hangs still sways so much (unit: metres a second). */
export const REST_MPS = 0.06;

export type Spread = { p50: number; p95: number; max: number };
export type Figures = {
  headSpeed: Spread;
  headTurn: Spread;
  headAcceleration: Spread;
  handSpeed: Spread;
  handAcceleration: Spread;
  /** Share of time at which a hand rests. */
  handRest: number;
};

/** Of one clip or several: m/s, degrees/s, m/s². The step from the last frame to the first counts, as clips are loops. */
export function figures(clips: readonly (readonly [Pose, Pose, Pose][])[]): Figures {
  const every = (points: number[], of: (points: Pose[]) => number[]) =>
    clips.flatMap((frames) => points.flatMap((k) => of(frames.map((frame) => frame[k] as Pose))));
  const handSpeeds = every([1, 2], speeds);
  return {
    headSpeed: spread(every([0], speeds)),
    headTurn: spread(every([0], turns)),
    headAcceleration: spread(every([0], accelerations)),
    handSpeed: spread(handSpeeds),
    handAcceleration: spread(every([1, 2], accelerations)),
    handRest: handSpeeds.filter((speed) => speed < REST_MPS).length / handSpeeds.length,
  };
}

export function speeds(points: readonly Pose[]): number[] {
  return points.map((point, i) => distance(point.position, at(points, i + 1).position) * RATE);
}

function accelerations(points: readonly Pose[]): number[] {
  return points.map((point, i) => {
    const [before, after] = [at(points, i - 1).position, at(points, i + 1).position];
    const middle = before.map((value, k) => (value + (after[k] as number)) / 2) as Vec3;
    return 2 * distance(point.position, middle) * RATE ** 2;
  });
}

function turns(points: readonly Pose[]): number[] {
  return points.map((point, i) => angle(point.rotation, at(points, i + 1).rotation) * RATE * (180 / Math.PI));
}

function angle(a: Quat, b: Quat): number {
  const across = Math.hypot(...a.map((value, k) => value - (b[k] as number)));
  return 4 * Math.asin(Math.min(1, across / 2));
}

function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const share = (k: number) => sorted[Math.min(sorted.length - 1, Math.floor(k * sorted.length))] as number;
  return { p50: share(0.5), p95: share(0.95), max: share(1) };
}

const at = (points: readonly Pose[], i: number) => points[(i + points.length) % points.length] as Pose;
const distance = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
