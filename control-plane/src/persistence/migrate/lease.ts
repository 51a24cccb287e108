// One migrating process at a time, on both databases: a row with an expiry. Advisory locks do nothing on CockroachDB, and a row lock
// there does not outlive a change of leader. Whoever dies is followed within the lease's time; whoever was only asleep
// finds the lease gone before it commits.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg, { type ClientBase } from 'pg';
import { MigrationError } from './plan.ts';

export interface LeaseRules {
  readonly leaseMs: number;
  readonly waitMs: number;
}

const POLL_MS = 200;
/** Two CREATE TABLE IF NOT EXISTS at once: one of them is told by these. */
const MADE_MEANWHILE = ['23505', '42P07', '42710'];

const CREATE = `CREATE TABLE IF NOT EXISTS "_otherworld_migrating" (
  "id" INTEGER PRIMARY KEY, "holder" UUID NOT NULL, "until" TIMESTAMPTZ NOT NULL)`;
const TAKE = `INSERT INTO "_otherworld_migrating" ("id", "holder", "until") VALUES (1, $1, now() + $2 * INTERVAL '1 millisecond')
  ON CONFLICT ("id") DO UPDATE SET "holder" = excluded."holder", "until" = excluded."until"
  WHERE "_otherworld_migrating"."until" < now() RETURNING "holder"`;
const EXTEND = `UPDATE "_otherworld_migrating" SET "until" = now() + $2 * INTERVAL '1 millisecond'
  WHERE "holder" = $1 AND "until" > now()`;
const RELEASE = `UPDATE "_otherworld_migrating" SET "until" = now() WHERE "holder" = $1`;

export interface Lease {
  /** Throws when somebody else may be at work. In a transaction, its commit waits for us. */
  check(client: ClientBase): Promise<void>;
}

/** Does work under the lease; it is extended by a connection of its own, because one statement can take minutes. */
export async function underLease<T>(
  url: string,
  { leaseMs, waitMs }: LeaseRules,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'otherworld migration lease' });
  client.on('error', () => {}); // the lease is not extended then, and check() tells
  await client.connect();
  const holder = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  try {
    await create(client);
    await take(client, holder, leaseMs, waitMs);
    timer = setInterval(() => client.query(EXTEND, [holder, leaseMs]).catch(() => {}), leaseMs / 4);
    return await work({ check: (worker) => check(worker, holder, leaseMs) });
  } finally {
    clearInterval(timer);
    await client.query(RELEASE, [holder]).catch(() => {}); // it expires by itself
    await client.end();
  }
}

async function create(client: ClientBase): Promise<void> {
  await client.query(CREATE).catch((error) => {
    if (!MADE_MEANWHILE.includes(error.code)) throw error;
  });
}

async function take(client: ClientBase, holder: string, leaseMs: number, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  while ((await client.query(TAKE, [holder, leaseMs])).rowCount !== 1) {
    if (Date.now() > deadline)
      throw new MigrationError(
        `Another process has been migrating this database for ${waitMs / 1000} s`,
        'wait for it, or end it',
      );
    await sleep(POLL_MS);
  }
}

async function check(client: ClientBase, holder: string, leaseMs: number): Promise<void> {
  const { rowCount } = await client.query(EXTEND, [holder, leaseMs]);
  if (rowCount !== 1)
    throw new MigrationError(
      'This process was held up for so long that another one may have begun to migrate',
      'run it again',
    );
}
