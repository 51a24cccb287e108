// The retry against a real server: conflicts, deadlocks, and the mode in which every transaction conflicts once.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/stores.ts';
import { ApiError } from '../errors.ts';
import { isConflict } from './conflict.ts';
import { connect, type Tx } from './connect.ts';
import { transaction } from './transaction.ts';

let store: TestDatabase;
beforeAll(async () => {
  store = await testDatabase();
}, 60_000);
afterAll(() => store.close());

const ADA = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';

beforeEach(async () => {
  await store.db.account.deleteMany();
  await store.db.account.createMany({
    data: [
      { id: ADA, name: 'Ada', role: 'admin' },
      { id: BOB, name: 'Bob', role: 'admin' },
    ],
  });
});

const admins = () => store.db.account.count({ where: { role: 'admin' } });

/** Steps down unless that leaves nobody: right alone, wrong side by side unless the database sees it. */
const stepDown = (id: string, meet: () => Promise<unknown>) => async (tx: Tx) => {
  const others = await tx.account.count({ where: { role: 'admin', NOT: { id } } });
  await meet();
  if (others === 0) return false;
  await tx.account.update({ where: { id }, data: { role: 'player' } });
  return true;
};

/** Both come here before either goes on; who comes later goes through. */
function meeting(): () => Promise<unknown> {
  const both = Promise.withResolvers<void>();
  let here = 0;
  return async () => {
    here++;
    if (here === 2) both.resolve();
    // With injected conflicts one may be through before the other comes.
    await Promise.race([both.promise, sleep(1_000)]);
  };
}

describe('conflicts', () => {
  test('a write skew is undone and done again: of two admins who step down one stays', async () => {
    const meet = meeting();
    const other = connect(store.url);
    const runs = vi.fn();
    const counted = (work: (tx: Tx) => Promise<boolean>) => (tx: Tx) => {
      runs();
      return work(tx);
    };
    const stepped = await Promise.all([
      transaction(store.db, counted(stepDown(ADA, meet))),
      transaction(other, counted(stepDown(BOB, meet))),
    ]);
    await other.$disconnect();
    expect(stepped.toSorted()).toEqual([false, true]);
    expect(await admins()).toBe(1);
    expect(runs.mock.calls.length).toBeGreaterThan(2);
  });

  test('a deadlock is broken and done again', async () => {
    const meet = meeting();
    const lockBoth = (first: string, second: string) => async (tx: Tx) => {
      await tx.$executeRaw`UPDATE "account" SET "name" = "name" || '!' WHERE "id" = ${first}::uuid`;
      await meet();
      await tx.$executeRaw`UPDATE "account" SET "name" = "name" || '!' WHERE "id" = ${second}::uuid`;
    };
    await Promise.all([transaction(store.db, lockBoth(ADA, BOB)), transaction(store.db, lockBoth(BOB, ADA))]);
    const names = await store.db.account.findMany({ select: { name: true }, orderBy: { name: 'asc' } });
    expect(names.map(({ name }) => name)).toEqual(['Ada!!', 'Bob!!']);
  });

  test('twenty who count one number up lose none, or are told that it is busy', async () => {
    const bump = () =>
      transaction(store.db, async (tx) => {
        const world = await tx.world.findUniqueOrThrow({ where: { slug: 'counted' } });
        await tx.world.update({ where: { slug: 'counted' }, data: { capacity: world.capacity + 1 } });
      });
    await store.db.world.create({ data: { slug: 'counted', name: 'Counted', scene: 'none', capacity: 0 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, bump));
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'OW_ERR_BUSY' });
    const { capacity } = await store.db.world.findUniqueOrThrow({ where: { slug: 'counted' } });
    expect(capacity).toBe(done);
    expect(done).toBeGreaterThan(10);
  });

  test('it gives up in the end, with an answer that asks to come again', async () => {
    const rival = connect(store.url);
    let runs = 0;
    const always = transaction(store.db, async (tx) => {
      runs++;
      await tx.account.findUniqueOrThrow({ where: { id: ADA } });
      await rival.account.update({ where: { id: ADA }, data: { name: `Ada ${runs}` } });
      await tx.account.update({ where: { id: ADA }, data: { name: 'mine' } });
    });
    await expect(always).rejects.toEqual(new ApiError('OW_ERR_BUSY'));
    expect(runs).toBe(10);
    await rival.$disconnect();
  });

  test('other errors pass at once and undo everything', async () => {
    let runs = 0;
    const failing = transaction(store.db, async (tx) => {
      runs++;
      await tx.account.update({ where: { id: ADA }, data: { name: 'gone' } });
      throw new RangeError('ours');
    });
    await expect(failing).rejects.toThrow(new RangeError('ours'));
    expect(runs).toBe(1);
    expect(await store.db.account.findUniqueOrThrow({ where: { id: ADA } })).toMatchObject({ name: 'Ada' });
  });
});

describe('how a conflict looks', () => {
  /** Provokes 40001 at the second statement, which `write` makes. */
  const provoked = (write: (tx: Tx) => Promise<unknown>) =>
    store.db.$transaction(
      async (tx) => {
        await tx.account.findMany();
        const rival = new pg.Client({ connectionString: store.url });
        await rival.connect();
        await rival.query(`UPDATE "account" SET "name" = 'rival'`);
        await rival.end();
        await write(tx);
      },
      { isolationLevel: 'Serializable' },
    );

  test.for([
    ['a call of the client', (tx: Tx) => tx.account.updateMany({ data: { name: 'mine' } })],
    ['raw SQL', (tx: Tx) => tx.$executeRaw`UPDATE "account" SET "name" = 'mine'`],
    ['a raw query', (tx: Tx) => tx.$queryRaw`UPDATE "account" SET "name" = 'mine' RETURNING "id"`],
  ] as const)('in %s', async ([, write]) => {
    const error = await provoked(write).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(isConflict(error), JSON.stringify(error)).toBe(true);
  });

  test('a broken constraint is none', async () => {
    const twice = store.db.account.create({ data: { id: ADA, name: 'again' } });
    expect(
      await twice.then(
        () => 'made',
        (error) => isConflict(error),
      ),
    ).toBe(false);
    expect(isConflict('40001')).toBe(false);
  });
});

describe('OTHERWORLD_INJECT_40001', () => {
  test('every transaction runs twice, and what it wrote is there once', async () => {
    vi.stubEnv('OTHERWORLD_INJECT_40001', '1');
    const db = connect(store.url);
    vi.unstubAllEnvs();
    let runs = 0;
    const made = await transaction(db, async (tx) => {
      runs++;
      return tx.account.create({ data: { name: 'Injected' } });
    });
    expect(runs).toBeGreaterThan(1);
    expect(await store.db.account.findMany({ where: { name: 'Injected' } })).toEqual([made]);
    await db.$disconnect();
  });

  test('many at once do not wait for each other for ever', async () => {
    vi.stubEnv('OTHERWORLD_INJECT_40001', '1');
    const db = connect(store.url);
    vi.unstubAllEnvs();
    const names = Array.from({ length: 30 }, (_, k) => `Many ${k}`);
    await Promise.all(names.map((name) => transaction(db, (tx) => tx.account.create({ data: { name } }))));
    expect(await db.account.count({ where: { name: { startsWith: 'Many ' } } })).toBe(30);
    await db.$disconnect();
  });
});
