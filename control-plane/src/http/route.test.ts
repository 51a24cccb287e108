// What schemas do to requests and answers: a request that does not fit is the client's mistake and names the field; an
// answer that does not fit is ours, is logged, and shows nothing.
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { server } from './app.ts';
import { type App, problems } from './route.ts';
import { decimal, fromCursor, line, paging, text, toCursor, uuid } from './schemas.ts';

const about = { operationId: 'x', tags: ['x'], summary: 'X' };

function appWith(register: (app: App) => void) {
  const logged: string[] = [];
  const log = pino(
    { level: 'debug' },
    new Writable({ write: (chunk, _, done) => done(void logged.push(String(chunk))) }),
  );
  const app = server({ loggerInstance: log });
  register(app);
  return { app, logged };
}

test('a request that does not fit names each field and its place', async () => {
  const { app } = appWith((app) =>
    app.post(
      '/api/v1/x/:id',
      {
        schema: {
          ...about,
          params: z.strictObject({ id: uuid }),
          querystring: z.strictObject(paging),
          body: z.strictObject({ seat: z.strictObject({ name: text(1, 3) }) }),
          response: { 200: z.object({}) },
        },
      },
      async () => ({}),
    ),
  );
  const id = '00000000-0000-4000-8000-000000000000';
  const refused = async (url: string, payload: object) =>
    (await app.inject({ method: 'POST', url, payload })).json();
  const body = { seat: { name: 'Ada' } };
  expect(await refused('/api/v1/x/7', body)).toMatchObject({
    code: 'OW_ERR_BAD_REQUEST',
    message: expect.stringMatching(/^path\.id: /),
  });
  expect((await refused(`/api/v1/x/${id}?limit=0`, body)).message).toMatch(/^query\.limit: /);
  expect((await refused(`/api/v1/x/${id}?offset=1`, body)).message).toMatch(/^query: .*offset/);
  expect((await refused(`/api/v1/x/${id}`, { seat: { name: '' } })).message).toMatch(
    /^body\.seat\.name: needs 1 to 3/,
  );
  expect((await app.inject({ method: 'POST', url: `/api/v1/x/${id}`, payload: body })).statusCode).toBe(200);
});

test('an answer that does not fit its schema is our mistake and leaves nothing behind', async () => {
  const { app, logged } = appWith((app) =>
    app.get(
      '/api/v1/x',
      { schema: { ...about, response: { 200: z.object({ name: z.string() }) } } },
      async () => ({ name: 7, secret: 'hush' }) as unknown as { name: string },
    ),
  );
  const answer = await app.inject('/api/v1/x');
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'OW_ERR_INTERNAL', status: 500 });
  expect(answer.body).not.toContain('hush');
  expect(logged.join()).toMatch(/"level":50.*expected string/);
});

test('what the schema does not name stays here', async () => {
  const { app } = appWith((app) =>
    app.get(
      '/api/v1/x',
      { schema: { ...about, response: { 200: z.object({ name: z.string() }) } } },
      async () => ({ name: 'Ada', hash: '$argon2id$' }),
    ),
  );
  expect((await app.inject('/api/v1/x')).json()).toEqual({ name: 'Ada' });
});

test('a refusal that the route forgot to declare is still told', async () => {
  const { app } = appWith((app) =>
    app.get(
      '/api/v1/x',
      { schema: { ...about, response: { 200: z.object({}), ...problems('OW_ERR_UNKNOWN_WORLD') } } },
      async () => {
        throw new ApiError('OW_ERR_UNKNOWN_SEAT');
      },
    ),
  );
  expect((await app.inject('/api/v1/x')).json()).toMatchObject({ code: 'OW_ERR_UNKNOWN_SEAT', status: 404 });
});

test.each([
  [text(0, 3), ['', 'a\nb', '👩👩👩'], ['abcd', 'a\0', '\ud800', 7]],
  [line(1, 3), ['Ada', ' Ada '], ['', '   ', 'a\tb', 'a\u0085b', 'a\u2028b', '\udfff', null]],
  [decimal, ['0', '18446744073709551615'], ['18446744073709551616', '01', '-1', '1e3', '', 1]],
  [uuid, ['00000000-0000-4000-8000-00000000000A'], ['x', '00000000000040008000000000000000']],
])('bounds of the small schemas (%#)', (schema, good, bad) => {
  for (const value of good) expect(schema.safeParse(value).success, JSON.stringify(value)).toBe(true);
  for (const value of bad) expect(schema.safeParse(value).success, JSON.stringify(value)).toBe(false);
});

test('a cursor comes back as it was given, and a forged one is nothing', () => {
  const place = z.strictObject({ at: z.number(), id: z.string() });
  expect(fromCursor(toCursor({ at: 7, id: 'ä' }), place)).toEqual({ at: 7, id: 'ä' });
  for (const forged of ['', 'x', toCursor({ at: 7 }), toCursor(null)])
    expect(fromCursor(forged, place)).toBeUndefined();
});

test("a request keeps a proxy's name for it, if that can stand in a log line", async () => {
  const { app } = appWith((app) => app.get('/x', async () => ({})));
  const named = async (id: string) =>
    (await app.inject({ url: '/x', headers: { 'x-request-id': id } })).headers['x-request-id'];
  expect(await named('edge-7.a:1')).toBe('edge-7.a:1');
  for (const bad of ['', 'a b', 'x'.repeat(65), '{"a":1}', 'ä']) {
    expect(await named(bad)).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  }
});
