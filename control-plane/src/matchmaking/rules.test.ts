import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_RULES, MAX_PARTY, matchRules } from './rules.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/reference/matchmaking.md'), 'utf8');

test('docs/reference/matchmaking.md lists exactly the rules, with their defaults', () => {
  const table = page.slice(page.indexOf('## Rules'), page.indexOf('## What it stands on'));
  const rows = [...table.matchAll(/^\| `(\w+)` \| `(.+?)` \|/gm)].map(([, rule, value]) => [
    rule,
    JSON.parse(value as string),
  ]);
  expect(Object.fromEntries(rows)).toEqual(DEFAULT_RULES);
  expect(page).toContain(`at most ${MAX_PARTY} members`);
});

test.each([
  ['latency that does not begin at once', { latency: [{ afterSeconds: 1, maxMs: 5 }] }],
  [
    'latency whose steps go back',
    {
      latency: [
        { afterSeconds: 0, maxMs: 5 },
        { afterSeconds: 9, maxMs: 6 },
        { afterSeconds: 9, maxMs: null },
      ],
    },
  ],
  ['no latency at all', { latency: [] }],
  ['no instance at a time', { openAtOnce: 0 }],
  ['a rule that there is not', { luck: 1 }],
])('%s is refused', (_, rules) => {
  expect(matchRules.safeParse(rules).success).toBe(false);
});
