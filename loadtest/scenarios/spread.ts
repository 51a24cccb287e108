/**
 * All over the plaza: the first bot climbs the stairs, again and again, as does every eighth; one in eight goes round the field of
 * boxes; the others visit places of their own on the free ground, as far from each other as there is room.
 */
import { ROUTES } from '../../worlds/plaza/routes.ts';
import { stroll, visit } from '../behaviours/behaviours.ts';
import { freePlace } from '../behaviours/ground.ts';
import { between, type Random, randomOf } from '../behaviours/random.ts';
import type { Behaviour, Place } from '../behaviours/schema.ts';

/** Around each place (unit: metres), beside the person. */
const ROOM = 0.8;
const PLACES = 3;

export function spread(count: number, seed: number): Behaviour[] {
  const taken: Place[] = [];
  return Array.from({ length: count }, (_, index) => {
    const random = randomOf(seed, index);
    if (index === 0) return stroll(random, ROUTES.stairs);
    if (index % 8 === 0) return stroll(random, ROUTES.stairs, between(random, 1.6, 3.2));
    if (index % 8 === 4) return stroll(random, turned(random, ROUTES.wander), between(random, 1.4, 3));
    const places = Array.from({ length: PLACES }, () => freePlace(random, ROOM, taken));
    taken.push(places[0] as Place);
    return visit(random, places);
  });
}

/** The same loop from another waypoint on, or the other way round. */
function turned<T>(random: Random, route: readonly T[]): T[] {
  const first = Math.floor(random() * route.length);
  const loop = [...route.slice(first), ...route.slice(0, first)];
  return random() < 0.5 ? loop : loop.reverse();
}
