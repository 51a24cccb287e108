/** One bot pushes a ball, once; all others stand at places around and look. For the test that everybody sees the same. */
import { BODIES, layout } from '../../worlds/plaza/layout.ts';
import { gesture, nearestFree } from '../behaviours/behaviours.ts';
import { CENTER, distance, freePlace, wayFromSpawn } from '../behaviours/ground.ts';
import { randomOf } from '../behaviours/random.ts';
import type { Behaviour, Place, Step } from '../behaviours/schema.ts';
import { targetOf } from './pushers.ts';

/** Until everybody has come and looks (unit: seconds). */
const PATIENCE_S = 18;
/** From the ball (unit: metres): from arm's length to across the plaza. */
const NEAREST = 2;
const FARTHEST = 25;

export function ball(count: number, seed: number): Behaviour[] {
  const random = randomOf(seed, count);
  const balls = layout().bodies.filter(({ kind }) => kind === 'ball');
  const fromCenter = ({ at }: (typeof balls)[number]) => distance([at[0], at[2]], CENTER);
  for (const { name, at, kind } of balls.sort((a, b) => fromCenter(a) - fromCenter(b))) {
    const place: Place = [at[0], at[2]];
    const target = targetOf(random, place, BODIES[kind].half);
    if (!target) continue;
    const pusher: Step[] = [
      { do: 'walk', to: wayFromSpawn(nearestFree(place)), speed: 3 },
      { do: 'stand', for_s: PATIENCE_S },
      { do: 'push', body: name, to: target, speed: 1, for_s: 15 },
      { do: 'stand', for_s: 3600 },
    ];
    const taken: Place[] = [place, target];
    return Array.from({ length: count }, (_, index) => {
      const own = randomOf(seed, index);
      const steps = index === 0 ? pusher : lookOn(own, place, taken, index / count);
      return { seed: seed + index, steps: [gesture(own, ['idle', 'look', 'talk']), ...steps] };
    });
  }
  throw new Error('no ball of the plaza has free ground beside it');
}

/** The first ones near, the last ones far. */
function lookOn(random: () => number, at: Place, taken: Place[], share: number): Step[] {
  const wanted = NEAREST + (FARTHEST - NEAREST) * share;
  const there = freePlace(random, 0.3, taken, (place) => {
    const away = distance(place, at);
    return away > wanted && away < wanted + 4;
  });
  taken.push(there);
  return [
    { do: 'walk', to: wayFromSpawn(there), speed: 3 },
    { do: 'face', at },
    { do: 'stand', for_s: 3600 },
  ];
}
