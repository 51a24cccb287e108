/** What single bots do in the plaza. Each takes a seed of its own and is data for the executor. */
import { CLIPS } from '../motion/clips.ts';
import { clearance, way, wayFromSpawn } from './ground.ts';
import { between, pick, type Random } from './random.ts';
import { type Behaviour, type Place, type Step, WALK_SPEED } from './schema.ts';

/** To the first of these waypoints, and round them for ever; gestures as one has while walking. */
export function stroll(
  random: Random,
  route: readonly (readonly [number, number])[],
  speed = WALK_SPEED,
): Behaviour {
  const to = route.map(([x, z]): Place => [x, z]);
  return {
    seed: seedOf(random),
    steps: [
      gesture(random, ['talk', 'wave', 'look']),
      { do: 'walk', to: wayFromSpawn(to[0] as Place), speed },
      { do: 'walk', to, speed },
    ],
    again_from: 2,
  };
}

/** Walks to a place, is there for a while, goes on to the next, and round again. */
export function visit(random: Random, places: readonly Place[]): Behaviour {
  const speed = between(random, 1.2, 2.4);
  const [first, ...others] = places as [Place, ...Place[]];
  const round = [...others, first];
  const steps: Step[] = [
    gesture(random, ['look', 'talk', 'idle']),
    { do: 'walk', to: wayFromSpawn(first), speed },
    ...stay(random, first),
  ];
  const again_from = steps.length;
  round.forEach((place, i) => {
    const from = i === 0 ? first : (round[i - 1] as Place);
    const to = way(from, place);
    if (!to) throw new Error(`there is no way from ${from} to ${place}`);
    steps.push(gesture(random, ['look', 'talk', 'wave']), { do: 'walk', to, speed }, ...stay(random, place));
  });
  return { seed: seedOf(random), steps, again_from };
}

/** Goes from one to the next of some places close together, moves about there, and gestures towards a point, for ever. */
export function mingle(random: Random, homes: readonly Place[], towards: Place, room: number): Behaviour {
  const speed = between(random, 1, 1.8);
  const round = homes.map((home, i): Step[] => {
    const radius = Math.min(Math.max(clearance(home), 0.6), room);
    const next = homes[(i + 1) % homes.length] as Place;
    return [
      gesture(random, Object.keys(CLIPS)),
      {
        do: 'wander',
        area: { center: home, radius },
        speed,
        rest_s: [0.2, 1.5],
        for_s: between(random, 4, 9),
      },
      { do: 'face', at: towards },
      { do: 'stand', for_s: between(random, 0.5, 3) },
      { do: 'walk', to: way(home, next) ?? [next], speed },
    ];
  });
  const steps: Step[] = [
    gesture(random, ['look', 'idle']),
    { do: 'walk', to: wayFromSpawn(homes[0] as Place), speed: 2 },
    ...round.flat(),
  ];
  return { seed: seedOf(random), steps, again_from: 2 };
}

/** Pushes a body from place to place and back; where it is at first the layout knows. */
export function push(random: Random, body: { name: string; at: Place }, to: readonly Place[]): Behaviour {
  const approach = wayFromSpawn(nearestFree(body.at));
  const steps: Step[] = [
    gesture(random, ['idle', 'talk']),
    { do: 'walk', to: approach, speed: 2.5 },
    ...to.flatMap((place): Step[] => [
      { do: 'push', body: body.name, to: place, speed: between(random, 1.2, 2), for_s: 25 },
      { do: 'face', at: place },
      gesture(random, ['cheer', 'point', 'wave', 'dance']),
      { do: 'stand', for_s: between(random, 1.5, 3.5) },
    ]),
  ];
  return { seed: seedOf(random), steps, again_from: 2 };
}

/** Where one can stand, as near as can be to where one cannot. */
export function nearestFree(place: Place): Place {
  for (let reach = 0.5; reach < 6; reach += 0.25)
    for (let k = 0; k < 24; k += 1) {
      const angle = (k / 24) * 2 * Math.PI;
      const there: Place = [place[0] + reach * Math.cos(angle), place[1] + reach * Math.sin(angle)];
      if (clearance(there) > 0.2) return there;
    }
  throw new Error(`there is no free ground near ${place}`);
}

export function gesture(random: Random, clips: readonly string[]): Step {
  return {
    do: 'gesture',
    clip: pick(random, clips),
    offset_s: Math.round(between(random, 0, 14) * 100) / 100,
  };
}

function stay(random: Random, place: Place): Step[] {
  const radius = Math.min(Math.max(clearance(place), 0.6), 3);
  const turns = 1 + Math.floor(2 * random());
  return [
    ...Array.from({ length: turns }, (): Step[] => [
      gesture(random, Object.keys(CLIPS)),
      {
        do: 'wander',
        area: { center: place, radius },
        speed: between(random, 0.8, 1.8),
        for_s: between(random, 8, 20),
      },
    ]).flat(),
    ...(random() < 0.15 ? [{ do: 'jump' } as const] : []),
  ];
}

const seedOf = (random: Random) => Math.floor(random() * 65_535) * 65_536 + Math.floor(random() * 65_535);
