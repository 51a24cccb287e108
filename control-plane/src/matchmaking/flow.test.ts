// From ticket to seat, over two planes with one Redis, one database and one fleet, all real.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FakeInstance, PROTOCOL_HASH } from '../../test/fake-instance.ts';
import { type MatchmakingFixture, matchmakingFixture, type Plane } from '../../test/matchmaking-fixture.ts';
import { until } from '../../test/until.ts';
import { QUEUE_RULES } from './queue.ts';
import type { TicketNews } from './ticket.ts';

const REPLICAS = 3;

let house: MatchmakingFixture;
let near: Plane;
let far: Plane;

beforeAll(async () => {
  house = await matchmakingFixture({ replicas: REPLICAS, planes: 2, rules: { ...QUEUE_RULES, turnMs: 200 } });
  [near, far] = house.planes as [Plane, Plane];
  await house.ready();
}, 90_000);
afterAll(() => house?.close());

/** The fleet as it was: what was used is replaced, and dials again. */
afterEach(async () => {
  const used = (await house.fleet.list()).filter(({ state }) => state === 'Allocated');
  for (const { name } of used) await house.fleet.remove(name);
  await house.ready();
}, 60_000);

const leave = (fake: FakeInstance, seat: string) =>
  fake.say({ case: 'playerLeft', value: { seat: BigInt(seat), cause: 'left' } });

const placeOf = ({ state, place, reason }: TicketNews) => {
  expect({ state, reason }).toEqual({ state: 'seated', reason: null });
  return place as NonNullable<typeof place>;
};

async function hostOf(world: string): Promise<string> {
  return until(async () => (await near.seating.directory.ofWorld(world))[0]?.name);
}

test('the first one in opens an instance with the world’s settings; the next ones fill it', async () => {
  const world = await house.world({ capacity: 7 });
  const [ada, bob] = await house.people(2);
  const states: string[] = [];
  const { news } = await near.tickets.ask({ world: world.id }, ada as never);
  expect(news).toMatchObject({ state: 'waiting', position: 1, world: world.id });
  near.tickets.watch(news, ({ state }) => states.push(state));
  const place = placeOf(await near.tickets.decided(news, AbortSignal.timeout(20_000)));
  expect(states).toEqual(['opening', 'seated']);
  const entry = await near.seating.directory.get(place.instance);
  expect(entry).toMatchObject({ capacity: 7, taken: 1, listening: true, world: { id: world.id } });
  expect(placeOf(await far.seat(bob as never, { world: world.slug })).instance).toBe(place.instance);
});

test('the way in is sealed for the owner of a seated ticket, with a token for each pipe', async () => {
  const world = await house.world();
  const [ada, eve] = await house.people(2);
  const news = await near.seat(ada as never, { world: world.id });
  const shown = await far.tickets.show(await far.tickets.look(news.id, ada?.account.id as string));
  expect(shown).toMatchObject({
    id: news.id,
    state: 'seated',
    position: null,
    connect: {
      seat: news.place?.seat,
      user: ada?.account.id,
      instance: news.place?.instance,
      world: { id: world.id },
      protocolHash: String(PROTOCOL_HASH),
    },
  });
  expect(shown.connect?.pipes.map(({ pipe }) => pipe)).toContain('udp');
  await expect(far.tickets.look(news.id, eve?.account.id as string)).rejects.toMatchObject({
    code: 'OW_ERR_UNKNOWN_TICKET',
  });
  expect(await far.tickets.current(ada?.account.id as string)).toMatchObject({
    id: news.id,
    state: 'seated',
  });
});

describe('a full shared world', () => {
  test('queues, in order, and seats the first when somebody leaves', async () => {
    const world = await house.world({ kind: 'shared', capacity: 2 });
    const people = await house.people(5);
    const first = await near.seat(people[0] as never, { world: world.id });
    await far.seat(people[1] as never, { world: world.id });
    const waiting: TicketNews[] = [];
    for (const who of people.slice(2)) waiting.push((await far.tickets.ask({ world: world.id }, who)).news);
    expect(waiting.map(({ position }) => position)).toEqual([1, 2, 3]);
    await sleep(500);
    expect(await Promise.all(waiting.map(({ id, account }) => near.tickets.look(id, account)))).toMatchObject(
      [
        { state: 'waiting', position: 1 },
        { state: 'waiting', position: 2 },
        { state: 'waiting', position: 3 },
      ],
    );
    const fake = house.fakeOf(placeOf(first).instance);
    leave(fake, placeOf(first).seat);
    const next = await far.tickets.decided(waiting[0] as TicketNews, AbortSignal.timeout(10_000));
    expect(placeOf(next).instance).toBe(fake.name);
    const [, second, third] = waiting as [TicketNews, TicketNews, TicketNews];
    expect(await near.tickets.look(second.id, second.account)).toMatchObject({
      state: 'waiting',
      position: 1,
    });
    const positions: (number | null)[] = [];
    near.tickets.watch(third, ({ position }) => positions.push(position));
    await near.tickets.cancel(second.id, second.account);
    await until(() => positions.at(-1) === 1);
    expect((await house.fleet.list()).filter(({ state }) => state === 'Allocated')).toHaveLength(1);
  });
});

test('a party of four with three seats left goes together to another instance', async () => {
  const world = await house.world({ capacity: 5 });
  const people = await house.people(6);
  const [one, two] = await Promise.all(people.slice(0, 2).map((who) => near.seat(who, { world: world.id })));
  const party = { id: crypto.randomUUID(), size: 4 };
  const asked = people.slice(2).map((who, i) => [near, far][i % 2]?.seat(who, { world: world.id, party }));
  const places = await Promise.all(asked.map(async (news) => placeOf((await news) as TicketNews)));
  expect(new Set(places.map(({ instance }) => instance)).size).toBe(1);
  expect([one, two].map((news) => news?.place?.instance)).not.toContain(places[0]?.instance);
});

test('who avoids somebody inside, or is avoided by them, goes elsewhere', async () => {
  const world = await house.world({ capacity: 5 });
  const [ada, bob, eve] = await house.people(3);
  const avoid = [bob?.account.id as string];
  const hers = placeOf(await near.seat(ada as never, { world: world.id, wishes: { avoid } })).instance;
  const his = placeOf(await far.seat(bob as never, { world: world.id })).instance;
  expect(his).not.toBe(hers);
  const wishes = { with: [bob?.account.id as string] };
  expect(placeOf(await far.seat(eve as never, { world: world.id, wishes })).instance).toBe(his);
});

test('a protocol that no instance speaks ends the ticket with both', async () => {
  const world = await house.world();
  const [ada] = await house.people(1);
  const news = await near.seat(ada as never, { world: world.id, protocolHash: '12' });
  expect(news).toMatchObject({ state: 'ended', reason: { code: 'OW_ERR_PROTOCOL' } });
  expect(news.reason?.message).toMatch(new RegExp(`12.*${PROTOCOL_HASH}`));
});

test('an exhausted fleet is waited for, not an error', async () => {
  const worlds = await Promise.all(Array.from({ length: REPLICAS + 1 }, () => house.world()));
  const people = await house.people(REPLICAS + 1);
  for (let i = 0; i < REPLICAS; i += 1) {
    await near.seat(people[i] as never, { world: (worlds[i] as { id: string }).id });
  }
  const last = { world: (worlds[REPLICAS] as { id: string }).id };
  const { news } = await near.tickets.ask(last, people[REPLICAS] as never);
  await sleep(1_500);
  expect(await near.tickets.look(news.id, news.account)).toMatchObject({ state: 'waiting', position: 1 });
  const host = await hostOf((worlds[0] as { id: string }).id);
  await house.fleet.remove(host);
  placeOf(await near.tickets.decided(news, AbortSignal.timeout(15_000)));
});

test('a world that goes while they wait ends their tickets', async () => {
  const world = await house.world({ kind: 'shared', capacity: 1 });
  const [ada, bob] = await house.people(2);
  await near.seat(ada as never, { world: world.id });
  const { news } = await near.tickets.ask({ world: world.id }, bob as never);
  await house.db.world.delete({ where: { id: world.id } });
  const ended = await far.tickets.decided(news, AbortSignal.timeout(10_000));
  expect(ended).toMatchObject({ state: 'ended', reason: { code: 'OW_ERR_UNKNOWN_WORLD' } });
});

test('a ban ends the ticket at once', async () => {
  const world = await house.world({ kind: 'shared', capacity: 1 });
  const [ada, eve] = await house.people(2);
  await near.seat(ada as never, { world: world.id });
  const { news } = await near.tickets.ask({ world: world.id }, eve as never);
  await near.bus.publish('ow:banned', { account: news.account, reason: 'You threw stones.' });
  expect(await far.tickets.decided(news, AbortSignal.timeout(1_000))).toMatchObject({
    state: 'ended',
    reason: { code: 'OW_ERR_BANNED', message: 'You threw stones.' },
  });
});
