/** The corpus: eight clips of fourteen seconds, each from a seed. */
import type { Pose } from './body.ts';
import * as gesture from './gestures.ts';
import { Performer, type Side } from './performer.ts';

/** Frames a second. */
export const RATE = 30;
const SECONDS = 14;

/** So long after the start of its last gesture a clip must be able to come to rest (unit: seconds). */
const CODA_S = 3.6;

export const CLIPS: Record<string, (p: Performer) => void> = {
  talk: (p) =>
    fill(p, 0.3, (t) => {
      const kind = p.random();
      const sides = kind < 0.45 ? 'both' : kind < 0.85 ? 'right' : 'left';
      const end = gesture.beats(p, t, sides);
      if (p.random() < 0.4) for (const side of ['left', 'right'] as const) p.relax(side, end);
      return end + p.between(0.1, 0.9);
    }),
  wave: (p) =>
    fill(p, 0.5, (t) => {
      const side = pick(p, 0.7);
      const end = gesture.wave(p, t, side);
      return p.relax(side, end + p.between(0, 0.3)) + p.between(0.2, 0.9);
    }),
  point: (p) =>
    fill(p, 0.4, (t) => {
      const side = pick(p, 0.65);
      const end = gesture.point(p, t, side);
      return p.relax(side, end + p.between(0.2, 0.7)) + p.between(0, 0.6);
    }),
  dance: (p) => {
    const beat = p.between(0.46, 0.52);
    fill(p, 0.3, (t) => gesture.dance(p, t, 1, beat), 3);
  },
  throw: (p) =>
    fill(p, 0.5, (t) => {
      const side = pick(p, 0.75);
      const end = gesture.throwBall(p, t, side);
      p.relax(side, end + 0.1);
      return end + p.between(0.7, 1.2);
    }),
  look: (p) => fill(p, 0.4, (t) => gesture.glance(p, t) + p.between(0.2, 1.1)),
  idle: (p) =>
    fill(p, 1.2, (t) => {
      const kind = p.random();
      if (kind < 0.4) return gesture.shiftWeight(p, t) + p.between(0.5, 1.8);
      if (kind < 0.55) return gesture.touchFace(p, t) + p.between(0.3, 1.5);
      return p.look(t, p.between(-0.5, 0.5), p.between(-0.25, 0.1)) + p.between(0.8, 2.2);
    }),
  cheer: (p) =>
    fill(p, 0.3, (t) => (p.random() < 0.6 ? gesture.cheer(p, t) : gesture.clap(p, t)) + p.between(0, 0.5)),
};

export function clip(name: string): [Pose, Pose, Pose][] {
  const act = CLIPS[name];
  if (!act) throw new Error(`there is no clip ${name}`);
  const performer = new Performer(seedOf(name), SECONDS);
  act(performer);
  performer.finish();
  return performer.record(RATE);
}

/** Gesture after gesture, for as long as there is time for another. */
function fill(p: Performer, start: number, next: (t: number) => number, coda = CODA_S): void {
  for (let t = start; t < p.seconds - 1 - coda; ) t = next(t);
}

const pick = (p: Performer, right: number): Side => (p.random() < right ? 'right' : 'left');

const seedOf = (name: string) =>
  [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 20_260) % 2 ** 31;
