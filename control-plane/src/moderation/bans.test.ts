// Bans and the audit log in a real database.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { person } from '../../test/people.ts';
import { type TestDatabase, testDatabase } from '../../test/stores.ts';
import type { Who } from '../accounts/who.ts';
import { transaction } from '../persistence/transaction.ts';
import { audit } from './audit.ts';
import { ban, banOf, bansAmong, lift, listBans, sentence } from './bans.ts';
import { pageOf, placeOf } from './page.ts';
import { readAudit } from './read-audit.ts';

let store: TestDatabase;
let admin: Who;

beforeAll(async () => {
  store = await testDatabase();
  admin = await person(store.db, { name: 'Admin', role: 'admin' });
});
afterAll(() => store.close());

const refused = (code: string) => expect.objectContaining({ code });
const by = () => admin.account.id;
const inAnHour = () => new Date(Date.now() + 3_600_000);

describe('a ban', () => {
  test('holds until it is lifted, guests too, and says why', async () => {
    const guest = await person(store.db, { guest: true });
    const { id: account } = guest.account;
    expect(await banOf(store.db, account)).toBeUndefined();
    const made = await ban(store.db, { account, reason: 'spam' }, by());
    expect(sentence(made)).toBe('You are banned for good: spam');
    expect(await banOf(store.db, account)).toEqual(made);
    expect(await bansAmong(store.db, [account, by()])).toEqual([made]);
    await lift(store.db, made.id, by());
    await lift(store.db, made.id, by());
    expect(await banOf(store.db, account)).toBeUndefined();
    expect(await bansAmong(store.db, [account])).toEqual([]);
    const entries = await readAudit(store.db, { limit: 10, target: account });
    expect(entries.map(({ action }) => action)).toEqual(['account.unban', 'account.ban']);
  });

  test('ends by itself', async () => {
    const { account } = await person(store.db);
    const made = await ban(store.db, { account: account.id, reason: 'x', until: inAnHour() }, by());
    expect(sentence(made)).toMatch(/^You are banned until 20\d\d-.*Z: x$/);
    await store.db.ban.update({ where: { id: made.id }, data: { until: new Date(Date.now() - 1) } });
    expect(await banOf(store.db, account.id)).toBeUndefined();
    await ban(store.db, { account: account.id, reason: 'again' }, by());
    expect(await listBans(store.db, { limit: 9, account: account.id, inForce: false })).toHaveLength(1);
    expect(await listBans(store.db, { limit: 9, account: account.id, inForce: true })).toHaveLength(1);
  });

  test('is refused: of oneself, of nobody, twice, in the past, by somebody who is no admin any more', async () => {
    const { account } = await person(store.db);
    const player = await person(store.db);
    const asked = { account: account.id, reason: 'x' };
    await expect(async () => ban(store.db, { ...asked, account: by() }, by())).rejects.toEqual(
      refused('OW_ERR_BAN_SELF'),
    );
    const nobody = { ...asked, account: crypto.randomUUID() };
    await expect(ban(store.db, nobody, by())).rejects.toEqual(refused('OW_ERR_UNKNOWN_ACCOUNT'));
    const over = { ...asked, until: new Date(Date.now() - 1) };
    await expect(async () => ban(store.db, over, by())).rejects.toEqual(refused('OW_ERR_BAD_REQUEST'));
    await expect(ban(store.db, asked, player.account.id)).rejects.toEqual(refused('OW_ERR_FORBIDDEN'));
    expect(await readAudit(store.db, { limit: 1, target: account.id })).toEqual([]);
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => ban(store.db, asked, by())));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await listBans(store.db, { limit: 9, account: account.id })).toHaveLength(1);
    await expect(lift(store.db, crypto.randomUUID(), by())).rejects.toEqual(refused('OW_ERR_UNKNOWN_BAN'));
  });

  test('of two admins who ban each other at once, one holds', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [
        await person(store.db, { role: 'admin' }),
        await person(store.db, { role: 'admin' }),
      ];
      const tries = await Promise.allSettled([
        ban(store.db, { account: two.account.id, reason: 'x' }, one.account.id),
        ban(store.db, { account: one.account.id, reason: 'x' }, two.account.id),
      ]);
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(tries.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: refused('OW_ERR_BANNED'),
      });
    }
  });
});

describe('the audit log', () => {
  test('has no entry without its deed', async () => {
    const target = crypto.randomUUID();
    const failing = transaction(store.db, async (tx) => {
      await audit(tx, { actor: by(), action: 'world.remove', target });
      throw new Error('the deed failed');
    });
    await expect(failing).rejects.toThrow('the deed failed');
    expect(await readAudit(store.db, { limit: 1, target })).toEqual([]);
  });

  test('is read in pages that miss and repeat nothing, filtered, the newest first', async () => {
    const target = crypto.randomUUID();
    const at = new Date();
    const entry = (index: number) => ({
      at: new Date(at.getTime() + Math.floor(index / 4)), // four of the same moment
      actorId: index % 2 === 0 ? by() : null,
      action: 'world.update',
      target,
      detail: { index },
    });
    await store.db.auditEntry.createMany({ data: Array.from({ length: 10 }, (_, index) => entry(index)) });
    const seen: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const found = await readAudit(store.db, { limit: 4, before: placeOf(cursor), target });
      const { rows, next } = pageOf(found, 3, (row) => row.at);
      seen.push(...rows.map(({ detail }) => (detail as { index: number }).index));
      cursor = next;
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(seen.map((index) => Math.floor(index / 4))).toEqual([2, 2, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(await readAudit(store.db, { limit: 99, target, actor: by() })).toHaveLength(5);
    expect(await readAudit(store.db, { limit: 99, target, action: 'fleet.scale' })).toEqual([]);
    expect(() => placeOf('bm9uc2Vuc2U')).toThrow(refused('OW_ERR_BAD_REQUEST') as never);
  });
});
