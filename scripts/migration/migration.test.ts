// The migrations lead to prisma/schema.prisma: nothing is missing in them, and what was corrected by hand leads to the same tables.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { migrate } from '../../control-plane/src/persistence/migrate/flow.ts';
import { testDatabase } from '../../control-plane/test/stores.ts';
import { onServer } from '../../control-plane/test/template-database.ts';
import { diff } from './diff.ts';
import { EMPTY_SCHEMA, MIGRATED_SCHEMA, SCHEMA, writeMigration } from './write.ts';

const schema = await readFile(SCHEMA, 'utf8');

test('every change of schema.prisma has its migration: else run npm run migration -- NAME', async () => {
  expect(await diff(await readFile(MIGRATED_SCHEMA, 'utf8'), schema)).not.toMatch(/^[A-Z]/m);
});

test('a change makes a step, in the SQL of CockroachDB', async () => {
  const changed = schema.replace(
    'model World {',
    'model World {\n  motto String @default("") @db.String(20)\n',
  );
  expect(await diff(schema, changed)).toContain(`ADD COLUMN     "motto" STRING(20) NOT NULL DEFAULT ''`);
});

test('a name that is none is refused', async () => {
  await expect(writeMigration('../x', new Date(0))).rejects.toThrow(/is no name for a migration/);
});

test('a database that has had every migration is one that was made from the schema at once', async () => {
  const [migrated, fresh] = [await testDatabase(), await testDatabase({ empty: true })];
  const folder = await mkdtemp(path.join(tmpdir(), 'ow-schema-'));
  await mkdir(path.join(folder, '1_all'));
  await writeFile(path.join(folder, '1_all/migration.sql'), await diff(EMPTY_SCHEMA, schema));
  await migrate(fresh.url, { folder });
  const [ours, wanted] = [await shapeOf(migrated.url), await shapeOf(fresh.url)];
  expect(wanted.length).toBeGreaterThan(50);
  expect(ours).toEqual(wanted);
  for (const database of [migrated, fresh]) await database.close();
  await rm(folder, { recursive: true });
});

/** Every column, index, constraint and enum, in words and in order. */
async function shapeOf(url: string): Promise<string[]> {
  const { rows } = await onServer(
    url,
    `SELECT concat_ws(' ', 'column', table_name, column_name, data_type, udt_name, character_maximum_length,
       datetime_precision, is_nullable, column_default) AS line
     FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
     UNION ALL SELECT concat_ws(' ', 'enum', typname, enumlabel, enumsortorder) FROM pg_enum JOIN pg_type t ON t.oid = enumtypid
     ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}
