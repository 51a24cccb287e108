// The migrations of this version: `prisma/migrations/<timestamp>_<name>/migration.sql`, as Prisma lays them out, so that
// `prisma migrate deploy` reads the same folder.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hex, as in Prisma's ledger. */
  readonly checksum: string;
}

export const MIGRATIONS: string = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));

/** In the order in which they are applied. */
export async function readMigrations(folder: string = MIGRATIONS): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.toSorted().map((name) => readMigration(folder, name)));
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}
