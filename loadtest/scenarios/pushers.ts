/** Every bot has a ball of its own and pushes it to and fro over free ground; who finds none free visits places instead. */
import { BODIES, layout } from '../../worlds/plaza/layout.ts';
import { push, visit } from '../behaviours/behaviours.ts';
import { distance, freePlace, isStraight } from '../behaviours/ground.ts';
import { type Random, randomOf } from '../behaviours/random.ts';
import type { Behaviour, Place } from '../behaviours/schema.ts';

/** How far a ball is pushed at a time (unit: metres). */
const LEAST = 2.5;
const MOST = 6;

export function pushers(count: number, seed: number): Behaviour[] {
  const balls = layout().bodies.filter(({ kind }) => kind === 'ball' || kind === 'bigBall');
  const random = randomOf(seed, count);
  const shuffled = balls.map((ball) => ({ ball, key: random() })).sort((a, b) => a.key - b.key);
  return Array.from({ length: count }, (_, index) => {
    const own = randomOf(seed, index);
    for (let next = shuffled.pop(); next; next = shuffled.pop()) {
      const { name, kind, at } = next.ball;
      const targets = targetsOf(own, [at[0], at[2]], BODIES[kind].half);
      if (targets) return push(own, { name, at: [at[0], at[2]] }, targets);
    }
    return visit(own, [freePlace(own, 0.8, []), freePlace(own, 0.8, [])]);
  });
}

/** Two places that a ball can roll to, from where it lies to one and from there to the other. */
function targetsOf(random: Random, at: Place, half: number): Place[] | undefined {
  const first = targetOf(random, at, half);
  if (!first) return undefined;
  try {
    const second = freePlace(random, 0.8, [], (place) => isNear(first, place) && isStraight(first, place));
    return [first, second];
  } catch {
    return undefined;
  }
}

/** A place that a ball of such a radius can roll to from where it lies. */
export function targetOf(random: Random, at: Place, half: number): Place | undefined {
  try {
    // The ball itself is what stands at its place: the way is looked at from beside it.
    return freePlace(
      random,
      0.8,
      [],
      (place) => isNear(at, place) && isStraight(beside(at, place, half), place),
    );
  } catch {
    return undefined;
  }
}

const isNear = (from: Place, place: Place) => distance(place, from) > LEAST && distance(place, from) < MOST;

function beside(at: Place, to: Place, half: number): Place {
  const share = (half * Math.SQRT2 + 0.7) / distance(at, to);
  return [at[0] + (to[0] - at[0]) * share, at[1] + (to[1] - at[1]) * share];
}
