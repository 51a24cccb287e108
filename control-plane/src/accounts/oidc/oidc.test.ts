// Signing in at a real OpenID provider, through the whole dance, and every way to cheat in it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AccountsFixture, accountsFixture } from '../../../test/accounts-fixture.ts';
import { Browser } from '../../../test/browser.ts';
import { freePort } from '../../../test/free-port.ts';
import { openIdProvider } from '../../../test/oidc-provider.ts';
import { readProviders } from './providers.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: AccountsFixture;
let provider: Awaited<ReturnType<typeof openIdProvider>>;
let here: Awaited<ReturnType<AccountsFixture['served']>>;
const redirects: string[] = [];

beforeAll(async () => {
  fixture = await accountsFixture();
  // Clients are fixed when the provider is made, and our address is known when we listen.
  const port = await freePort();
  redirects.push(`http://127.0.0.1:${port}/api/v1/oidc/home/callback`);
  provider = await openIdProvider(redirects);
  const settings = { issuer: provider.issuer, clientId: 'otherworld', clientSecret: 's3cret' };
  const other = provider.issuer.replace('127.0.0.1', 'localhost');
  here = await fixture.served({
    port,
    OTHERWORLD_OIDC: JSON.stringify([
      { name: 'home', label: 'Home', ...settings, scopes: ['openid', 'profile', 'email'] },
      { name: 'mismatch', ...settings, issuer: other },
      { name: 'away', ...settings, issuer: `http://127.0.0.1:${await freePort()}` },
    ]),
  });
}, 120_000);
afterAll(async () => {
  await fixture.close();
  await provider.shut();
});

async function start(browser: Browser, name = 'home', token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await browser.send(`${here.url}/api/v1/oidc/${name}/start`, { method: 'POST', headers });
  return {
    status: response.status,
    body: (await response.json()) as { url: string; code?: string; message?: string },
  };
}

/** What the console is told in its address. */
async function comeBack(browser: Browser, url: string): Promise<URLSearchParams> {
  const response = await browser.send(url);
  expect(response.status).toBe(302);
  const location = response.headers.get('location') ?? '';
  expect(location.startsWith(`${here.url}/#`)).toBe(true);
  return new URLSearchParams(location.slice(here.url.length + 2));
}

async function exchange(browser: Browser, code: string) {
  const response = await browser.send(`${here.url}/api/v1/oidc/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status: response.status, body: (await response.json()) as any };
}

/** To the address that the provider sends the browser back to. */
async function away(browser: Browser, sub: string, token?: string): Promise<string> {
  const { body } = await start(browser, 'home', token);
  return provider.signIn(browser, body.url, sub);
}

async function signIn(
  sub: string,
  { browser = new Browser(), token = undefined as string | undefined } = {},
) {
  const told = await comeBack(browser, await away(browser, sub, token));
  const code = told.get('oidc');
  if (code === null) throw new Error(`refused: ${told}`);
  return exchange(browser, code);
}

describe('the whole dance', () => {
  test('makes an account with a cleaned name, and finds it again', async () => {
    provider.people.set('ada', { name: ' Ada \u202E\u0000Lovelace ' });
    const { status, body } = await signIn('ada');
    expect(status).toBe(201);
    expect(body.account).toMatchObject({ name: 'Ada Lovelace', role: 'player', guest: false });
    expect(await here.accounts.authenticate(body.token)).toMatchObject({ account: body.account });
    expect((await signIn('ada')).body.account.id).toBe(body.account.id);
    const identity = await here.db.identity.findFirst({ where: { subject: 'ada' } });
    expect(identity).toMatchObject({ issuer: provider.issuer, accountId: body.account.id });
  });

  test('whoever has no name is called Player', async () => {
    expect((await signIn('nameless')).body.account.name).toBe('Player');
  });

  test('a guest keeps who they are', async () => {
    const guest = await here.accounts.guest('Wanderer');
    const { body } = await signIn('wanderer', { token: guest.token });
    expect(body.account).toEqual({ ...guest.account, guest: false });
  });

  test('a guest who has been here before comes home; two accounts do not become one', async () => {
    const first = (await signIn('homer')).body.account;
    const guest = await here.accounts.guest('Wanderer');
    expect((await signIn('homer', { token: guest.token })).body.account.id).toBe(first.id);
    const other = (await signIn('other')).body;
    const told = await comeBack(new Browser(), redirects[0] ?? '');
    expect(told.get('oidc-error')).toBe('OW_ERR_OIDC_STATE');
    const browser = new Browser();
    expect((await comeBack(browser, await away(browser, 'homer', other.token))).get('oidc-error')).toBe(
      'OW_ERR_IDENTITY_TAKEN',
    );
  });

  test('ten at once of somebody new make one account', async () => {
    const grants = await Promise.all(
      Array.from({ length: 10 }, () => signIn('crowd').catch(() => undefined)),
    );
    const ids = grants.flatMap((grant) => (grant?.status === 201 ? [grant.body.account.id] : []));
    expect(ids.length).toBe(10);
    expect(new Set(ids).size).toBe(1);
  });

  test('an e-mail opens no account, verified or not', async () => {
    const email = 'victim@otherworld.test';
    const victim = await here.db.account.create({
      data: { name: 'Victim', guest: false, password: { create: { email, hash: '$argon2id$' } } },
    });
    for (const email_verified of [false, true]) {
      provider.people.set(`thief-${email_verified}`, { name: 'Eve', email, email_verified });
      const { status, body } = await signIn(`thief-${email_verified}`);
      expect(status).toBe(201);
      expect(body.account.id).not.toBe(victim.id);
    }
    expect(await here.db.identity.count({ where: { accountId: victim.id } })).toBe(0);
  });

  test('a banned account is told so', async () => {
    const { id } = (await signIn('banned')).body.account;
    await here.db.ban.create({ data: { accountId: id, byId: id, reason: 'shouting' } });
    expect(await signIn('banned')).toMatchObject({ status: 403, body: { code: 'OW_ERR_BANNED' } });
  });
});

describe('cheating', () => {
  const refused = async (browser: Browser, url: string) => (await comeBack(browser, url)).get('oidc-error');

  test('a state that nobody gave out, or of another browser, or used before', async () => {
    const browser = new Browser();
    const url = await away(browser, 'state');
    const forged = new URL(url);
    forged.searchParams.set('state', 'forged');
    expect(await refused(browser, forged.href)).toBe('OW_ERR_OIDC_STATE');
    // Somebody else who is made to finish this sign-in would be signed in as us.
    const victim = new Browser();
    await start(victim);
    expect(await refused(victim, url)).toBe('OW_ERR_OIDC_STATE');
    expect((await comeBack(browser, url)).get('oidc')).toMatch(/^[\w-]{43}$/);
    expect(await refused(browser, url)).toBe('OW_ERR_OIDC_STATE');
  });

  test('a code of the provider that was used before', async () => {
    const browser = new Browser();
    const url = new URL(await away(browser, 'replay'));
    expect((await comeBack(browser, url.href)).get('oidc')).not.toBeNull();
    const again = new URL(await away(browser, 'replay'));
    again.searchParams.set('code', url.searchParams.get('code') ?? '');
    expect(await refused(browser, again.href)).toBe('OW_ERR_OIDC_REFUSED');
  });

  test('a nonce that is not ours, and a PKCE challenge that is not ours', async () => {
    for (const [key, value] of [
      ['nonce', 'not-ours'],
      ['code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'],
    ] as const) {
      const browser = new Browser();
      const there = new URL((await start(browser)).body.url);
      expect(there.searchParams.get(key)).toBeTruthy();
      there.searchParams.set(key, value);
      const url = await provider.signIn(browser, there.href, 'nonce');
      expect(await refused(browser, url)).toBe('OW_ERR_OIDC_REFUSED');
    }
  });

  test('an answer in the name of another issuer', async () => {
    const browser = new Browser();
    const url = new URL(await away(browser, 'issuer'));
    expect(url.searchParams.get('iss')).toBe(provider.issuer);
    url.searchParams.set('iss', 'http://127.0.0.1:1');
    expect(await refused(browser, url.href)).toBe('OW_ERR_OIDC_REFUSED');
  });

  test('a state of one provider shown to the callback of another', async () => {
    const browser = new Browser();
    const url = (await away(browser, 'mixed')).replace('/oidc/home/', '/oidc/mismatch/');
    expect(await refused(browser, url)).toBe('OW_ERR_OIDC_STATE');
  });

  test('our own code: used twice, by another browser, forged', async () => {
    const browser = new Browser();
    const code = (await comeBack(browser, await away(browser, 'code'))).get('oidc') ?? '';
    expect((await exchange(new Browser(), code)).body.code).toBe('OW_ERR_OIDC_STATE');
    expect((await exchange(browser, 'forged')).body.code).toBe('OW_ERR_OIDC_STATE');
    expect((await exchange(browser, code)).status).toBe(201);
    expect((await exchange(browser, code)).body.code).toBe('OW_ERR_OIDC_STATE');
  });

  test('a person who says no', async () => {
    const browser = new Browser();
    const state = new URL((await start(browser)).body.url).searchParams.get('state');
    const url = `${redirects[0]}?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}`;
    expect(await refused(browser, url)).toBe('OW_ERR_OIDC_REFUSED');
  });

  test('the cookie is for this dance alone and for no script', async () => {
    const response = await fetch(`${here.url}/api/v1/oidc/home/start`, { method: 'POST' });
    expect(response.headers.get('set-cookie')).toMatch(
      /^ow_oidc=[\w-]{43}; Path=\/api\/v1\/oidc; Max-Age=900; HttpOnly; SameSite=Lax$/,
    );
  });
});

describe('a provider that is away', () => {
  test('is told in words, and asked again the next time', async () => {
    const gone = await start(new Browser(), 'away');
    expect(gone).toMatchObject({ status: 503, body: { code: 'OW_ERR_OIDC_UNAVAILABLE' } });
    expect(gone.body.message).toContain('away cannot be asked');
  });

  test('or calls itself something else', async () => {
    const other = await start(new Browser(), 'mismatch');
    expect(other).toMatchObject({ status: 503, body: { code: 'OW_ERR_OIDC_UNAVAILABLE' } });
  });

  test('while somebody is there is no mistake of ours', async () => {
    const browser = new Browser();
    const url = await away(browser, 'late');
    await provider.shut();
    expect((await comeBack(browser, url)).get('oidc-error')).toBe('OW_ERR_OIDC_REFUSED');
    await provider.listen();
    expect((await signIn('late')).status).toBe(201);
  });

  test('or does not exist', async () => {
    expect((await start(new Browser(), 'nobody')).body.code).toBe('OW_ERR_UNKNOWN_PROVIDER');
  });
});

test.each([
  ['{', 'OTHERWORLD_OIDC is not JSON'],
  ['[{"name":"a"}]', '0.issuer'],
  ['[{"name":"a","issuer":"http://example.org","clientId":"x"}]', 'must be https'],
  [
    '[{"name":"a","issuer":"https://a.test","clientId":"x","clientSecretFile":"/nowhere"}]',
    'cannot be read (ENOENT)',
  ],
  [
    '[{"name":"a","issuer":"https://a.test","clientId":"x"},{"name":"a","issuer":"https://b.test","clientId":"x"}]',
    'two have the same name',
  ],
])('a bad configuration stops the start and is named: %s', (json, words) => {
  expect(() => readProviders(json)).toThrow(words);
});
