// Brings a database up to this version: by whoever comes first, while others wait; done again, it does nothing.
import pg, { type ClientBase } from 'pg';
import { apply } from './apply.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { type Migration, readMigrations } from './folder.ts';
import { type LeaseRules, underLease } from './lease.ts';
import { createLedger, readLedger, resolve } from './ledger.ts';
import { COMMAND, MigrationError, plan } from './plan.ts';

export interface MigrateOptions {
  /** Where the migrations lie; a test has others. */
  readonly folder?: string;
  /** Instead of asking the database. */
  readonly dialect?: Dialect;
  readonly lease?: LeaseRules;
  readonly report?: (name: string) => void;
}

const LEASE: LeaseRules = { leaseMs: 15_000, waitMs: 600_000 };

/** Returns the names of what it applied. */
export async function migrate(
  url: string,
  { folder, dialect, lease = LEASE, report = () => {} }: MigrateOptions = {},
): Promise<string[]> {
  const migrations = await readMigrations(folder);
  return withClient(url, (client) =>
    underLease(url, lease, async (held) => {
      await createLedger(client);
      const pending = plan(migrations, await readLedger(client));
      const speaks = dialect ?? (await dialectOf(client));
      for (const migration of pending) {
        report(migration.name);
        await apply(client, speaks, held, migration);
      }
      return pending.map(({ name }) => name);
    }),
  );
}

/** Refuses a database that lacks something. One that is ahead is fine here: during an update the old version still runs. */
export async function requireMigrated(url: string, folder?: string): Promise<void> {
  const migrations = await readMigrations(folder);
  const ledger = await withClient(url, readLedger);
  const known = new Set(migrations.map(({ name }) => name));
  const pending = plan(
    migrations,
    ledger.filter(({ name }) => known.has(name)),
  );
  if (pending.length > 0) throw behind(pending);
}

const behind = (pending: readonly Migration[]) =>
  new MigrationError(
    `The database lacks ${pending.map(({ name }) => name).join(', ')}`,
    `run \`${COMMAND}\` with the same DATABASE_URL, then start again`,
  );

/** Writes into the ledger what a person has done about a migration that stopped half-way. */
export async function resolveStopped(
  url: string,
  name: string,
  how: 'applied' | 'rolled-back',
  lease: LeaseRules = LEASE,
): Promise<void> {
  await withClient(url, (client) =>
    underLease(url, lease, async () => {
      const entry = (await readLedger(client)).find((one) => one.name === name && !one.finished);
      if (entry === undefined)
        throw new MigrationError(`The migration ${name} has not stopped half-way`, 'look at the name');
      await resolve(client, entry.id, how);
    }),
  );
}

async function withClient<T>(url: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'otherworld migration' });
  client.on('error', () => {}); // the statement in work fails too, and tells
  try {
    await client.connect();
  } catch (error) {
    const { host, port, database } = client;
    throw new MigrationError(
      `The database ${database} at ${host}:${port} cannot be used (${reasonOf(error)})`,
      'start it, or correct DATABASE_URL',
      { cause: error },
    );
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const reasonOf = (error: unknown) =>
  (error as Error).message || (error as NodeJS.ErrnoException).code || String(error);
