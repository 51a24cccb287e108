/**
 * Crowds: who plays, beside the seats that the control plane gives. `cast` is what the executor's scenario needs of it: for each
 * bot a name and a behaviour, and the clips of all.
 */
import { fileURLToPath } from 'node:url';
import { type Behaviour, behaviour } from '../behaviours/schema.ts';
import { CLIPS } from '../motion/clips.ts';
import { FOLDER } from '../motion/file.ts';
import { ball } from './ball.ts';
import { bunched } from './bunched.ts';
import { OUTAGES, outages } from './outages.ts';
import { pushers } from './pushers.ts';
import { spread } from './spread.ts';

export const CROWDS = { spread, bunched, pushers, ball, outages } satisfies Record<
  string,
  (count: number, seed: number) => Behaviour[]
>;
export type Crowd = keyof typeof CROWDS;

export type Cast = {
  motion: Record<string, { path: string }>;
  bots: { name: string; behaviour: Behaviour; faults?: readonly Fault[] }[];
};

/** What goes wrong with a bot's network, so long after it came in (unit: seconds). */
export type Fault = { kind: 'rebind'; at_s: number } | { kind: 'silence'; at_s: number; for_s: number };

/** The same bots for the same seed, whoever asks. */
export function cast(crowd: Crowd, count: number, seed: number): Cast {
  const behaviours = CROWDS[crowd](count, seed).map((made) => behaviour.parse(made));
  const bots = behaviours.map((made, index) => ({
    name: `Bot ${index + 1}`,
    behaviour: made,
    faults: (crowd === 'outages' && OUTAGES[index]) || [],
  }));
  return { motion: motion(), bots };
}

/** All clips of the corpus, as files. */
export function motion(): Record<string, { path: string }> {
  const names = Object.keys(CLIPS);
  return Object.fromEntries(
    names.map((name) => [name, { path: fileURLToPath(new URL(`${name}.csv`, FOLDER)) }]),
  );
}
