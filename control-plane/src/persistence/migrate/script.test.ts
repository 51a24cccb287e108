import { expect, test } from 'vitest';
import { POSTGRESQL } from './dialect.ts';
import { statementsOf } from './script.ts';

test('three types have other names on PostgreSQL, and nothing else changes', () => {
  expect(
    POSTGRESQL.translate(
      `CREATE TABLE "STRING" ("bytes" BYTES, "a" STRING(64) DEFAULT 'STRING(1)', b STRING [], c STRING(3)[]);`,
    ),
  ).toBe(
    `CREATE TABLE "STRING" ("bytes" BYTEA, "a" VARCHAR(64) DEFAULT 'STRING(1)', b TEXT [], c VARCHAR(3)[]);`,
  );
  for (const quoted of [
    '-- STRING\n',
    '/* BYTES; */',
    `'it''s STRING'`,
    `E'\\' BYTES'`,
    '"a ""STRING"""',
    '$$ STRING $$',
    '$x$ BYTES $$ $x$',
  ])
    expect(POSTGRESQL.translate(quoted)).toBe(quoted);
});

test('statements end where code has a semicolon', () => {
  expect(statementsOf(`-- one; two\nSELECT ';', ";", $$;$$ ;\n\n/* ; */ ;; SELECT 2 -- end;`)).toEqual([
    `-- one; two\nSELECT ';', ";", $$;$$`,
    'SELECT 2 -- end;',
  ]);
  expect(statementsOf('-- nothing\n')).toEqual([]);
});
