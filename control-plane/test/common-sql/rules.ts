// What both CockroachDB and PostgreSQL understand and mean alike, as a list of what is not: each rule looks at one parsed
// statement. `prisma/common-sql.md` is this list for people, and the test compares the two.
import type { Statement } from 'pgsql-ast-parser';

export interface Rule {
  readonly refuses: string;
  readonly because: string;
  /** Page of CockroachDB's documentation, below https://www.cockroachlabs.com/docs/stable/, or of its issues. */
  readonly source: string;
  /** A statement that breaks it. */
  readonly example: string;
  breaks(statement: Statement): boolean;
}

export const RULES: readonly Rule[] = [
  {
    refuses: 'Advisory locks',
    because:
      'on CockroachDB they have long been stubs that lock nothing; what only one process may do takes a row with an expiry',
    source: 'https://github.com/cockroachdb/cockroach/issues/13546',
    example: 'SELECT pg_try_advisory_lock(1)',
    breaks: calls(/^pg_(try_)?advisory_/),
  },
  {
    refuses: 'Sequences, serial and identity columns',
    because:
      "neighbouring keys go to one range and make it hot, and CockroachDB's serial exceeds 2^53; keys are random UUIDs made by us",
    source: 'sql-faqs',
    example: 'CREATE TABLE t (id BIGSERIAL PRIMARY KEY)',
    breaks: either(
      isOf(/sequence$/),
      hasType(/^(small|big)?serial\d?$/),
      calls(/^(nextval|currval|setval|lastval|unique_rowid)$/),
      has((node) => node.type === 'add generated'),
    ),
  },
  {
    refuses: 'uuidv7() and functions of extensions',
    because:
      'PostgreSQL 18 has uuidv7(), CockroachDB has not; keys that grow with time make a hot range anyway',
    source: 'uuid',
    example: 'SELECT uuidv7()',
    breaks: either(calls(/^(uuidv\d|uuid_generate_v\d\w*)$/), isOf(/extension$/)),
  },
  {
    refuses: 'DO blocks, functions and procedures',
    because:
      'their language is not the same; what has branches is written in TypeScript, inside transaction()',
    source: 'plpgsql',
    example: 'DO $$ BEGIN END $$',
    breaks: isOf(/^(do|create function|drop function)$/),
  },
  {
    refuses: 'pg_notify()',
    because: 'CockroachDB has no LISTEN; processes tell each other by the bus (src/bus.ts)',
    source: 'https://github.com/cockroachdb/cockroach/issues/41522',
    example: "SELECT pg_notify('channel', 'text')",
    breaks: calls(/^pg_notify$/),
  },
  {
    refuses: 'Row locks: FOR UPDATE, FOR SHARE, SKIP LOCKED',
    because:
      'on CockroachDB they are a hint that a change of leader drops, and FOR SHARE does nothing; SERIALIZABLE and its retry keep what must hold',
    source: 'select-for-update',
    example: 'SELECT * FROM t FOR UPDATE SKIP LOCKED',
    breaks: has((node) => node.type === 'select' && (node.for !== undefined || node.skip !== undefined)),
  },
  {
    refuses: 'BEGIN, COMMIT and ROLLBACK',
    because:
      'a transaction that is not transaction() is not done again after 40001, and a migration that relies on one is half there on CockroachDB',
    source: 'online-schema-changes#schema-changes-within-transactions',
    example: 'BEGIN',
    breaks: isOf(/^(begin|start transaction|commit|rollback)$/),
  },
  {
    refuses: 'Views, materialised or not, and temporary tables',
    because: 'CockroachDB refreshes by other rules, and temporary tables are experimental there',
    source: 'temporary-tables',
    example: 'CREATE TEMPORARY TABLE t (id UUID)',
    breaks: either(
      isOf(/view$/),
      has((node) => node.type === 'create table' && node.temporary === true),
    ),
  },
  {
    refuses: 'Types that one of the two lacks: CITEXT, MONEY, XML, HSTORE, ranges',
    because: 'CockroachDB has none of them, or only of late',
    source: 'data-types',
    example: 'CREATE TABLE t (name CITEXT)',
    breaks: hasType(/^(money|xml|hstore|citext|\w+range)$/),
  },
  {
    refuses: 'CREATE INDEX CONCURRENTLY',
    because:
      'PostgreSQL makes a migration in one transaction, where it cannot be; CockroachDB builds every index online',
    source: 'create-index',
    example: 'CREATE INDEX CONCURRENTLY i ON t (a)',
    breaks: has((node) => node.type === 'create index' && node.concurrently === true),
  },
];

/** For migrations alone. */
export const MIGRATION_RULES: readonly Rule[] = [
  {
    refuses: 'INT and INTEGER',
    because: 'they have 64 bits on CockroachDB and 32 on PostgreSQL; INT4 and INT8 are the same on both',
    source: 'int',
    example: 'CREATE TABLE t (n INTEGER)',
    breaks: hasType(/^(int|integer)$/),
  },
  {
    refuses: 'Changing the type of a column',
    because:
      'it rewrites the table, and on CockroachDB before 25.1 is experimental; add a column, fill it, drop the old one in a later release',
    source: 'alter-table#alter-column-data-types',
    example: 'ALTER TABLE t ALTER COLUMN a TYPE TEXT',
    breaks: has((node) => node.type === 'set type'),
  },
  {
    refuses: 'Rows: INSERT, UPDATE, DELETE, TRUNCATE, SELECT',
    because:
      'CockroachDB commits before each schema change, so that a migration that does both can stop between them; rows are filled by the program, again and again until none is left',
    source: 'online-schema-changes#schema-changes-within-transactions',
    example: "UPDATE t SET a = 'x'",
    breaks: isOf(/^(insert|update|delete|truncate table|select|with)$/),
  },
];

type Node = { readonly [key: string]: unknown };
type Test = (statement: Statement) => boolean;

function isOf(type: RegExp): Test {
  return (statement) => type.test(statement.type);
}

/** Whether any part of the statement is like this. */
function has(test: (node: Node) => boolean): Test {
  const within = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(within);
    if (typeof value !== 'object' || value === null) return false;
    return test(value as Node) || Object.values(value).some(within);
  };
  return within;
}

function calls(name: RegExp): Test {
  return has(({ type, function: called }) => type === 'call' && name.test((called as { name: string }).name));
}

function hasType(name: RegExp): Test {
  return has(({ dataType, to, type }) => {
    const kind = (dataType ?? (type === 'cast' ? to : undefined)) as { name?: string } | undefined;
    return kind?.name !== undefined && name.test(kind.name);
  });
}

function either(...tests: Test[]): Test {
  return (statement) => tests.some((test) => test(statement));
}

/** The list for people. */
export function rulesPage(): string {
  const table = (rules: readonly Rule[]) => [
    '| not | because | source |',
    '|---|---|---|',
    ...rules.map(({ refuses, because, source }) => `| ${refuses} | ${because} | ${linkTo(source)} |`),
  ];
  return [
    '# SQL that both databases understand',
    '',
    'Everything that is stored runs on CockroachDB and on PostgreSQL. A test reads every migration and all raw SQL in the control',
    'plane, and refuses what is listed here, and what its parser does not know (LISTEN, LOCK TABLE, CREATE TRIGGER, PARTITION BY and',
    'the like are among that). Made from `control-plane/test/common-sql/rules.ts`; `npx vitest run control-plane/test/common-sql -u` writes it anew.',
    '',
    ...table(RULES),
    '',
    '## In migrations also',
    '',
    ...table(MIGRATION_RULES),
    '',
  ].join('\n');
}

function linkTo(source: string): string {
  const [name = ''] = source.split('/').slice(-1);
  return source.startsWith('https:')
    ? `[issue ${name}](${source})`
    : `[${name.split('#')[0]}](https://www.cockroachlabs.com/docs/stable/${source})`;
}
