/** All within ten metres of the marker, going about between each other, facing it now and then, and gesturing. */
import { mingle } from '../behaviours/behaviours.ts';
import { distance, freePlace } from '../behaviours/ground.ts';
import { randomOf } from '../behaviours/random.ts';
import type { Behaviour, Place } from '../behaviours/schema.ts';

/** The point, and how far from it anybody goes to (unit: metres); around it each moves no more than the rest of ten. */
export const POINT: Place = [-0.5, 0.5];
const HOMES = 8;
const STROLL = 1.8;
const PLACES = 4;

export function bunched(count: number, seed: number): Behaviour[] {
  const taken: Place[] = [];
  return Array.from({ length: count }, (_, index) => {
    const random = randomOf(seed, index);
    const homes = Array.from({ length: PLACES }, () =>
      freePlace(random, 0.3, taken, (place) => distance(place, POINT) < HOMES),
    );
    taken.push(homes[0] as Place);
    return mingle(random, homes, POINT, STROLL);
  });
}
