// One migration onto the database. Where schema changes can be taken back it is one transaction with its row in the ledger, and a
// process killed in the middle leaves nothing. Where they cannot (CockroachDB), each finished statement is counted, so that
// a person knows where it stopped.
import type { ClientBase } from 'pg';
import type { Dialect } from './dialect.ts';
import type { Migration } from './folder.ts';
import type { Lease } from './lease.ts';
import { begin, finish, recordFailure, recordStep } from './ledger.ts';
import { COMMAND, MigrationError } from './plan.ts';
import { statementsOf } from './script.ts';

export async function apply(
  client: ClientBase,
  dialect: Dialect,
  lease: Lease,
  migration: Migration,
): Promise<void> {
  const statements = statementsOf(dialect.translate(migration.sql));
  if (dialect.atomic) await applyAtOnce(client, lease, migration, statements);
  else await applyInSteps(client, lease, migration, statements);
}

async function applyAtOnce(
  client: ClientBase,
  lease: Lease,
  migration: Migration,
  statements: readonly string[],
): Promise<void> {
  await client.query('BEGIN');
  try {
    const id = await begin(client, migration);
    for (const statement of statements) await client.query(statement);
    await recordStep(client, id, statements.length);
    await finish(client, id);
    await lease.check(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // the connection is gone, and with it the transaction
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(
      `The migration ${migration.name} failed and nothing of it stayed (${(error as Error).message})`,
      'correct the database, or take a version of Otherworld whose migration works, and run it again',
      { cause: error },
    );
  }
}

async function applyInSteps(
  client: ClientBase,
  lease: Lease,
  migration: Migration,
  statements: readonly string[],
): Promise<void> {
  const id = await begin(client, migration);
  for (const [index, statement] of statements.entries()) {
    await lease.check(client);
    try {
      await client.query(statement);
    } catch (error) {
      const { message } = error as Error;
      await recordFailure(client, id, message).catch(() => {}); // then the next run says it without the reason
      throw new MigrationError(
        `The migration ${migration.name} failed at its statement ${index + 1} of ${statements.length} (${message})`,
        `run \`${COMMAND}\` to read what can be done`,
        { cause: error },
      );
    }
    await recordStep(client, id, index + 1);
  }
  await finish(client, id);
}
