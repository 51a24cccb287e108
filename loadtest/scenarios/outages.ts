/** People all over the plaza, two of whom have trouble with their network. For the test that they come back to their bodies. */
import type { Behaviour } from '../behaviours/schema.ts';
import type { Fault } from './cast.ts';
import { spread } from './spread.ts';

export const outages = (count: number, seed: number): Behaviour[] => spread(count, seed);

/** Counted from when the bot came in (unit: seconds): a NAT that forgets the port, and a tunnel. */
export const OUTAGES: readonly (readonly Fault[])[] = [
  [{ kind: 'rebind', at_s: 14 }],
  [{ kind: 'silence', at_s: 14, for_s: 10 }],
];
