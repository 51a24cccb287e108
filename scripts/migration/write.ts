// Writes the next migration: what leads from the schema that the migrations make, kept beside them, to the one in schema.prisma.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { Problem } from '../bootstrap/problem.mjs';
import { diff } from './diff.ts';

const prisma = path.join(checkoutRoot, 'prisma');
export const SCHEMA: string = path.join(prisma, 'schema.prisma');
/** What schema.prisma was when the last migration was written. */
export const MIGRATED_SCHEMA: string = path.join(prisma, 'migrations/schema.prisma');
export const EMPTY_SCHEMA = 'datasource db {\n  provider = "cockroachdb"\n}\n';

/** Returns the new file, or nothing when there is nothing to do. */
export async function writeMigration(name: string, now: Date): Promise<string | undefined> {
  if (!/^[a-z][a-z0-9_]{2,80}$/.test(name))
    throw new Problem(
      `“${name}” is no name for a migration`,
      'use lower case, digits and _: npm run migration -- add_friends',
    );
  const to = await readFile(SCHEMA, 'utf8');
  const from = existsSync(MIGRATED_SCHEMA) ? await readFile(MIGRATED_SCHEMA, 'utf8') : EMPTY_SCHEMA;
  const sql = await diff(from, to);
  if (!/^[^-\s]/m.test(sql)) return undefined;
  const timestamp = now.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const file = path.join(prisma, 'migrations', `${timestamp}_${name}`, 'migration.sql');
  await mkdir(path.dirname(file));
  await writeFile(file, sql);
  await writeFile(MIGRATED_SCHEMA, to);
  return file;
}
