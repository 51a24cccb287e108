// Tokens: good, forged, expired, rotated, stolen, revoked; in one process and from another.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type AccountsFeature,
  type AccountsFixture,
  accountsFixture,
} from '../../../test/accounts-fixture.ts';
import { until } from '../../../test/until.ts';
import { hashToken, newToken } from '../token.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: AccountsFixture;
let here: AccountsFeature;
/** Another process over the same stores. */
let there: AccountsFeature;

beforeAll(async () => {
  fixture = await accountsFixture();
  [here, there] = [await fixture.process(), await fixture.process()];
}, 120_000);
afterAll(() => fixture.close());

const MINUTE_MS = 60_000;

/** Makes the retirement of a token so much longer ago. */
const age = (token: string, ms: number) =>
  fixture.db.retiredToken.update({
    where: { hash: hashToken(token) },
    data: { retiredAt: new Date(Date.now() - ms) },
  });

const sessionOf = (token: string) =>
  fixture.db.session.findUnique({ where: { tokenHash: hashToken(token) } });

/** What authenticating costs in statements. */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const spy = vi.spyOn(fixture.db, '$queryRaw');
  await work();
  const { length } = spy.mock.calls;
  spy.mockRestore();
  return length;
}

describe('a token', () => {
  test('stands for its account', async () => {
    const { account, token, expiresAt } = await here.accounts.guest(' Ada\u202E ');
    expect(account).toEqual({ id: account.id, name: 'Ada', role: 'player', guest: true });
    expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(29.9 * 24 * 60 * MINUTE_MS);
    const who = await there.accounts.authenticate(token);
    expect(who).toEqual({ account, session: (await sessionOf(token))?.id });
  });

  test('is in the database as a hash only', async () => {
    const { token } = await here.accounts.guest('Ada');
    const rows = await fixture.db.$queryRaw<{ text: string }[]>`SELECT s::text AS text FROM session s`;
    expect(rows.length).toBeGreaterThan(0);
    const secrets = [token, token.slice(3), Buffer.from(token.slice(3), 'base64url').toString('hex')];
    for (const secret of secrets) expect(rows.filter(({ text }) => text.includes(secret))).toEqual([]);
  });

  test.each(['', 'ow_', 'x'.repeat(46), `ow_${'A'.repeat(42)}\u0000`, newToken()])(
    'that is forged stands for nobody: %j',
    async (token) => {
      expect(await here.accounts.authenticate(token)).toBeUndefined();
      expect(await here.accounts.rotate(token)).toBeUndefined();
    },
  );

  test('that has expired stands for nobody, and cannot be rotated back to life', async () => {
    const { token } = await here.accounts.guest('Ada');
    await fixture.db.session.update({
      where: { tokenHash: hashToken(token) },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    expect(await here.accounts.authenticate(token)).toBeUndefined();
    expect(await here.accounts.rotate(token)).toBeUndefined();
  });

  test('is looked up once for all who ask within a second', async () => {
    const { token } = await here.accounts.guest('Ada');
    const asked = await statements(async () => {
      await Promise.all(Array.from({ length: 50 }, () => here.accounts.authenticate(token)));
      await here.accounts.authenticate(token);
    });
    expect(asked).toBe(1);
  });
});

describe('rotating', () => {
  test('gives another token of the same session, for 30 days from now', async () => {
    const first = await here.accounts.guest('Ada');
    const session = await sessionOf(first.token);
    await fixture.db.session.update({
      where: { id: session?.id ?? '' },
      data: { expiresAt: new Date(Date.now() + MINUTE_MS) },
    });
    const next = await here.accounts.rotate(first.token);
    expect(next?.account).toEqual(first.account);
    expect(next?.token).not.toBe(first.token);
    expect((await sessionOf(next?.token ?? ''))?.id).toBe(session?.id);
    expect((await sessionOf(next?.token ?? ''))?.expiresAt).toEqual(next?.expiresAt);
    expect((next?.expiresAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(29.9 * 24 * 60 * MINUTE_MS);
  });

  test('leaves the old token good for a minute', async () => {
    const { token } = await here.accounts.guest('Ada');
    const next = await here.accounts.rotate(token);
    await age(token, 55_000);
    const who = await there.accounts.authenticate(token);
    expect(who).toEqual(await there.accounts.authenticate(next?.token ?? ''));
    expect(who).toBeDefined();
  });

  test('a hundred times at once, in two processes, gives all the same token', async () => {
    const { token } = await here.accounts.guest('Ada');
    const grants = await Promise.all(
      Array.from({ length: 100 }, (_, at) => (at % 2 ? here : there).accounts.rotate(token)),
    );
    expect(new Set(grants.map((grant) => grant?.token)).size).toBe(1);
    const [next] = grants;
    expect(next?.token).not.toBe(token);
    expect(await here.accounts.authenticate(next?.token ?? '')).toBeDefined();
    const session = await sessionOf(next?.token ?? '');
    expect(await fixture.db.retiredToken.count({ where: { sessionId: session?.id ?? '' } })).toBe(1);
  });

  test('again with the old token tells the newest one, however many there were since', async () => {
    const { token } = await here.accounts.guest('Ada');
    const second = (await here.accounts.rotate(token))?.token ?? '';
    const third = (await here.accounts.rotate(second))?.token ?? '';
    expect((await here.accounts.rotate(token))?.token).toBe(third);
    expect((await sessionOf(third))?.id).toBeDefined();
  });

  test('a token that nobody but its owner could make: the hash and the salt are not enough', async () => {
    const { token } = await here.accounts.guest('Ada');
    const next = (await here.accounts.rotate(token))?.token ?? '';
    const { salt } = await fixture.db.retiredToken.findUniqueOrThrow({ where: { hash: hashToken(token) } });
    const { successor } = await import('../token.ts');
    expect(successor(token, salt)).toBe(next);
    expect(successor(Buffer.from(hashToken(token)).toString('base64url'), salt)).not.toBe(next);
  });
});

describe('theft', () => {
  test.each(['authenticate', 'rotate'] as const)(
    'an old token after its grace ends the session at once, everywhere: %s',
    async (use) => {
      const { account, token } = await here.accounts.guest('Ada');
      const thief = (await here.accounts.rotate(token))?.token ?? '';
      expect(await there.accounts.authenticate(thief)).toBeDefined();
      await age(token, 61_000);
      expect(await here.accounts[use](token)).toBeUndefined();
      // Its second of memory is not over: it was told.
      await until(async () => (await there.accounts.authenticate(thief)) === undefined, 500);
      expect(await here.accounts.rotate(thief)).toBeUndefined();
      const entries = await fixture.db.auditEntry.findMany({ where: { target: account.id } });
      expect(entries.map(({ action, actorId }) => [action, actorId])).toEqual([['account.theft', null]]);
    },
  );

  test('a thief who rotates twice is noticed too', async () => {
    const { token } = await here.accounts.guest('Ada');
    const second = (await here.accounts.rotate(token))?.token ?? '';
    const third = (await here.accounts.rotate(second))?.token ?? '';
    await age(token, 61_000);
    expect(await here.accounts.authenticate(token)).toBeUndefined();
    expect(await here.accounts.authenticate(third)).toBeUndefined();
  });

  test('is written down once, however many notice', async () => {
    const { account, token } = await here.accounts.guest('Ada');
    await here.accounts.rotate(token);
    await age(token, 61_000);
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? here : there).accounts.rotate(token)));
    expect(await fixture.db.auditEntry.count({ where: { target: account.id } })).toBe(1);
  });
});

describe('the end', () => {
  test('of one session leaves the others; another process hears of it at once', async () => {
    const { account, token } = await here.accounts.guest('Ada');
    const who = await there.accounts.authenticate(token);
    if (who === undefined) throw new Error('nobody');
    const other = newToken();
    await fixture.db.session.create({
      data: {
        accountId: account.id,
        tokenHash: hashToken(other),
        expiresAt: new Date(Date.now() + MINUTE_MS),
      },
    });
    expect(await here.accounts.signOut(who, who.session)).toBe(true);
    await until(async () => (await there.accounts.authenticate(token)) === undefined, 500);
    expect(await there.accounts.authenticate(other)).toBeDefined();
    expect(await here.accounts.signOut(who, who.session)).toBe(false);
  });

  test('of somebody else is not for me to bring about', async () => {
    const [mine, theirs] = [await here.accounts.guest('Ada'), await here.accounts.guest('Eve')];
    const me = await here.accounts.authenticate(mine.token);
    const they = await here.accounts.authenticate(theirs.token);
    if (me === undefined || they === undefined) throw new Error('nobody');
    expect(await here.accounts.signOut(me, they.session)).toBe(false);
    expect(await there.accounts.authenticate(theirs.token)).toBeDefined();
  });

  test('of all, everywhere', async () => {
    const { account, token } = await here.accounts.guest('Ada');
    const other = newToken();
    await fixture.db.session.create({
      data: {
        accountId: account.id,
        tokenHash: hashToken(other),
        expiresAt: new Date(Date.now() + MINUTE_MS),
      },
    });
    const who = await there.accounts.authenticate(other);
    if (who === undefined) throw new Error('nobody');
    await here.accounts.signOutEverywhere(who);
    await until(async () => (await there.accounts.authenticate(other)) === undefined, 500);
    expect(await here.accounts.authenticate(token)).toBeUndefined();
  });

  test('is heard of within a second and a half by a process that the bus does not reach', async () => {
    const { token } = await here.accounts.guest('Ada');
    expect(await there.accounts.authenticate(token)).toBeDefined();
    await fixture.db.session.delete({ where: { tokenHash: hashToken(token) } });
    await until(async () => (await there.accounts.authenticate(token)) === undefined, 1_500);
  });
});

describe('a ban', () => {
  test('refuses its account in words, until it is over', async () => {
    const { account, token } = await here.accounts.guest('Ada');
    const until = new Date(Date.now() + MINUTE_MS);
    const ban = await fixture.db.ban.create({
      data: { accountId: account.id, byId: randomUUID(), reason: 'shouting', until },
    });
    await expect(here.accounts.authenticate(token)).rejects.toMatchObject({
      code: 'OW_ERR_BANNED',
      message: `You are banned until ${until.toISOString()}: shouting`,
    });
    expect(await here.accounts.recognise(token)).toBeDefined();
    await fixture.db.ban.update({ where: { id: ban.id }, data: { liftedAt: new Date() } });
    expect(await there.accounts.authenticate(token)).toBeDefined();
  });

  test('is heard of at once', async () => {
    const { account, token } = await here.accounts.guest('Ada');
    expect(await there.accounts.authenticate(token)).toBeDefined();
    await fixture.db.ban.create({ data: { accountId: account.id, byId: randomUUID(), reason: '' } });
    await fixture.redis.client.publish('ow:banned', JSON.stringify({ account: account.id, reason: '' }));
    await until(
      () =>
        there.accounts.authenticate(token).then(
          () => false,
          ({ code }) => code === 'OW_ERR_BANNED',
        ),
      500,
    );
  });
});
