// What the clients really throw when their server is away.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { freePort } from '../../test/free-port.ts';
import { startPostgres } from '../../test/postgres-server.ts';
import { testDatabase, testRedis } from '../../test/stores.ts';
import { connectRedis } from '../redis.ts';
import { isAway } from './away.ts';
import { isConflict } from './conflict.ts';
import { connect, type Db } from './connect.ts';
import { migrate } from './migrate/flow.ts';
import { transaction } from './transaction.ts';

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const ways = (db: Db) => [
  () => db.account.count(),
  () => db.$queryRaw`SELECT 1`,
  () => db.$transaction(async (tx) => tx.account.count(), { isolationLevel: 'Serializable' }),
];

test('a database that nobody reaches, and one that has gone', async () => {
  const nobody = connect(`postgresql://a:b@127.0.0.1:${await freePort()}/c`);
  const database = await testDatabase();
  await database.db.account.count();
  await database.close();
  for (const db of [nobody, database.db]) {
    for (const way of ways(db)) expect(isAway(await errorOf(way()))).toBe(true);
    await db.$disconnect();
  }
});

const inFlight: readonly ((db: Db) => Promise<unknown>)[] = [
  (db) => db.$queryRaw`SELECT pg_sleep(60)::text`,
  (db) => transaction(db, (tx) => tx.$queryRaw`SELECT pg_sleep(60)::text`),
  (db) =>
    transaction(db, async (tx) => {
      await tx.account.count();
      await sleep(1_500);
      return tx.account.count();
    }),
];

test('a server that dies while it works for us: away, and nothing that is simply done again', async () => {
  const server = await startPostgres();
  await migrate(server.url);
  const db = connect(server.url);
  const asked = inFlight.map((way) => errorOf(way(db)));
  await sleep(500);
  await server.close();
  for (const error of await Promise.all(asked)) {
    expect(isAway(error), String(error)).toBe(true);
    expect(isConflict(error), String(error)).toBe(false);
  }
  await db.$disconnect();
}, 60_000);

test('Redis, in the middle of a command and before it', async () => {
  const server = await testRedis();
  const redis = connectRedis(server.url);
  await redis.ping();
  const waiting = errorOf(redis.blpop('nothing', 20));
  await server.kill();
  expect(isAway(await waiting)).toBe(true);
  expect(isAway(await errorOf(redis.get('key')))).toBe(true);
  redis.disconnect();
  expect(isAway(await errorOf(redis.get('key')))).toBe(true);
  await server.close();
});

test('our own mistakes are not taken for it', async () => {
  const database = await testDatabase();
  expect(isAway(await errorOf(database.db.$queryRaw`SELECT nonsense`))).toBe(false);
  expect(isAway(new Error('Connection of ideas'))).toBe(false);
  await database.close();
});
