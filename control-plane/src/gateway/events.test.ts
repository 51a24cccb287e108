import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check, EVENT_NAMES, EVENTS, isRequest } from './events.ts';
import { eventsPage, lockLines } from './events-page.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const WORD = '[a-z][a-z_]*';

test('docs/reference/events.md lists exactly the table', async () => {
  await expect(eventsPage()).toMatchFileSnapshot(join(REPOSITORY, 'docs/reference/events.md'));
});

test('no name, id or shape that was ever locked has changed, and each new one is locked', () => {
  const locked = readFileSync(join(REPOSITORY, 'proto/events.lock'), 'utf8').split('\n').filter(Boolean);
  const now = lockLines();
  const changed = locked.filter((line) => !now.includes(line));
  expect(changed, 'an event is never changed: add the next version of it').toEqual([]);
  const missing = now.filter((line) => !locked.includes(line));
  expect(missing, 'append these lines to proto/events.lock').toEqual([]);
});

test('ids are 16-bit, each used once, in the order of the table', () => {
  const ids = EVENT_NAMES.map((name) => EVENTS[name].id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  for (const id of ids) expect(id > 0 && id < 65_536 && Number.isInteger(id)).toBe(true);
});

test.each(EVENT_NAMES)('%s is a whole row', (name) => {
  const row = EVENTS[name];
  expect(name).toMatch(new RegExp(`^${WORD}:${WORD}:v[1-9][0-9]*:(requested|accepted|refused|stream)$`));
  expect(row.direction).toBe(name.endsWith(':requested') ? 'in' : 'out');
  expect(isRequest(name)).toBe(row.direction === 'in');
  expect(row.about).toMatch(/^[A-Z].*\.$/);
  expect(row.since).toMatch(/^\d+\.\d+\.\d+$/);
  expect(['none', 'account', 'seat', 'steward']).toContain(row.permission);
  if (row.direction === 'in') {
    expect(row.rate).toMatch(/./);
    expect(row.answer?.length).toBeGreaterThan(0);
    for (const answer of row.answer ?? []) expect(EVENT_NAMES).toContain(answer);
  }
  expect((row.data as { type: string }).type).toBe('object');
  bounded(row.data as Schema, name);
});

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: Schema;
  [bound: string]: unknown;
}

/** What the reader's types stand on, and what keeps a peer from sending without end. */
function bounded(schema: Schema, path: string): void {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (Array.isArray(schema.type)) expect(schema.type.slice(1), path).toEqual(['null']);
  switch (type) {
    case 'object':
      expect(schema.additionalProperties, path).toBe(false);
      for (const key of schema.required ?? [])
        expect(Object.keys(schema.properties ?? {}), path).toContain(key);
      for (const [key, inner] of Object.entries(schema.properties ?? {})) bounded(inner, `${path}.${key}`);
      return;
    case 'array':
      expect(schema.maxItems, path).toBeTypeOf('number');
      bounded(schema.items as Schema, `${path}[]`);
      return;
    case 'string':
      expect(schema.maxLength ?? schema.pattern ?? schema.format, path).toBeDefined();
      return;
    case 'number':
    case 'integer':
      expect([typeof schema.minimum, typeof schema.maximum], path).toEqual(['number', 'number']);
      return;
    case 'boolean':
      expect(schema.minimum ?? schema.maxLength ?? schema.enum, path).toBeUndefined();
      return;
    default:
      expect(
        schema.enum?.every((one) => typeof one === 'string'),
        path,
      ).toBe(true);
  }
}

test('data is taken as it is, or refused with the field and the reason', () => {
  expect(check('chat:message:v1:requested', { text: 'hello' })).toEqual({ data: { text: 'hello' } });
  const faults: [unknown, RegExp][] = [
    [undefined, /^data: /],
    [null, /^data: /],
    [[], /^data: /],
    [{}, /^data\.text: /],
    [{ text: 7 }, /^data\.text: /],
    [{ text: '' }, /^data\.text: /],
    [{ text: 'x'.repeat(2001) }, /^data\.text: /],
    [{ text: 'x', more: 1 }, /^data: .*more/],
    [JSON.parse('{"text":"x","__proto__":{}}'), /^data: .*__proto__/],
  ];
  for (const [data, fault] of faults) {
    expect(check('chat:message:v1:requested', data)).toEqual({ fault: expect.stringMatching(fault) });
  }
});
