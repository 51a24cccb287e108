// §4 and §5: places, rotations, and the tracked points of head and hands.
import type { BitReader } from './bits.ts';

/** A quaternion's three smaller parts in steps, and which one is the largest (0 x … 3 w). */
export interface Rotation {
  largest: number;
  parts: number[];
}

/** A tracked point, in steps: what it stands for is {@link pointAt}. */
export interface Point extends Rotation {
  place: number[];
}

export const PLACE_WIDTHS = [20, 19, 20] as const;
export const POINT_WIDTH = 12;
export const POINT_PART_WIDTH = 9;
export const BODY_PART_WIDTH = 11;

/** The place of a player's feet or a body's origin (unit: metres). */
export function placeAt([x, y, z]: readonly number[]): number[] {
  return [Number(x) / 1024 - 512, Number(y) / 1024 - 256, Number(z) / 1024 - 512];
}

/** A quaternion x, y, z, w of length one. */
export function rotationAt({ largest, parts }: Rotation, width: number): number[] {
  const steps = 2 ** width - 1;
  const smaller = parts.map((part) => (part / steps - 0.5) * Math.SQRT2);
  const rest = 1 - smaller.reduce((sum, part) => sum + part * part, 0);
  // Three large parts are what only a hostile peer sends: they are a rotation all the same, once they are scaled.
  const scale = rest < 0 ? 1 / Math.sqrt(1 - rest) : 1;
  const rotation = smaller.map((part) => part * scale);
  rotation.splice(largest, 0, rest < 0 ? 0 : Math.sqrt(rest));
  return rotation;
}

/** Where a point is in the player's frame (unit: metres). */
export function pointAt({ place: [x, y, z] }: Point): number[] {
  return [Number(x) / 1000 - 2.048, Number(y) / 1000 - 1.024, Number(z) / 1000 - 2.048];
}

export function readRotation(input: BitReader, width: number): Rotation {
  const largest = input.read(2, 'the largest part');
  return { largest, parts: [0, 1, 2].map(() => input.read(width, 'a part of a rotation')) };
}

/** Head, left hand, right hand, when there are any. */
export function readPoints(input: BitReader): Point[] | null {
  if (!input.flag('whether there are points')) return null;
  return ['head', 'left hand', 'right hand'].map((name) => {
    const place = [0, 1, 2].map(() => input.read(POINT_WIDTH, `the place of the ${name}`));
    return { place, ...readRotation(input, POINT_PART_WIDTH) };
  });
}
