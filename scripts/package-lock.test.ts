// `npm ci` refuses a lock file that lacks a row for a package of another platform, which is what npm writes when the registry
// it asked did not have that package. Such a file installs nowhere; this says so before a fresh clone does.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Row = { optionalDependencies?: Record<string, string>; resolved?: string };

test('package-lock.json has a row for every optional package, and names no registry', () => {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  const rows = Object.entries(lock.packages as Record<string, Row>);
  const names = new Set(
    rows.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  );
  const wanted = rows.flatMap(([, row]) => Object.keys(row.optionalDependencies ?? {}));
  expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  expect(rows.filter(([, { resolved }]) => resolved?.startsWith('http'))).toEqual([]);
});
