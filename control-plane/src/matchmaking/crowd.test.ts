// Many at once: a thousand people on ten instances, and one who asks ten thousand times.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MatchmakingFixture, matchmakingFixture, type Plane } from '../../test/matchmaking-fixture.ts';
import { TicketQueue } from './queue.ts';
import type { TicketNews } from './ticket.ts';

const INSTANCES = 10;
const CAPACITY = 100;

let house: MatchmakingFixture;
let near: Plane;
let far: Plane;

beforeAll(async () => {
  house = await matchmakingFixture({ replicas: INSTANCES, planes: 2 });
  [near, far] = house.planes as [Plane, Plane];
  await house.ready();
}, 90_000);
afterAll(() => house?.close());

const instancesOf = async (world: string) =>
  (await near.seating.directory.all()).filter((entry) => entry.world?.id === world);

test('one who asks ten thousand times has one ticket, and costs the others nothing', async () => {
  const world = await house.world({ kind: 'shared', capacity: 2 });
  const [first, eve, ada, bob] = (await house.people(4)) as [never, never, never, never];
  await near.seat(first, { world: world.id });
  // Ever another wish, so that each one replaces the last.
  const flood = (async () => {
    for (let i = 0; i < 10_000; i += 100) {
      const asked = Array.from({ length: 100 }, (_, j) =>
        near.tickets.ask({ world: world.id, protocolHash: String(i + j + 1) }, eve),
      );
      await Promise.all(asked);
    }
  })();
  const begun = performance.now();
  expect(await far.seat(ada, { world: world.id })).toMatchObject({ state: 'seated' });
  expect(performance.now() - begun).toBeLessThan(10_000);
  await flood;
  const { news } = await near.tickets.ask({ world: world.id, protocolHash: '1' }, eve);
  const queue = new TicketQueue(house.redis.client);
  expect((await queue.load(world.id)).length).toBeLessThanOrEqual(1);
  const his = (await far.tickets.ask({ world: world.id }, bob)).news;
  expect(his.position).toBeLessThanOrEqual(2);
  expect(await instancesOf(world.id)).toHaveLength(1);
  for (const { id, account } of [news, his]) await near.tickets.cancel(id, account);
}, 60_000);

test('a thousand tickets: all are seated, nobody twice, and instances are full before others are opened', async () => {
  const used = (await house.fleet.list()).filter(({ state }) => state === 'Allocated');
  for (const { name } of used) await house.fleet.remove(name);
  await house.ready();
  const world = await house.world({ capacity: CAPACITY });
  const people = await house.people(INSTANCES * CAPACITY - 50);
  const parties = new Map<string, TicketNews[]>();
  const seated = await Promise.all(
    people.map((who, i) => {
      const party = i % 10 < 4 ? { id: partyOf(Math.floor(i / 10)), size: 4 } : undefined;
      const plane = i % 2 === 0 ? near : far;
      return plane.seat(who, { world: world.id, ...(party && { party }) }, 60_000).then((news) => {
        if (party) parties.set(party.id, [...(parties.get(party.id) ?? []), news]);
        return news;
      });
    }),
  );
  expect(seated.filter(({ state }) => state !== 'seated')).toEqual([]);
  expect(new Set(seated.map(({ place }) => place?.seat)).size).toBe(people.length);
  for (const together of parties.values()) {
    expect(new Set(together.map(({ place }) => place?.instance)).size).toBe(1);
  }
  await sleep(200); // the directory's picture
  const opened = await instancesOf(world.id);
  expect(opened.reduce((sum, { taken }) => sum + taken, 0)).toBe(people.length);
  expect(opened.every(({ taken, capacity }) => taken <= capacity)).toBe(true);
  expect(opened).toHaveLength(INSTANCES);
  // What is left over is in the last one, but for gaps into which no party of four fitted.
  const gaps = opened.filter(({ taken }) => taken <= CAPACITY - 4);
  expect(gaps.length).toBeLessThanOrEqual(1);
}, 120_000);

const partyOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
