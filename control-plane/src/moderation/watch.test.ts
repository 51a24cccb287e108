// A ban reaches every process, whatever was away when it was made. Real database, real Redis, two processes' worth of buses
// and registries; the instances are lines whose words are read here.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { person } from '../../test/people.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../test/stores.ts';
import { quiet } from '../../test/supervisor-fixture.ts';
import { until } from '../../test/until.ts';
import type { Who } from '../accounts/who.ts';
import { Bus } from '../bus.ts';
import { Line } from '../instances/line.ts';
import { InstanceRegistry } from '../instances/registry.ts';
import { connectRedis } from '../redis.ts';
import { ban } from './bans.ts';
import { announce, BANNED, type Banned, BanWatch } from './watch.ts';

let store: TestDatabase;
let redis: TestRedis;
let admin: Who;
let here: Process;
let there: Process;

beforeAll(async () => {
  [store, redis] = await Promise.all([testDatabase(), testRedis()]);
  admin = await person(store.db, { role: 'admin' });
});
afterAll(async () => {
  await store.close();
  await redis.close();
});
beforeEach(async () => {
  [here, there] = [await startProcess(), await startProcess()];
});
afterEach(() => Promise.all([here.close(), there.close()]));

type Process = Awaited<ReturnType<typeof startProcess>>;

/** A process of the control plane, as far as bans go. */
async function startProcess() {
  const client = connectRedis(redis.url, quiet);
  const bus = new Bus(client, quiet);
  const registry = new InstanceRegistry();
  const told: Banned[] = [];
  bus.subscribe(BANNED, (message: Banned) => told.push(message));
  await bus.subscribed();
  const watch = new BanWatch({ db: store.db, bus, registry, log: quiet });
  const kicks: { seat: bigint; reason: string }[] = [];
  const name = `plaza-${randomUUID()}`;
  const line = new Line(name, 600_000, () => {});
  void (async () => {
    for await (const { message } of line.messages()) {
      if (message.case === 'kick') kicks.push({ seat: message.value.seat, reason: message.value.reason });
    }
  })().catch(() => {});
  registry.register(
    name,
    { uid: randomUUID(), build: 'test', protocolHash: 1n, endpoints: [] },
    undefined,
    [],
    line,
  );
  return {
    bus,
    kicks,
    told: (account: string) => told.filter((one) => one.account === account),
    sit(account: string, seat: bigint) {
      const instance = registry.get(name);
      instance?.seats.set(seat, { id: seat, user: account, name: 'x', state: 'connected' } as never);
    },
    async close() {
      await watch.close();
      line.end(1, 'over');
      bus.close();
      client.disconnect();
    },
  };
}

const keepOut = (account: string) => ban(store.db, { account, reason: 'spam' }, admin.account.id);

test('a ban that is announced sends the account out wherever it sits, and nobody else', async () => {
  const [bad, good] = [(await person(store.db)).account.id, (await person(store.db)).account.id];
  here.sit(bad, 1n);
  here.sit(good, 2n);
  there.sit(bad, 3n);
  await announce(here.bus, await keepOut(bad));
  const begun = performance.now();
  await until(() => here.kicks.length > 0 && there.kicks.length > 0, 1_000);
  expect(performance.now() - begun).toBeLessThan(500);
  await sleep(1_500); // two looks later
  const seats = (process: Process) => new Set(process.kicks.map(({ seat }) => seat));
  expect([seats(here), seats(there)]).toEqual([new Set([1n]), new Set([3n])]);
  expect(here.kicks[0]?.reason).toBe('You are banned for good: spam');
});

test('a ban whose maker died before saying so is found, said and said no more', async () => {
  const { id } = (await person(store.db)).account;
  there.sit(id, 1n);
  await keepOut(id);
  await until(() => there.kicks.length > 0 && here.told(id).length > 0, 3_000);
  await sleep(2_500);
  const said = here.told(id).length;
  expect(said).toBeLessThanOrEqual(4);
  await sleep(2_500);
  expect(here.told(id)).toHaveLength(said);
});

test('while Redis is away the seats are emptied all the same, and the rest hears of it when it is back', async () => {
  const { id } = (await person(store.db)).account;
  here.sit(id, 1n);
  await redis.kill();
  const made = await keepOut(id);
  await expect(announce(here.bus, made)).rejects.toThrow();
  await until(() => here.kicks.length > 0, 3_000);
  await sleep(3_000);
  expect(here.told(id)).toEqual([]);
  await redis.restart();
  await until(() => here.told(id).length > 0 && there.told(id).length > 0, 5_000);
  expect(there.told(id)[0]).toMatchObject({ ban: made.id, reason: 'You are banned for good: spam' });
});

test('who gets a seat after the ban was said loses it at the next look', async () => {
  const { id } = (await person(store.db)).account;
  await announce(here.bus, await keepOut(id));
  await until(() => there.told(id).length > 0);
  there.sit(id, 7n);
  await until(() => there.kicks.some(({ seat }) => seat === 7n), 3_000);
});

test('who was let in again stays', async () => {
  const { id } = (await person(store.db)).account;
  // Lifted in the same moment: a look in between would rightly have announced it.
  await store.db.ban.create({
    data: { accountId: id, byId: admin.account.id, reason: 'spam', liftedAt: new Date() },
  });
  here.sit(id, 8n);
  await sleep(2_500);
  expect([here.kicks, here.told(id)]).toEqual([[], []]);
});
