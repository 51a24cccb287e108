// The accounts' public HTTP, from a guest to an admin, as a client sees it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AccountsFixture, accountsFixture, PASSWORD } from '../../test/accounts-fixture.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: AccountsFixture;
let here: Awaited<ReturnType<AccountsFixture['served']>>;
beforeAll(async () => {
  fixture = await accountsFixture();
  here = await fixture.served({ works: true });
}, 120_000);
afterAll(() => fixture.close());

async function ask(method: string, path: string, { token = '', body = undefined as unknown } = {}) {
  const response = await fetch(`${here.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const { status, headers: told } = response;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status, headers: told, text, body: (text && JSON.parse(text)) as any };
}

async function signedUp(email: string) {
  await ask('POST', '/accounts', { body: { email, password: PASSWORD, name: 'Ada' } });
  const token = await fixture.link(email, 'verify');
  expect((await ask('POST', '/accounts/verify', { body: { token } })).status).toBe(204);
  return (await ask('POST', '/sessions', { body: { email, password: PASSWORD } })).body;
}

test('a guest becomes somebody who can come back, and changes name and password', async () => {
  const guest = await ask('POST', '/guests', { body: { name: 'Wanderer' } });
  expect(guest.status).toBe(201);
  expect(guest.headers.get('cache-control')).toBe('no-store');
  const { token } = guest.body;
  const body = { email: 'Ada@Otherworld.test', password: PASSWORD, name: 'Ada' };
  expect((await ask('POST', '/accounts', { token, body })).status).toBe(202);
  const link = await fixture.link('ada@otherworld.test', 'verify');
  expect((await ask('POST', '/accounts/verify', { body: { token: link } })).status).toBe(204);
  const signed = await ask('POST', '/sessions', { body: { email: body.email, password: PASSWORD } });
  expect(signed).toMatchObject({
    status: 201,
    body: { account: { id: guest.body.account.id, guest: false } },
  });
  const renamed = await ask('PATCH', '/account', { token: signed.body.token, body: { name: ' Ada L. ' } });
  expect(renamed.body).toMatchObject({ name: 'Ada L.', email: 'ada@otherworld.test', providers: [] });
  const change = { password: PASSWORD, newPassword: 'something else entirely' };
  const changed = await ask('POST', '/account/password', { token: signed.body.token, body: change });
  expect(changed.status).toBe(204);
  expect((await ask('GET', '/account', { token })).body.code).toBe('OW_ERR_SIGN_IN');
  expect((await ask('GET', '/account', { token: signed.body.token })).status).toBe(200);
});

test('sessions are listed, rotated and ended', async () => {
  const { token } = await signedUp('bo@otherworld.test');
  const other = (
    await ask('POST', '/sessions', { body: { email: 'bo@otherworld.test', password: PASSWORD } })
  ).body;
  const { sessions } = (await ask('GET', '/sessions', { token })).body;
  expect(sessions.map(({ current }: { current: boolean }) => current).toSorted()).toEqual([false, true]);
  const { id } = sessions.find(({ current }: { current: boolean }) => !current);
  expect((await ask('DELETE', `/sessions/${id}`, { token })).status).toBe(204);
  expect((await ask('DELETE', `/sessions/${id}`, { token })).body.code).toBe('OW_ERR_UNKNOWN_SESSION');
  expect((await ask('GET', '/account', { token: other.token })).status).toBe(401);
  const rotated = await ask('POST', '/sessions/rotate', { token });
  expect(rotated.headers.get('cache-control')).toBe('no-store');
  expect((await ask('DELETE', '/sessions/current', { token: rotated.body.token })).status).toBe(204);
  for (const old of [token, rotated.body.token]) {
    expect((await ask('POST', '/sessions/rotate', { token: old })).body.code).toBe('OW_ERR_SIGN_IN');
  }
});

test('a stranger is told the same of a known and of an unknown e-mail, by every route', async () => {
  await signedUp('cy@otherworld.test');
  const answers = async (email: string) =>
    Promise.all([
      ask('POST', '/accounts', { body: { email, password: PASSWORD, name: 'Eve' } }),
      ask('POST', '/accounts/reset', { body: { email } }),
      ask('POST', '/sessions', { body: { email, password: 'not the password' } }),
    ]);
  const shown = ({ status, text, headers }: Awaited<ReturnType<typeof ask>>) => [
    status,
    text,
    [...headers.keys()].toSorted(),
  ];
  const [known, unknown] = [await answers('cy@otherworld.test'), await answers('nobody@otherworld.test')];
  expect(known.map(shown)).toEqual(unknown.map(shown));
  expect(known.map(({ status }) => status)).toEqual([202, 202, 401]);
});

test('whoever is kept out is told why, and may leave', async () => {
  const { account, token } = (await ask('POST', '/guests', { body: { name: 'Eve' } })).body;
  await fixture.db.ban.create({ data: { accountId: account.id, byId: account.id, reason: 'shouting' } });
  const { status, body } = await ask('GET', '/account', { token });
  expect({ status, body }).toMatchObject({ status: 403, body: { code: 'OW_ERR_BANNED' } });
  expect(body.message).toContain('shouting');
  expect((await ask('DELETE', '/sessions', { token })).status).toBe(204);
  expect((await ask('DELETE', '/sessions', { token })).status).toBe(401);
});

describe('an admin', () => {
  test('finds accounts page by page and gives roles, which hold at once', async () => {
    const admin = await signedUp('di@otherworld.test');
    expect((await ask('GET', '/accounts', { token: admin.token })).body.code).toBe('OW_ERR_FORBIDDEN');
    await fixture.db.account.update({ where: { id: admin.account.id }, data: { role: 'admin' } });
    await here.accounts.revoked({ account: admin.account.id });
    const { token } = admin;
    const seen: string[] = [];
    for (let query = 'search=otherworld.test&limit=2'; ; ) {
      const page = (await ask('GET', `/accounts?${query}`, { token })).body;
      expect(page.accounts.length).toBeLessThanOrEqual(2);
      seen.push(...page.accounts.map(({ email }: { email: string }) => email));
      if (page.next === null) break;
      query = `search=otherworld.test&limit=2&cursor=${page.next}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(['ada@otherworld.test', 'di@otherworld.test']));
    const eve = await signedUp('ed@otherworld.test');
    expect((await ask('GET', '/account', { token: eve.token })).body.role).toBe('player');
    const given = await ask('PATCH', `/accounts/${eve.account.id}`, { token, body: { role: 'creator' } });
    expect(given).toMatchObject({ status: 200, body: { role: 'creator', email: 'ed@otherworld.test' } });
    expect((await ask('GET', '/account', { token: eve.token })).body.role).toBe('creator');
  });
});

test.each([
  ['POST', '/guests', { name: 'a\u0000b' }],
  ['POST', '/guests', { name: 7 }],
  ['POST', '/guests', { name: 'Ada', role: 'admin' }],
  ['POST', '/accounts', { email: 'no-mail', password: PASSWORD }],
  ['POST', '/accounts', { email: 'a@b.test', password: 'short' }],
  ['POST', '/accounts', { email: 'a@b.test', password: `${PASSWORD}\uD800` }],
  ['POST', '/accounts', { email: 'a@b.test\r\nBcc: c@d.test', password: PASSWORD }],
  ['POST', '/accounts', { email: 'a@b.test', password: 'x'.repeat(257) }],
  ['POST', '/sessions', { email: 'a@b.test' }],
  ['POST', '/accounts/reset/confirm', { token: '', password: PASSWORD }],
  ['POST', '/oidc/sessions', { code: 'x'.repeat(200) }],
  ['GET', '/accounts?limit=1000', undefined],
] as const)('bad input is named, not believed: %s %s %j', async (method, path, body) => {
  const answer = await ask(method, path, { body });
  expect({ status: answer.status, code: answer.body.code }).toEqual({
    status: 400,
    code: 'OW_ERR_BAD_REQUEST',
  });
});

test.each([
  ['GET', '/account'],
  ['PATCH', '/account'],
  ['GET', '/sessions'],
  ['POST', '/sessions/rotate'],
  ['DELETE', '/sessions'],
  ['DELETE', '/sessions/current'],
  ['GET', '/accounts'],
  ['POST', '/account/password'],
])('without a session, or with a forged one, there is nothing: %s %s', async (method, path) => {
  const bodies: Record<string, unknown> = {
    '/account': { name: 'Ada' },
    '/account/password': { password: PASSWORD, newPassword: PASSWORD },
  };
  const body = method === 'GET' || method === 'DELETE' ? undefined : bodies[path];
  for (const token of ['', `ow_${'A'.repeat(43)}`, 'x']) {
    expect((await ask(method, path, { token, body })).body.code).toBe('OW_ERR_SIGN_IN');
  }
});
