// The migration runner on real databases, with migrations of the test's own and with ours.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/stores.ts';
import { onServer } from '../../../test/template-database.ts';
import { until } from '../../../test/until.ts';
import { POSTGRESQL } from './dialect.ts';
import { migrate, requireMigrated, resolveStopped } from './flow.ts';

vi.setConfig({ testTimeout: 60_000 });

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await testDatabase({ empty: true });
  folder = await mkdtemp(path.join(tmpdir(), 'ow-migrations-'));
  await write('1_first', 'CREATE TABLE "a" ("id" UUID PRIMARY KEY, "name" STRING(8), "hash" BYTES);');
});
afterEach(() => database.close());

async function write(name: string, sql: string): Promise<void> {
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'migration.sql'), sql);
}

/** As CockroachDB makes them, whose own SQL PostgreSQL does not read. */
const IN_STEPS = { ...POSTGRESQL, atomic: false };
const SWIFT = { leaseMs: 2_500, waitMs: 20_000 };
const run = (options = {}) => migrate(database.url, { folder, lease: SWIFT, ...options });
const tables = async () => {
  const { rows } = await onServer(
    database.url,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};
const ledger = async () =>
  (
    await onServer(
      database.url,
      'SELECT "migration_name", "applied_steps_count", "finished_at" IS NOT NULL AS finished FROM "_prisma_migrations" ORDER BY "started_at"',
    )
  ).rows;

const TWO_STEPS = 'CREATE TABLE "b" ("id" UUID PRIMARY KEY);\nCREATE TABLE "c" ("id" UUID PRIMARY KEY);';
const BREAKS = 'CREATE TABLE "b" ("id" UUID PRIMARY KEY);\nCREATE TABLE "a" ("id" UUID PRIMARY KEY);';

describe.for([
  ['at once, as on PostgreSQL', {}],
  ['in steps, as on CockroachDB', { dialect: IN_STEPS }],
] as const)('%s', ([, how]) => {
  test('a fresh database gets all of them in order, and done again nothing', async () => {
    await write('2_second', TWO_STEPS);
    const told: string[] = [];
    expect(await run({ ...how, report: (name: string) => told.push(name) })).toEqual(['1_first', '2_second']);
    expect(told).toEqual(['1_first', '2_second']);
    expect(await tables()).toEqual(['a', 'b', 'c']);
    expect(await run(how)).toEqual([]);
    expect(await ledger()).toEqual([
      { migration_name: '1_first', applied_steps_count: 1, finished: true },
      { migration_name: '2_second', applied_steps_count: 2, finished: true },
    ]);
  });

  test('five processes at once: one of them does it, the others find it done', async () => {
    await write('2_second', TWO_STEPS);
    const applied = await Promise.all(Array.from({ length: 5 }, () => run(how)));
    expect(applied.map(({ length }) => length).toSorted()).toEqual([0, 0, 0, 0, 2]);
    expect(await ledger()).toHaveLength(2);
  });

  test('a file that was changed afterwards is refused', async () => {
    await run(how);
    await write('1_first', 'CREATE TABLE "a" ("id" UUID PRIMARY KEY);');
    await expect(run(how)).rejects.toThrow(/1_first was changed after the database had it: restore it/);
  });

  test('a database that is ahead is refused here, and is good enough to run on', async () => {
    await write('2_second', TWO_STEPS);
    await run(how);
    const older = await mkdtemp(path.join(tmpdir(), 'ow-migrations-'));
    [folder] = [older];
    await write('1_first', 'CREATE TABLE "a" ("id" UUID PRIMARY KEY, "name" STRING(8), "hash" BYTES);');
    await expect(run(how)).rejects.toThrow(/had the migration 2_second, which this version .* does not know/);
    await requireMigrated(database.url, folder);
  });
});

describe('what fails half-way', () => {
  test('where schema changes can be taken back nothing stays, and it can be done again', async () => {
    await write('2_breaks', BREAKS);
    await expect(run()).rejects.toThrow(/2_breaks failed and nothing of it stayed \(.*"a" already exists\)/);
    expect(await tables()).toEqual(['a']);
    await write('2_breaks', TWO_STEPS);
    expect(await run()).toEqual(['2_breaks']);
  });

  test('where they cannot it stands still and says how far it came, until a person has looked', async () => {
    await write('2_breaks', BREAKS);
    await expect(run({ dialect: IN_STEPS })).rejects.toThrow(/2_breaks failed at its statement 2 of 2/);
    expect(await tables()).toEqual(['a', 'b']);
    for (const again of [() => run({ dialect: IN_STEPS }), () => requireMigrated(database.url, folder)])
      await expect(again()).rejects.toThrow(
        /2_breaks stopped after 1 of its 2 statements \(.*already exists\).*--applied 2_breaks.*--rolled-back 2_breaks/,
      );
    await resolveStopped(database.url, '2_breaks', 'applied', SWIFT);
    expect(await run({ dialect: IN_STEPS })).toEqual([]);
  });

  test('undone by hand it is made from its beginning', async () => {
    await write('2_breaks', BREAKS);
    await expect(run({ dialect: IN_STEPS })).rejects.toThrow();
    await onServer(database.url, 'DROP TABLE "b"');
    await resolveStopped(database.url, '2_breaks', 'rolled-back', SWIFT);
    await write('2_breaks', TWO_STEPS);
    expect(await run({ dialect: IN_STEPS })).toEqual(['2_breaks']);
    await expect(resolveStopped(database.url, '2_breaks', 'applied', SWIFT)).rejects.toThrow(
      /has not stopped half-way/,
    );
  });
});

describe('processes', () => {
  const flow = path.join(import.meta.dirname, 'flow.ts');
  /** Migrates in a process of its own. */
  function migrating(atomic: boolean): ChildProcess {
    const script = `
      import { migrate } from ${JSON.stringify(flow)};
      import { POSTGRESQL } from ${JSON.stringify(path.join(import.meta.dirname, 'dialect.ts'))};
      await migrate(${JSON.stringify(database.url)}, { folder: ${JSON.stringify(folder)},
        dialect: { ...POSTGRESQL, atomic: ${atomic} }, lease: ${JSON.stringify(SWIFT)} });`;
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  }
  const sleeping = async () => {
    const { rows } = await onServer(
      database.url,
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(%'`,
    );
    return rows.length > 0;
  };
  const SLEEPS =
    'CREATE TABLE "b" ("id" UUID PRIMARY KEY);\nSELECT pg_sleep(5);\nCREATE TABLE "c" ("id" UUID PRIMARY KEY);';

  test('killed in the middle of a transaction it leaves nothing, and the next one does it all', async () => {
    await write('2_sleeps', SLEEPS);
    const child = migrating(true);
    await until(sleeping, 20_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await run()).toEqual(['2_sleeps']);
    expect(await tables()).toEqual(['a', 'b', 'c']);
  });

  test('killed in the middle of the steps the next one says where', async () => {
    await write('2_sleeps', SLEEPS);
    const child = migrating(false);
    await until(sleeping, 20_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect(run({ dialect: IN_STEPS })).rejects.toThrow(/2_sleeps stopped after 1 of its 3 statements/);
  });

  test('one that was asleep for longer than its lease does not commit', async () => {
    await write('2_sleeps', SLEEPS);
    const child = migrating(true);
    await until(sleeping, 20_000);
    child.kill('SIGSTOP');
    const other = migrate(database.url, { folder, lease: SWIFT }); // waits for the table's row locks, too
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    child.kill('SIGCONT');
    const [code] = await once(child, 'exit');
    expect(await other).toEqual(code === 0 ? [] : ['2_sleeps']);
    expect(await ledger()).toHaveLength(2);
    expect(await tables()).toEqual(['a', 'b', 'c']);
  });

  test('main.ts brings a database up, says so, and explains one that does not answer', async () => {
    const main = (url: string) => {
      const child = spawn(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
        env: { ...process.env, DATABASE_URL: url },
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
      return once(child, 'close').then(([code]) => ({ code, said }));
    };
    await expect(requireMigrated(database.url)).rejects.toThrow(
      /The database lacks .*_accounts_worlds.*: run `node/,
    );
    expect(await main(database.url)).toEqual({
      code: 0,
      said: expect.stringMatching(/^Migrating: \d+_accounts_worlds\n/),
    });
    expect(await main(database.url)).toEqual({ code: 0, said: 'The database is up to date.\n' });
    await requireMigrated(database.url);
    const { code, said } = await main('postgresql://x@127.0.0.1:1/none');
    expect(code).toBe(1);
    expect(said).toMatch(
      /^The database none at 127.0.0.1:1 cannot be used \(.*ECONNREFUSED.*\): start it, or correct DATABASE_URL\.\n$/,
    );
  }, 60_000);
});
