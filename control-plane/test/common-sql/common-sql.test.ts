// All SQL that we store with or migrate by is of the kind that CockroachDB and PostgreSQL both understand.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, type Statement } from 'pgsql-ast-parser';
import { describe, expect, test } from 'vitest';
import { POSTGRESQL } from '../../src/persistence/migrate/dialect.ts';
import { readMigrations } from '../../src/persistence/migrate/folder.ts';
import { statementsOf } from '../../src/persistence/migrate/script.ts';
import { rawSqlIn } from './raw-sql.ts';
import { MIGRATION_RULES, RULES, type Rule, rulesPage } from './rules.ts';

const SOURCES = path.join(import.meta.dirname, '../../src');
/** What stands in a source for a reason of its own. */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  // PostgreSQL makes a migration at once, CockroachDB does not get there.
  'persistence/migrate/apply.ts': [/^(BEGIN|COMMIT|ROLLBACK)$/],
};

/** Why the statement is refused. */
function faults(sql: string, rules: readonly Rule[]): string[] {
  let statements: Statement[];
  try {
    statements = parse(sql);
  } catch (error) {
    return [`not understood (${(error as Error).message.split('\n')[0]}): ${sql}`];
  }
  return statements.flatMap((statement) =>
    rules.filter((rule) => rule.breaks(statement)).map((rule) => `${rule.refuses}: ${sql}`),
  );
}

test('the migrations', async () => {
  const migrations = await readMigrations();
  const statements = migrations.flatMap(({ sql }) => statementsOf(POSTGRESQL.translate(sql)));
  expect(statements.length).toBeGreaterThan(10);
  expect(statements.flatMap((sql) => faults(sql, [...RULES, ...MIGRATION_RULES]))).toEqual([]);
});

test('raw SQL of the control plane', () => {
  const files = globSync('**/*.ts', { cwd: SOURCES }).filter((file) => !file.endsWith('.test.ts'));
  const found = files.flatMap((file) =>
    rawSqlIn(readFileSync(path.join(SOURCES, file), 'utf8')).map((sql) => ({ file, sql })),
  );
  expect(found.length).toBeGreaterThan(10);
  const refused = found
    .filter(({ file, sql }) => !ALLOWED[file]?.some((allowed) => allowed.test(sql)))
    .flatMap(({ file, sql }) => faults(sql, RULES).map((fault) => `${file}: ${fault}`));
  expect(refused).toEqual([]);
});

describe('a rule refuses its example, and only it does', () => {
  test.for([...RULES, ...MIGRATION_RULES])('$refuses', ({ refuses, example }) => {
    const rules = MIGRATION_RULES.some((rule) => rule.refuses === refuses)
      ? [...RULES, ...MIGRATION_RULES]
      : RULES;
    expect(faults(example, rules)).toEqual([`${refuses}: ${example}`]);
  });

  test.for([
    'LISTEN c',
    'LOCK TABLE t',
    'CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()',
    'CREATE TABLE t (a INT4) PARTITION BY RANGE (a)',
  ])('what the parser does not know: %s', (sql) =>
    expect(faults(sql, RULES)).toEqual([expect.stringMatching(/^not understood/)]),
  );
});

test('SQL in a source is found however it is written', () => {
  const source = `
    const LOCK: string = "SELECT pg_advisory_lock(1)";
    await tx.$queryRaw\`select \${id}::uuid from t\`;
    db.$executeRawUnsafe('notify c');
    const text = 'Select a world';
    type A = { query(sql: string): void };
    client.query(LOCK, [1]);`;
  expect(rawSqlIn(source)).toEqual(['SELECT pg_advisory_lock(1)', 'select $1::uuid from t', 'notify c']);
});

test('the page lists exactly the rules', async () => {
  await expect(rulesPage()).toMatchFileSnapshot('../../../prisma/common-sql.md');
});
