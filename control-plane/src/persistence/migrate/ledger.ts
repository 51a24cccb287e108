// Which migrations a database has had: Prisma's own table `_prisma_migrations`, row for row as Prisma keeps it, so that
// `prisma migrate deploy` and we can follow each other on one database.
import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { Migration } from './folder.ts';

export interface Entry {
  readonly id: string;
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
  /** Statements that are done. */
  readonly steps: number;
  readonly logs: string | null;
}

const CREATE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

const UNDEFINED_TABLE = '42P01';

export async function createLedger(client: ClientBase): Promise<void> {
  await client.query(CREATE);
}

/** What was applied or begun; what was rolled back counts as never begun. A database without a ledger has had nothing. */
export async function readLedger(client: ClientBase): Promise<Entry[]> {
  const select = `SELECT "id", "migration_name" AS "name", "checksum", "finished_at" IS NOT NULL AS "finished",
    "applied_steps_count" AS "steps", "logs"
    FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL ORDER BY "migration_name"`;
  try {
    const { rows } = await client.query(select);
    return rows.map((row) => ({ ...row, steps: Number(row.steps) }));
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return [];
    throw error;
  }
}

export async function begin(client: ClientBase, { name, checksum }: Migration): Promise<string> {
  const id = randomUUID();
  await client.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name") VALUES ($1, $2, $3)`,
    [id, checksum, name],
  );
  return id;
}

export async function recordStep(client: ClientBase, id: string, steps: number): Promise<void> {
  await client.query(`UPDATE "_prisma_migrations" SET "applied_steps_count" = $2 WHERE "id" = $1`, [
    id,
    steps,
  ]);
}

export async function recordFailure(client: ClientBase, id: string, logs: string): Promise<void> {
  await client.query(`UPDATE "_prisma_migrations" SET "logs" = $2 WHERE "id" = $1`, [id, logs]);
}

export async function finish(client: ClientBase, id: string): Promise<void> {
  await client.query(`UPDATE "_prisma_migrations" SET "finished_at" = now() WHERE "id" = $1`, [id]);
}

/** What a person has found out about one that stopped half-way. */
export async function resolve(client: ClientBase, id: string, how: 'applied' | 'rolled-back'): Promise<void> {
  const column = how === 'applied' ? 'finished_at' : 'rolled_back_at';
  await client.query(`UPDATE "_prisma_migrations" SET "${column}" = now() WHERE "id" = $1`, [id]);
}
