/**
 * What a body does that nobody plans: sway, drift, tremor. A band of a random walk: white noise through three low-pass
 * filters of the first order, less its own slow part. The end leads into the beginning, so that a clip can be played in a
 * loop.
 */
import type { Random } from '../../worlds/plaza/random.ts';

const STEPS_HZ = 120;
const BLEND_S = 2;

/** Noise between two frequencies (unit: hertz) with this root mean square, for a loop of `seconds`. */
export function bandNoise(random: Random, seconds: number, low: number, high: number, rms: number) {
  const steps = Math.round((seconds + BLEND_S) * STEPS_HZ);
  const values = band(random, steps, low, high);
  const square = values.reduce((sum, value) => sum + value * value, 0) / steps;
  const loop = closed(values, Math.round(seconds * STEPS_HZ)).map(
    (value) => (value * rms) / Math.sqrt(square),
  );
  return (t: number): number => {
    const place = t * STEPS_HZ;
    const index = Math.floor(place);
    const [a, b] = [loop[index % loop.length] as number, loop[(index + 1) % loop.length] as number];
    return a + (b - a) * (place - index);
  };
}

function band(random: Random, steps: number, low: number, high: number): number[] {
  const shares = [low, high].map((hz) => 1 / (1 + STEPS_HZ / (2 * Math.PI * hz)));
  const [slow, fast] = shares as [number, number];
  let [first, second, third, mean] = [0, 0, 0, 0];
  const next = () => {
    const white = random() + random() + random() - 1.5;
    first += fast * (white - first);
    second += fast * (first - second);
    third += fast * (second - third);
    mean += slow * (third - mean);
    return third - mean;
  };
  for (let warm = 0; warm < STEPS_HZ / low; warm += 1) next();
  return Array.from({ length: steps }, next);
}

/** The first seconds are faded in over what comes after the end; the shares' squares add up to one, as noise does. */
function closed(values: number[], length: number): number[] {
  const blend = values.length - length;
  return values.slice(0, length).map((value, i) => {
    if (i >= blend) return value;
    const share = i / blend;
    return value * Math.sqrt(share) + (values[length + i] as number) * Math.sqrt(1 - share);
  });
}
