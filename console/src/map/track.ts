/**
 * What was heard of one moving thing, and where it was at a time between.
 *
 * Times are the server's, in milliseconds, from ticks (clock.ts). The map draws a little in the past, so that there are
 * two samples to draw between; it never guesses ahead. A thing that was silent stood still: the instance only tells of
 * bodies that moved.
 */
export interface PlayerPose {
  x: number;
  y: number;
  z: number;
  /** Radians about +y; 0 looks along −z. */
  yaw: number;
  grounded: boolean;
}

export interface BodyPose {
  x: number;
  y: number;
  z: number;
  qx: number;
  qy: number;
  qz: number;
  qw: number;
}

type Mix<P> = (from: P, to: P, k: number) => P;

interface Sample<P> {
  at: number;
  pose: P;
}

/** Farther than this between two samples is a teleport and is shown as one (unit: metres). */
const TELEPORT = 4;
/** A longer silence means that the thing stood still until just before it was heard again (unit: ms). */
const SILENCE = 350;
const HOLD = 100;
const KEPT = 16;

export class Track<P extends { x: number; y: number; z: number }> {
  readonly #samples: Sample<P>[] = [];
  readonly #mix: Mix<P>;

  constructor(mix: Mix<P>) {
    this.#mix = mix;
  }

  push(at: number, pose: P): void {
    const last = this.#samples.at(-1);
    if (last && at <= last.at) return;
    if (last && at - last.at > SILENCE) this.#samples.push({ at: at - HOLD, pose: last.pose });
    this.#samples.push({ at, pose });
    while (this.#samples.length > KEPT) this.#samples.shift();
  }

  latest(): P | null {
    return this.#samples.at(-1)?.pose ?? null;
  }

  at(time: number): P | null {
    const next = this.#samples.findIndex((sample) => sample.at > time);
    if (next === -1) return this.latest();
    const to = this.#samples[next];
    const from = this.#samples[next - 1];
    if (!to || !from) return to?.pose ?? null;
    if (distance(from.pose, to.pose) > TELEPORT) return from.pose;
    return this.#mix(from.pose, to.pose, (time - from.at) / (to.at - from.at));
  }
}

export function distance(a: { x: number; y: number; z: number }, b: typeof a): number {
  return Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
}

export function mixPlayers(from: PlayerPose, to: PlayerPose, k: number): PlayerPose {
  return {
    ...mixPlaces(from, to, k),
    yaw: from.yaw + shortestTurn(from.yaw, to.yaw) * k,
    grounded: to.grounded,
  };
}

/** Normalised linear mix: at 10 Hz its error against slerp is under a degree for anything a body does. */
export function mixBodies(from: BodyPose, to: BodyPose, k: number): BodyPose {
  const dot = from.qx * to.qx + from.qy * to.qy + from.qz * to.qz + from.qw * to.qw;
  const sign = dot < 0 ? -1 : 1;
  const part = (a: number, b: number) => a * (1 - k) + b * sign * k;
  const q = [part(from.qx, to.qx), part(from.qy, to.qy), part(from.qz, to.qz), part(from.qw, to.qw)] as const;
  const length = Math.hypot(...q) || 1;
  return {
    ...mixPlaces(from, to, k),
    qx: q[0] / length,
    qy: q[1] / length,
    qz: q[2] / length,
    qw: q[3] / length,
  };
}

function mixPlaces(a: { x: number; y: number; z: number }, b: typeof a, k: number) {
  return { x: a.x + (b.x - a.x) * k, y: a.y + (b.y - a.y) * k, z: a.z + (b.z - a.z) * k };
}

/** In (−π, π]. */
export function shortestTurn(from: number, to: number): number {
  const turn = (to - from) % (2 * Math.PI);
  if (turn > Math.PI) return turn - 2 * Math.PI;
  return turn <= -Math.PI ? turn + 2 * Math.PI : turn;
}
