/**
 * Somebody who performs: five timelines and the habits that all gestures share. A hand takes as long as Fitts's law says,
 * the head turns to where a hand will go before it goes, the chest breathes.
 */
import { type Random, xorshift } from '../../worlds/plaza/random.ts';
import { type Plan, type Pose, points } from './body.ts';
import { bandNoise } from './noise.ts';
import { Timeline } from './timeline.ts';

export type Side = 'left' | 'right';

/** Fitts's law in Shannon's form: a start, and a share for each bit of distance against the size of the target. */
const START_S = 0.12;
const PER_BIT_S = 0.115;
const TARGET_M = 0.08;
/** How long before a hand the head sets off (unit: seconds). */
const HEAD_LEADS_S = 0.14;

const HAND_REST = [0.22, 0.93, -0.24, 0.5, 0];

export class Performer {
  readonly random: Random;
  readonly seconds: number;
  readonly trunk = new Timeline([0, 0, 0, 0, -0.03, 0]);
  readonly gaze = new Timeline([0, -0.08, 0]);
  readonly left = new Timeline(HAND_REST);
  readonly right = new Timeline(HAND_REST);
  readonly #breath = new Timeline([0]);

  constructor(seed: number, seconds: number) {
    this.random = xorshift(seed);
    this.seconds = seconds;
    this.#breathe();
  }

  /** Between two numbers. */
  between(from: number, to: number): number {
    return from + (to - from) * this.random();
  }

  /** A place near a place (unit: metres). */
  near([x, y, z, palm = 0, wrist = 0]: number[], spread: number): number[] {
    const off = () => this.between(-spread, spread);
    return [
      (x as number) + off(),
      (y as number) + off(),
      (z as number) + off(),
      palm + 3 * off(),
      wrist + 3 * off(),
    ];
  }

  /** A hand goes through places, as fast as people do at this tempo (1: at ease); returns when it arrives. */
  reach(side: Side, start: number, places: readonly number[][], tempo = 1): number {
    let from = this[side].place;
    const durations = places.map((to) => {
      const distance = Math.hypot(...[0, 1, 2].map((k) => (to[k] as number) - (from[k] as number)));
      from = to;
      const pace = START_S + PER_BIT_S * Math.log2(1 + distance / TARGET_M);
      return (pace / tempo) * this.between(0.9, 1.15);
    });
    return this[side].go(start, places, durations);
  }

  /** Both hands do the same, though not quite. */
  reachBoth(start: number, places: readonly number[][], tempo = 1, spread = 0.04): number {
    const together = Math.max(start, this.left.end, this.right.end);
    const sides = ['left', 'right'] as const;
    return Math.max(
      ...sides.map((side) =>
        this.reach(
          side,
          together,
          places.map((place) => this.near(place, spread)),
          tempo,
        ),
      ),
    );
  }

  relax(side: Side, start: number, tempo = 0.8): number {
    return this.reach(side, start, [this.near(HAND_REST, 0.03)], tempo);
  }

  /** Turns the head (radians: to the left, up), early enough to lead a hand that sets off at `handStart`. */
  look(handStart: number, yaw: number, pitch: number): number {
    const [fromYaw, fromPitch] = this.gaze.place as [number, number];
    const turn = Math.hypot(yaw - fromYaw, pitch - fromPitch);
    const roll = this.between(-0.04, 0.04) - 0.1 * yaw * this.random();
    const duration = (0.17 + 0.27 * turn) * this.between(0.9, 1.15);
    return this.gaze.go(Math.max(0, handStart - HEAD_LEADS_S), [[yaw, pitch, roll]], [duration]);
  }

  /** The trunk leans, turns or shifts its weight. */
  lean(start: number, places: readonly number[][], durations: readonly number[]): number {
    return this.trunk.go(start, places, durations);
  }

  /** Everything back to rest by the end of the clip, which begins there. */
  finish(): void {
    const start = this.seconds - 1.1;
    for (const line of [this.trunk, this.gaze, this.left, this.right]) {
      if (line.end > start + 0.3) throw new Error(`a gesture ends at ${line.end} s of ${this.seconds}`);
      line.go(start, [line.rest], [0.9 * this.between(0.9, 1)]);
    }
  }

  /** What a headset would track, so many times a second. */
  record(rate: number): [Pose, Pose, Pose][] {
    const shake = this.#unplanned();
    return Array.from({ length: Math.round(this.seconds * rate) }, (_, frame) => points(shake(frame / rate)));
  }

  /** Breath: drawn in faster than it is let out, no two alike, at rest at both ends. */
  #breathe(): void {
    let t = 0;
    while (t < this.seconds - 4.5) {
      const depth = this.between(0.004, 0.009);
      t = this.#breath.go(
        t,
        [[depth], [this.between(0, 0.001)]],
        [this.between(1.1, 1.7), this.between(1.6, 2.5)],
      );
    }
    const left = this.seconds - t;
    this.#breath.go(t, [[0.006], [0]], [0.4 * left, 0.55 * left]);
  }

  /** Sway of the trunk, drift and tremor of the hands, unrest of the head on top of what is planned. */
  #unplanned(): (t: number) => Plan {
    const noise = (low: number, high: number, rms: number) =>
      bandNoise(this.random, this.seconds, low, high, rms);
    const trunk = [0.007, 0.001, 0.01, 0.01, 0.006, 0.004].map((rms) => noise(0.08, 0.3, rms));
    const gaze = [0.02, 0.014, 0.008].map((rms) => noise(0.1, 0.4, rms));
    const hands = [0, 1].map(() => [0.005, 0.005, 0.005, 0.04, 0.03].map((rms) => noise(0.1, 0.5, rms)));
    const tremor = [0, 1].map(() => [0.0003, 0.0003, 0.0003, 0.002, 0.002].map((rms) => noise(4, 9, rms)));
    const with_ = (line: Timeline, t: number, ...noises: ((t: number) => number)[][]) =>
      line.at(t).map((value, k) => noises.reduce((sum, noise) => sum + (noise[k]?.(t) ?? 0), value));
    return (t) => {
      const breath = this.#breath.at(t)[0] as number;
      const body = with_(this.trunk, t, trunk);
      const [x, y, z, yaw, pitch, roll] = body as [number, number, number, number, number, number];
      return {
        trunk: [x, y + 0.5 * breath, z - 0.3 * breath, yaw, pitch + breath, roll],
        gaze: with_(this.gaze, t, gaze),
        left: with_(this.left, t, hands[0] ?? [], tremor[0] ?? []),
        right: with_(this.right, t, hands[1] ?? [], tremor[1] ?? []),
      };
    };
  }
}
