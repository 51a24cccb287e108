// Signing up, in, and a forgotten password, with real mails in a folder; what a stranger can find out, which is nothing.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type AccountsFeature,
  type AccountsFixture,
  accountsFixture,
  PASSWORD,
} from '../../../test/accounts-fixture.ts';
import { hashToken, newToken } from '../token.ts';
import { changePassword } from './change.ts';
import { askForReset, reset } from './reset.ts';
import { signIn } from './sign-in.ts';
import { signUp, verify } from './sign-up.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: AccountsFixture;
let here: AccountsFeature;
let there: AccountsFeature;

beforeAll(async () => {
  fixture = await accountsFixture();
  [here, there] = [await fixture.process({ works: true }), await fixture.process()];
}, 120_000);
afterAll(() => fixture.close());

let people = 0;
const newEmail = () => `person${++people}@otherworld.test`;
const NEXT = 'another long enough one';

async function signedUp({
  email = newEmail(),
  password = PASSWORD,
  guest = undefined as string | undefined,
} = {}) {
  await signUp(here, { email, password, name: 'Ada', guest });
  await verify(here.db, await fixture.link(email, 'verify'));
  const { accountId } = await here.db.password.findUniqueOrThrow({ where: { email } });
  return { email, password, id: accountId };
}

const refused = (code: string) => expect.objectContaining({ code });

describe('signing up', () => {
  test('makes an account when the link is followed, not before', async () => {
    const email = newEmail();
    await signUp(here, { email, password: PASSWORD, name: ' Ada\u202E ', guest: undefined });
    const token = await fixture.link(email, 'verify');
    await expect(signIn(there, { email, password: PASSWORD })).rejects.toEqual(refused('OW_ERR_CREDENTIALS'));
    await verify(there.db, token);
    const { account, token: session } = await signIn(there, { email, password: PASSWORD });
    expect(account).toMatchObject({ name: 'Ada', role: 'player', guest: false });
    expect(await here.accounts.authenticate(session)).toMatchObject({ account });
  });

  test('keeps the account of the guest who signs up, and their session', async () => {
    const guest = await here.accounts.guest('Wanderer');
    const { id, email } = await signedUp({ guest: guest.account.id });
    expect(id).toBe(guest.account.id);
    expect((await signIn(here, { email, password: PASSWORD })).account).toMatchObject({ id, guest: false });
    expect(await there.accounts.authenticate(guest.token)).toMatchObject({ account: { id, guest: false } });
    const again = { email: newEmail(), password: PASSWORD, name: 'Ada', guest: id };
    await expect(signUp(here, again)).rejects.toEqual(refused('OW_ERR_HAS_PASSWORD'));
  });

  test('a link is good once, and none that is forged, expired or meant for something else', async () => {
    const { email } = await signedUp();
    await askForReset(here, email);
    const other = await fixture.link(email, 'reset');
    const late = newEmail();
    await signUp(here, { email: late, password: PASSWORD, name: 'Ada', guest: undefined });
    const expired = await fixture.link(late, 'verify');
    await here.db.mailLink.update({
      where: { hash: hashToken(expired) },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    const used = await fixture.link(email, 'verify');
    for (const token of [used, other, expired, newToken(), 'x']) {
      await expect(verify(here.db, token)).rejects.toEqual(refused('OW_ERR_LINK'));
    }
  });

  test('twenty links of one e-mail followed at once make one account', async () => {
    const email = newEmail();
    const expiresAt = new Date(Date.now() + 60_000);
    const passwordHash = await here.hasher.hash(PASSWORD);
    const tokens = Array.from({ length: 20 }, newToken);
    for (const token of tokens) {
      const hash = hashToken(token);
      await here.db.mailLink.create({
        data: { purpose: 'verify', email, hash, name: 'Ada', passwordHash, expiresAt, sentAt: new Date() },
      });
    }
    const before = await here.db.account.count();
    const outcomes = await Promise.allSettled(
      tokens.map((token, at) => verify(at % 2 ? here.db : there.db, token)),
    );
    const won = outcomes.filter(({ status }) => status === 'fulfilled');
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(won.length).toBe(1);
    expect(new Set(lost)).toEqual(new Set(['OW_ERR_LINK']));
    expect(await here.db.account.count()).toBe(before + 1);
    expect(await here.db.password.count({ where: { email } })).toBe(1);
  });

  test('with an e-mail that has an account tells its owner, changes nothing, and looks the same', async () => {
    const { email } = await signedUp();
    const before = await here.db.password.findUniqueOrThrow({ where: { email } });
    const answer = await signUp(here, { email, password: NEXT, name: 'Eve', guest: undefined });
    expect(answer).toBe(
      await signUp(here, { email: newEmail(), password: NEXT, name: 'Eve', guest: undefined }),
    );
    await vi.waitFor(() =>
      expect(fixture.mails().findLast(({ to }) => to === email)?.subject).toMatch(/You have an account/),
    );
    expect(await here.db.password.findUniqueOrThrow({ where: { email } })).toEqual(before);
    expect(fixture.mails().findLast(({ to }) => to === email)?.text).not.toContain('Eve');
  });
});

describe('signing in', () => {
  test('is refused alike for a wrong password and for an unknown e-mail', async () => {
    const { email } = await signedUp();
    const [wrong, unknown] = await Promise.all(
      [email, newEmail()].map((address) =>
        signIn(here, { email: address, password: NEXT }).catch((error) => error.body()),
      ),
    );
    expect(wrong.code).toBe('OW_ERR_CREDENTIALS');
    expect(wrong).toEqual(unknown);
  });

  test('takes about as long for an unknown e-mail as for a wrong password', async () => {
    const [known, unknown] = [[] as number[], [] as number[]];
    const accounts = [await signedUp(), await signedUp(), await signedUp()];
    for (let round = 0; round < 18; round += 1) {
      const email = accounts[round % 3]?.email ?? '';
      known.push(await time(() => signIn(here, { email, password: NEXT })));
      unknown.push(await time(() => signIn(here, { email: newEmail(), password: NEXT })));
    }
    // A hash takes tens of milliseconds; without one in its place, unknown e-mails would answer in two or three.
    expect(median(unknown) / median(known)).toBeGreaterThan(0.6);
    expect(median(unknown) / median(known)).toBeLessThan(1.6);
  });

  test('is tried ten times per e-mail, by however many at once, whether it is known or not', async () => {
    for (const email of [(await signedUp()).email, newEmail()]) {
      const tries = await Promise.all(
        Array.from({ length: 25 }, (_, at) =>
          signIn(at % 2 ? here : there, { email, password: NEXT }).catch(({ code }) => code),
        ),
      );
      expect(tries.filter((code) => code === 'OW_ERR_CREDENTIALS').length).toBe(10);
      expect(tries.filter((code) => code === 'OW_ERR_TOO_MANY_TRIES').length).toBe(15);
    }
  });

  test('the window ends, and what succeeded does not count', async () => {
    const { email, password } = await signedUp();
    for (let round = 0; round < 12; round += 1) await signIn(here, { email, password });
    for (let round = 0; round < 10; round += 1) await signIn(here, { email, password: NEXT }).catch(() => {});
    await expect(signIn(here, { email, password })).rejects.toEqual(refused('OW_ERR_TOO_MANY_TRIES'));
    const key = `ow:attempts:sign-in:${createHash('sha256').update(email).digest('base64url')}`;
    expect(await fixture.redis.client.ttl(key)).toBeGreaterThan(800);
    await fixture.redis.client.pexpire(key, 1);
    await vi.waitFor(() => signIn(here, { email, password }));
  });

  test('a banned account is told so, by the right password only', async () => {
    const { email, password, id } = await signedUp();
    await here.db.ban.create({ data: { accountId: id, byId: id, reason: 'shouting' } });
    await expect(signIn(here, { email, password: NEXT })).rejects.toEqual(refused('OW_ERR_CREDENTIALS'));
    await expect(signIn(here, { email, password })).rejects.toMatchObject({ code: 'OW_ERR_BANNED' });
  });

  test('with a one-time password needs another one in the same request', async () => {
    const { email, password } = await signedUp();
    await here.db.password.update({ where: { email }, data: { oneTime: true } });
    const once = refused('OW_ERR_PASSWORD_ONE_TIME');
    await expect(signIn(here, { email, password })).rejects.toEqual(once);
    const same = { email, password, newPassword: password };
    await expect(signIn(here, same)).rejects.toEqual(refused('OW_ERR_PASSWORD_SAME'));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, at) => signIn(here, { email, password, newPassword: `${NEXT} ${at}` })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    await expect(signIn(here, { email, password })).rejects.toEqual(refused('OW_ERR_CREDENTIALS'));
  });

  test('a hash of other parameters is made anew', async () => {
    const { email, password } = await signedUp();
    const { hash } = await import('@node-rs/argon2');
    const weak = await hash(password, { algorithm: 2, memoryCost: 1024, timeCost: 1, parallelism: 1 });
    await here.db.password.update({ where: { email }, data: { hash: weak } });
    await signIn(here, { email, password });
    const now = await here.db.password.findUniqueOrThrow({ where: { email } });
    expect(now.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await signIn(here, { email, password });
  });

  test('the same letters typed by another keyboard are the same password', async () => {
    const { email } = await signedUp({ password: 'Stra\u00DFencaf\u00E9 am Eck' });
    await signIn(here, { email, password: 'Stra\u00DFencafe\u0301 am Eck' });
  });
});

describe('a forgotten password', () => {
  test('is replaced by a link, which ends every session, once', async () => {
    const { email, password, id } = await signedUp();
    const session = await signIn(here, { email, password });
    expect(await there.accounts.authenticate(session.token)).toBeDefined();
    await askForReset(here, email);
    const token = await fixture.link(email, 'reset');
    await here.accounts.revoked({ account: await reset(here, token, NEXT) });
    await vi.waitFor(
      async () => expect(await there.accounts.authenticate(session.token)).toBeUndefined(),
      500,
    );
    await expect(signIn(here, { email, password })).rejects.toEqual(refused('OW_ERR_CREDENTIALS'));
    expect((await signIn(here, { email, password: NEXT })).account.id).toBe(id);
    await expect(reset(here, token, PASSWORD)).rejects.toEqual(refused('OW_ERR_LINK'));
    const entry = await here.db.auditEntry.findFirst({ where: { target: id } });
    expect(entry).toMatchObject({ action: 'account.reset', actorId: id });
  });

  test('ten at once with one link: one password is set', async () => {
    const { email } = await signedUp();
    await askForReset(here, email);
    const token = await fixture.link(email, 'reset');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, at) => reset(at % 2 ? here : there, token, `${NEXT} ${at}`)),
    );
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    await signIn(here, { email, password: `${NEXT} ${winner}` });
  });

  test('of an e-mail that nobody has is asked for in the same way, and no mail goes out', async () => {
    const email = newEmail();
    expect(await askForReset(here, email)).toBeUndefined();
    expect(await here.db.mailLink.count({ where: { email } })).toBeLessThanOrEqual(1);
    await vi.waitFor(async () => expect(await here.db.mailLink.count({ where: { email } })).toBe(0));
    expect(fixture.mails().filter(({ to }) => to === email)).toEqual([]);
  });

  test('fills nobody’s mailbox', async () => {
    const { email } = await signedUp();
    for (let asked = 0; asked < 12; asked += 1) await askForReset(here, email);
    await vi.waitFor(async () =>
      expect(await here.db.mailLink.count({ where: { email, sentAt: null } })).toBe(0),
    );
    // One was the sign-up's.
    expect(fixture.mails().filter(({ to }) => to === email).length).toBe(5);
  });
});

test('a changed password ends the other sessions and keeps this one', async () => {
  const { email, password } = await signedUp();
  const [mine, other] = [await signIn(here, { email, password }), await signIn(here, { email, password })];
  const who = await here.accounts.authenticate(mine.token);
  if (who === undefined) throw new Error('nobody');
  const wrong = { password: NEXT, newPassword: PASSWORD };
  await expect(changePassword(here, who, wrong)).rejects.toEqual(refused('OW_ERR_CREDENTIALS'));
  const ended = await changePassword(here, who, { password, newPassword: NEXT });
  expect(ended.length).toBe(1);
  expect(await here.accounts.rotate(other.token)).toBeUndefined();
  expect(await here.accounts.rotate(mine.token)).toBeDefined();
  await signIn(here, { email, password: NEXT });
});

test('somebody without a password is told how to get one', async () => {
  const { token } = await here.accounts.guest('Ada');
  const who = await here.accounts.authenticate(token);
  if (who === undefined) throw new Error('nobody');
  const change = { password: PASSWORD, newPassword: NEXT };
  await expect(changePassword(here, who, change)).rejects.toEqual(refused('OW_ERR_NO_PASSWORD'));
});

test('a flood of sign-ins is told to come again, before it costs memory', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, () => here.hasher.verify(undefined, PASSWORD)),
  );
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason.code] : [],
  );
  expect(refusals.length).toBe(200 - 66);
  expect(new Set(refusals)).toEqual(new Set(['OW_ERR_BUSY']));
  expect(await here.hasher.verify(undefined, PASSWORD)).toBe(false);
});

async function time(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work().catch(() => {});
  return performance.now() - begun;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
