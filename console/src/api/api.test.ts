import { expect, test } from 'vitest';
import { requestOf } from './actions.ts';
import { takeOperatorToken } from './operator.ts';
import { problemOf } from './problem.ts';
import { pauseBefore } from './stream.ts';

function browser(hash: string, stored: Record<string, string> = {}) {
  const shown: string[] = [];
  const storage = {
    getItem: (key: string) => stored[key] ?? null,
    setItem: (key: string, value: string) => {
      stored[key] = value;
    },
  } as Storage;
  const history = {
    replaceState: (_: unknown, __: string, url: string) => shown.push(url),
  } as unknown as History;
  return { location: { hash, pathname: '/', search: '?a=1' } as Location, history, storage, shown, stored };
}

test("the operator's token leaves the address and stays for this tab", () => {
  const { location, history, storage, shown, stored } = browser('#operator=s3cret&map=top');
  expect(takeOperatorToken(location, history, storage)).toBe('s3cret');
  expect(shown).toEqual(['/?a=1#map=top']);
  expect(Object.values(stored)).toEqual(['s3cret']);
});

test('without a token in the address the one of this tab is used, and the address is left alone', () => {
  const { location, history, storage, shown } = browser('#map=top', { 'otherworld.operator': 'kept' });
  expect(takeOperatorToken(location, history, storage)).toBe('kept');
  expect(shown).toEqual([]);
});

test('pauses between attempts double up to five seconds', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(pauseBefore)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000]);
});

test('names go into paths escaped', () => {
  const { path, body } = requestOf({
    type: 'kick',
    instance: 'a/b',
    seat: '7',
    player: 'Ada',
    reason: 'spam',
  });
  expect(path).toBe('/api/v1/instances/a%2Fb/kick');
  expect(body).toEqual({ seat: '7', reason: 'spam' });
});

test('a refusal is told in the words of the table of errors', async () => {
  const row = { code: 'OW_ERR_X', message: 'No.', hint: 'Ask.', status: 409 };
  expect(await problemOf(Response.json(row, { status: 409 }))).toEqual(row);
});

test('a refusal without a row still says its status', async () => {
  const problem = await problemOf(new Response('<html>', { status: 502 }));
  expect(problem).toMatchObject({ code: 'HTTP_502', status: 502 });
});
