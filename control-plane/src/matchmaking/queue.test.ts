import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';
import { Bus } from '../bus.ts';
import { QUEUE_RULES, TicketQueue } from './queue.ts';
import { reasonOf, type TicketAsk, type TicketNews } from './ticket.ts';
import { TICKET } from './watch.ts';

const CANCELLED = reasonOf('OW_ERR_TICKET_CANCELLED');

let redis: TestRedis;
let queue: TicketQueue;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(async () => {
  await redis.flush();
  queue = new TicketQueue(redis.client);
});
afterAll(() => redis.close());

const somebody = (name = 'Ada') => ({ id: randomUUID(), name });

async function ask(world = 'w', wish: Omit<TicketAsk, 'world'> = {}, account = somebody()) {
  const { news } = await queue.create(randomUUID(), account, world, wish);
  return news;
}

const idsIn = async (world = 'w') => (await queue.load(world)).map(({ id }) => id);

describe('a ticket', () => {
  test('stands in the queue in the order of arrival, with what was wished', async () => {
    const ada = somebody();
    const wish = {
      party: { id: randomUUID(), size: 2 },
      wishes: { avoid: [randomUUID()] },
      protocolHash: '7',
    };
    const first = await ask('w', wish, ada);
    const second = await ask();
    expect(first).toMatchObject({
      account: ada.id,
      world: 'w',
      state: 'waiting',
      position: 1,
      estimateSeconds: null,
    });
    expect(second.position).toBe(2);
    expect(await queue.load('w')).toMatchObject([
      {
        id: first.id,
        account: ada.id,
        name: 'Ada',
        party: wish.party,
        avoid: wish.wishes.avoid,
        protocolHash: '7',
      },
      { id: second.id, party: undefined, with: [], avoid: [], regions: {}, refusedBy: [] },
    ]);
    expect(await queue.worlds()).toEqual(['w']);
  });

  test('is one per account: the same wish again keeps the place, another one takes it', async () => {
    const ada = somebody();
    const first = await ask('w', { protocolHash: '7' }, ada);
    await ask();
    const again = await queue.create(randomUUID(), ada, 'w', { protocolHash: '7' });
    expect(again).toMatchObject({ isNew: false, news: { id: first.id, position: 1 } });
    const other = await queue.create(randomUUID(), ada, 'w', {});
    expect(other).toMatchObject({ isNew: true, news: { position: 2 } });
    expect(await queue.look(first.id)).toMatchObject({
      state: 'ended',
      reason: { code: 'OW_ERR_TICKET_REPLACED' },
    });
  });

  test('asked for by many at the same moment is still one', async () => {
    const ada = somebody();
    await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i % 2 === 0 ? 'w' : 'v', {}, ada)));
    expect([...(await idsIn('w')), ...(await idsIn('v'))]).toHaveLength(1);
  });

  test('runs out when nobody waits on it, and is renewed while somebody does', async () => {
    queue = new TicketQueue(redis.client, { ...QUEUE_RULES, leaseMs: 300 });
    const [left, kept] = [await ask(), await ask()];
    for (let i = 0; i < 6; i += 1) {
      await sleep(100);
      await queue.lookAt([kept.id], true);
    }
    expect(await queue.look(left.id)).toBeUndefined();
    expect(await idsIn()).toEqual([kept.id]);
    expect(await queue.look(kept.id)).toMatchObject({ position: 1 });
    await sleep(400);
    expect(await idsIn()).toEqual([]);
    expect(await queue.worlds()).toEqual([]);
    expect(await redis.client.keys('*')).toEqual([]);
  });

  test('that has ended can be read for a while, and frees its account', async () => {
    const ada = somebody();
    const { id } = await ask('w', {}, ada);
    expect(await queue.end([id], CANCELLED)).toBe(true);
    expect(await queue.end([id], CANCELLED)).toBe(false);
    expect(await queue.look(id)).toMatchObject({ state: 'ended', reason: CANCELLED, position: null });
    expect(await idsIn()).toEqual([]);
    expect(await queue.current(ada.id)).toBe(id);
    const { news, isNew } = await queue.create(randomUUID(), ada, 'w', {});
    expect(isNew).toBe(true);
    expect(await queue.current(ada.id)).toBe(news.id);
    expect(await queue.endOf(ada.id, CANCELLED)).toBe(true);
    expect(await queue.endOf(ada.id, CANCELLED)).toBe(false);
  });
});

describe('a claim', () => {
  test('is for all of a party or for nobody, and hides them from the next pass', async () => {
    const [a, b, c] = [await ask(), await ask(), await ask()];
    expect(await queue.claim([a.id, b.id])).toBeDefined();
    expect(await queue.claim([b.id, c.id])).toBeUndefined();
    expect(await idsIn()).toEqual([c.id]);
    expect(await queue.claim([c.id, randomUUID()])).toBeUndefined();
    expect(await queue.claim([c.id])).toBeDefined();
  });

  test('of many at the same moment goes to one', async () => {
    const { id } = await ask();
    const claims = await Promise.all(Array.from({ length: 100 }, () => queue.claim([id])));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  test('runs out with whoever made it; their late word counts for nothing', async () => {
    queue = new TicketQueue(redis.client, { ...QUEUE_RULES, claimMs: 100 });
    const { id } = await ask();
    const dead = (await queue.claim([id])) as string;
    await until(async () => (await idsIn()).length === 1);
    const living = (await queue.claim([id])) as string;
    expect(await queue.seat(dead, 'x', [{ id, seat: 1n }])).toEqual([false]);
    await queue.unclaim(dead, [id]);
    expect(await idsIn()).toEqual([]);
    expect(await queue.seat(living, 'y', [{ id, seat: 2n }])).toEqual([true]);
    expect(await queue.look(id)).toMatchObject({
      state: 'seated',
      place: { instance: 'y', seat: '2', name: 'Ada' },
      position: null,
    });
    expect(await queue.seat(living, 'z', [{ id, seat: 3n }])).toEqual([false]);
  });

  test('given back leaves them in their place, and the instance that refused them aside for a while', async () => {
    queue = new TicketQueue(redis.client, { ...QUEUE_RULES, refusedMs: 300 });
    const [a, b] = [await ask(), await ask()];
    await queue.unclaim((await queue.claim([a.id])) as string, [a.id], 'x');
    await queue.unclaim((await queue.claim([a.id])) as string, [a.id], 'y');
    expect(await queue.load('w')).toMatchObject([
      { id: a.id, refusedBy: ['x', 'y'] },
      { id: b.id, refusedBy: [] },
    ]);
    await until(async () => (await queue.load('w'))[0]?.refusedBy.length === 0);
  });

  test('does not keep somebody who has given up', async () => {
    const [a, b] = [await ask(), await ask()];
    const claim = (await queue.claim([a.id, b.id])) as string;
    await queue.end([a.id], CANCELLED);
    const seats = [
      { id: a.id, seat: 1n },
      { id: b.id, seat: 2n },
    ];
    expect(await queue.seat(claim, 'x', seats)).toEqual([false, true]);
    expect(await queue.look(a.id)).toMatchObject({ state: 'ended', reason: CANCELLED });
  });
});

describe('the estimate', () => {
  test('says nothing before three have had to wait', async () => {
    queue = new TicketQueue(redis.client, { ...QUEUE_RULES, turnMs: 0 });
    const seatOne = async () => {
      const { id } = await ask();
      await sleep(10);
      await queue.seat((await queue.claim([id])) as string, 'x', [{ id, seat: 1n }]);
    };
    await seatOne();
    await seatOne();
    expect((await ask()).estimateSeconds).toBeNull();
    await seatOne();
    expect((await ask()).estimateSeconds).toBeGreaterThan(0);
  });

  test('is the mean gap between turns until now, by position', async () => {
    const turns = [10, 200, 300].map((secondsAgo) => Date.now() - secondsAgo * 1000);
    await redis.client.rpush('ow:queue-turns:w', ...turns);
    const [first, second] = [await ask(), await ask()];
    expect(Math.abs((first.estimateSeconds as number) - 100)).toBeLessThan(10);
    expect(Math.abs((second.estimateSeconds as number) - 200)).toBeLessThan(10);
  });

  test('does not count those who were seated at once', async () => {
    for (let i = 0; i < 5; i += 1) {
      const { id } = await ask();
      await queue.seat((await queue.claim([id])) as string, 'x', [{ id, seat: 1n }]);
    }
    expect((await ask()).estimateSeconds).toBeNull();
  });
});

test('every change is told to every process, without the way in', async () => {
  const bus = new Bus(redis.client);
  const heard: TicketNews[] = [];
  bus.subscribe(TICKET, (news) => heard.push(news));
  await bus.subscribed();
  const { id } = await ask();
  await queue.mark('opening', [id]);
  await queue.mark('opening', [id]);
  await queue.seat((await queue.claim([id])) as string, 'x', [{ id, seat: 18446744073709551615n }]);
  await until(() => heard.length >= 3);
  expect(heard.map(({ state }) => state)).toEqual(['waiting', 'opening', 'seated']);
  expect(heard[2]).toEqual(await queue.look(id));
  expect(heard[2]?.place?.seat).toBe('18446744073709551615');
  bus.close();
});

test('while Redis is away it is said so', async () => {
  await redis.kill();
  await expect(ask()).rejects.toMatchObject({ code: 'OW_ERR_QUEUE_AWAY' });
  await redis.restart();
  expect(await ask()).toMatchObject({ state: 'waiting' });
});
