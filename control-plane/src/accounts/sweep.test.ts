// What is swept and, more important, what is not.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AccountsFeature, type AccountsFixture, accountsFixture } from '../../test/accounts-fixture.ts';
import { sweep } from './sweep.ts';
import { hashToken, newSalt, newToken } from './token.ts';

let fixture: AccountsFixture;
let here: AccountsFeature;
beforeAll(async () => {
  fixture = await accountsFixture();
  here = await fixture.process();
}, 120_000);
afterAll(() => fixture.close());

const DAY_MS = 24 * 3600 * 1000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS);

/** A guest last seen so long ago, whose session has expired. */
async function guest(days: number): Promise<string> {
  const { account, token } = await here.accounts.guest('Ada');
  await here.db.account.update({ where: { id: account.id }, data: { lastSeenAt: ago(days) } });
  await here.db.session.update({
    where: { tokenHash: hashToken(token) },
    data: { expiresAt: new Date(ago(days).getTime() + 30 * DAY_MS) },
  });
  return account.id;
}

const exists = async (id: string) => (await here.db.account.findUnique({ where: { id } })) !== null;

test('guests who did not come back for 30 days go, with all that is theirs', async () => {
  const [gone, stays] = [await guest(31), await guest(29)];
  await sweep(here.db, here.redis);
  expect([await exists(gone), await exists(stays)]).toEqual([false, true]);
  expect(await here.db.session.count({ where: { accountId: gone } })).toBe(0);
});

test('whoever has something here stays', async () => {
  const ids = await Promise.all(Array.from({ length: 7 }, () => guest(400)));
  const [seated, owner, banned, member, creator, upgraded, signing] = ids as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  await here.redis.set(`ow:user:${seated}`, '{}');
  const scene = 'a'.repeat(64);
  await here.db.world.create({ data: { slug: 'mine', name: 'Mine', scene, ownerId: owner } });
  await here.db.ban.create({ data: { accountId: banned, byId: randomUUID(), reason: '' } });
  const world = await here.db.world.create({ data: { slug: 'theirs', name: 'Theirs', scene } });
  await here.db.worldMember.create({ data: { worldId: world.id, accountId: member } });
  await here.db.account.update({ where: { id: creator }, data: { role: 'creator' } });
  await here.db.account.update({ where: { id: upgraded }, data: { guest: false } });
  await here.db.mailLink.create({
    data: {
      purpose: 'verify',
      email: 'a@b.test',
      accountId: signing,
      expiresAt: new Date(Date.now() + DAY_MS),
    },
  });
  await sweep(here.db, here.redis);
  expect(await Promise.all(ids.map(exists))).toEqual(ids.map(() => true));
  await here.redis.del(`ow:user:${seated}`);
  await sweep(here.db, here.redis);
  expect(await exists(seated)).toBe(false);
});

test('without Redis no guest is swept, because nobody can say who stands in a world', async () => {
  const id = await guest(31);
  await fixture.redis.kill();
  await expect(sweep(here.db, here.redis)).rejects.toThrow();
  await fixture.redis.restart();
  expect(await exists(id)).toBe(true);
});

test('sessions, links and retired tokens go when they are worth nothing', async () => {
  const { account } = await here.accounts.guest('Ada');
  const session = (days: number) =>
    here.db.session.create({
      data: { accountId: account.id, tokenHash: hashToken(newToken()), expiresAt: ago(days) },
    });
  const [old, young] = [await session(1), await session(-1)];
  for (const days of [31, 29]) {
    const hash = hashToken(newToken());
    await here.db.retiredToken.create({
      data: { hash, salt: newSalt(), sessionId: young.id, retiredAt: ago(days) },
    });
  }
  await here.db.mailLink.create({ data: { purpose: 'reset', email: 'x@y.test', expiresAt: ago(1) } });
  const swept = await sweep(here.db, here.redis);
  expect(swept).toMatchObject({ tokens: 1, links: 1 });
  expect(await here.db.session.findUnique({ where: { id: old.id } })).toBeNull();
  expect(await here.db.retiredToken.count({ where: { sessionId: young.id } })).toBe(1);
});
