// Who plays: what the scenario says of each bot, beside its seat.
import { ROUTES } from '../../worlds/plaza/routes.ts';

export type Crowd = 'spread' | 'bunched';
export const CROWDS: readonly Crowd[] = ['spread', 'bunched'];

/** Parts of the executor's scenario: clips, and for each bot what is not its seat. */
export type Cast = { motion?: object; bots: readonly object[] };

export function castOf(_crowd: Crowd, bots: number, seed: number): Cast {
  return {
    bots: Array.from({ length: bots }, (_, index) => ({
      name: `Bot ${index + 1}`,
      behaviour: {
        seed: seed + index,
        steps: [{ do: 'walk', to: index % 2 === 0 ? ROUTES.stairs : ROUTES.wander }],
        again_from: 0,
      },
    })),
  };
}
