import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { layout } from '../../worlds/plaza/layout.ts';
import { CENTER, clearance, distance, isStraight, way } from '../behaviours/ground.ts';
import { type Behaviour, behaviour, type Place, type Step } from '../behaviours/schema.ts';
import { POINT } from './bunched.ts';
import { CROWDS, type Crowd, cast } from './cast.ts';

const names = Object.keys(CROWDS) as Crowd[];
const COUNT = 100;
const casts = Object.fromEntries(names.map((name) => [name, cast(name, COUNT, 1)]));
const behavioursOf = (name: Crowd) => casts[name]?.bots.map((bot) => bot.behaviour) as Behaviour[];
const steps = <Kind extends Step['do']>(of: Behaviour, kind: Kind) =>
  of.steps.filter((step): step is Extract<Step, { do: Kind }> => step.do === kind);

test.each(names)('%s is the same for the same seed and another for another', (name) => {
  expect(cast(name, 10, 1)).toEqual(cast(name, 10, 1));
  expect(cast(name, 10, 2).bots).not.toEqual(cast(name, 10, 1).bots);
  const apart = new Set(behavioursOf(name).map((made) => JSON.stringify(made)));
  expect(apart.size).toBe(COUNT);
});

test.each(names)(
  '%s: everybody gestures from the first step on, out of step, by clips that exist',
  (name) => {
    const begin = behavioursOf(name).map((made) => made.steps[0]);
    expect(begin.every((step) => step?.do === 'gesture' && step.clip !== undefined)).toBe(true);
    for (const made of behavioursOf(name))
      for (const { clip } of steps(made, 'gesture'))
        expect(casts[name]?.motion).toHaveProperty(clip as string);
    const offsets = new Set(begin.map((step) => step?.do === 'gesture' && step.offset_s));
    expect(offsets.size).toBeGreaterThan(COUNT * 0.9);
  },
);

test.each(names)('%s: nobody is led through what stands fast', (name) => {
  for (const made of behavioursOf(name)) {
    let at: Place | undefined;
    for (const { to } of steps(made, 'walk')) {
      if (isRoute(to)) continue; // the layout keeps these free itself
      for (const place of to) {
        expect([place, clearance(place) >= 0]).toEqual([place, true]);
        if (at) expect([at, place, isStraight(at, place)]).toEqual([at, place, true]);
        at = place;
      }
      at = undefined;
    }
  }
});

test('spread is all over the plaza, and the first bot climbs the stairs', () => {
  const [first] = behavioursOf('spread');
  expect(steps(first as Behaviour, 'walk')[1]?.to).toContainEqual([9.3, 1]);
  const homes = behavioursOf('spread').flatMap((made) =>
    steps(made, 'wander').flatMap(({ area }) => ('center' in area ? [area.center] : [])),
  );
  for (const [sx, sz] of [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ] as const) {
    const here = homes.filter(([x, z]) => x * sx > 0 && z * sz > 0);
    expect(here.length).toBeGreaterThan(homes.length / 10);
  }
  expect(Math.max(...homes.map((home) => distance(home, CENTER)))).toBeGreaterThan(20);
});

test('bunched is within ten metres of its point', () => {
  for (const made of behavioursOf('bunched'))
    for (const { area } of steps(made, 'wander')) {
      if (!('center' in area)) throw new Error('all of them wander in discs');
      expect(distance(area.center, POINT) + area.radius).toBeLessThan(10);
    }
});

test('pushers have balls of their own that the world has', () => {
  const all = behavioursOf('pushers').map((made) => new Set(steps(made, 'push').map(({ body }) => body)));
  const pushed = all.filter((bodies) => bodies.size > 0).map((bodies) => [...bodies]);
  expect(pushed.length).toBeGreaterThan(30);
  expect(new Set(pushed.flat()).size).toBe(pushed.length);
  const known = new Set(layout().bodies.map(({ name }) => name));
  for (const name of pushed.flat()) expect(known.has(name as string)).toBe(true);
});

test('a way goes round what is in between', () => {
  const [from, to]: [Place, Place] = [
    [0, -3.6],
    [0, -19.4],
  ];
  const waypoints = way(from, to) as Place[];
  expect(waypoints.at(-1)).toEqual(to);
  let length = 0;
  let at = from;
  for (const place of waypoints) {
    length += distance(at, place);
    at = place;
  }
  expect(isStraight(from, to)).toBe(false);
  expect(length).toBeGreaterThan(15.8);
  expect(length).toBeLessThan(30);
});

test('every step that the executor knows is known here, and what it refuses is refused', () => {
  const text = readFileSync(new URL('../behaviours/every-step.json', import.meta.url), 'utf8');
  expect(behaviour.parse(JSON.parse(text)).steps).toHaveLength(10);
  for (const [from, to] of [
    ['"walk"', '"wlak"'],
    ['"speed": 1.5', '"speed": 9'],
    ['"speed": 1.5', '"sped": 1.5'],
    ['"radius": 3', '"radius": 0'],
    ['[-3, -2]', '[5, -2]'],
    ['"again_from": 1', '"again_from": 10'],
    ['[0, 2]', '[2, 0]'],
  ] as const)
    expect([to, behaviour.safeParse(JSON.parse(text.replace(from, to))).success]).toEqual([to, false]);
});

const isRoute = (to: readonly Place[]) => to.length > 4 && to.some(([x, z]) => x > 15 && z < 2 && z > -20);
