// The first admin, the way back in, and roles.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type AccountsFeature,
  type AccountsFixture,
  accountsFixture,
  PASSWORD,
} from '../../../test/accounts-fixture.ts';
import { until } from '../../../test/until.ts';
import { PasswordHasher } from '../password/hash.ts';
import { signIn } from '../password/sign-in.ts';
import { changeRole, listAccounts } from '../roles.ts';
import { ensureAdmin } from './first.ts';
import { ADMIN_EMAIL, firstAdminFile } from './place.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: AccountsFixture;
let here: AccountsFeature;
beforeAll(async () => {
  fixture = await accountsFixture();
}, 120_000);
afterAll(() => fixture.close());

const email = ADMIN_EMAIL;

describe('the first admin', () => {
  test('is one, though eight processes on three data folders start at once', async () => {
    const others = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'ow-first-admin-')));
    const folders = [fixture.data, ...others];
    const started = Array.from({ length: 8 }, (_, at) =>
      ensureAdmin(fixture.db, new PasswordHasher(), folders[at % 3] ?? ''),
    );
    await Promise.all(started);
    expect(await fixture.db.account.count({ where: { role: 'admin' } })).toBe(1);
    const files = folders.map(firstAdminFile).filter((file) => existsSync(file));
    expect(files.length).toBe(1);
    const [file = ''] = files;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o077).toBe(0);
    expect(readdirSync(dirname(file))).toEqual(['first-admin.password']);
    here = await fixture.process();
    const password = readFileSync(file, 'utf8');
    await expect(signIn(here, { email, password })).rejects.toMatchObject({
      code: 'OW_ERR_PASSWORD_ONE_TIME',
    });
    const { account } = await signIn(here, { email, password, newPassword: PASSWORD });
    expect(account).toMatchObject({ role: 'admin', guest: false });
    // The next start finds that the file opens nothing any more.
    for (const folder of folders) await ensureAdmin(fixture.db, here.hasher, folder);
    expect(existsSync(file)).toBe(false);
    for (const folder of others) rmSync(folder, { recursive: true });
  });

  test('is not made again', async () => {
    await fixture.process();
    expect(await fixture.db.account.count({ where: { role: 'admin' } })).toBe(1);
    expect(existsSync(firstAdminFile(fixture.data))).toBe(false);
  });
});

describe('admin reset', () => {
  test('by DATABASE_URL: another one-time password, and the old sessions end at once', async () => {
    const { token } = await signIn(here, { email, password: PASSWORD });
    expect(await here.accounts.authenticate(token)).toBeDefined();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [new URL('../admin.ts', import.meta.url).pathname, 'reset'],
      { env: { ...process.env, DATABASE_URL: fixture.databaseUrl, REDIS_URL: fixture.redis.url } },
    );
    const password = /^Password {2}(\S+) /m.exec(stdout)?.[1] ?? '';
    expect(stdout).toContain(email);
    expect(password).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
    await until(async () => (await here.accounts.authenticate(token)) === undefined, 500);
    await expect(signIn(here, { email, password: PASSWORD })).rejects.toMatchObject({
      code: 'OW_ERR_CREDENTIALS',
    });
    await signIn(here, { email, password, newPassword: PASSWORD });
    await expect(signIn(here, { email, password })).rejects.toMatchObject({ code: 'OW_ERR_CREDENTIALS' });
  });

  test('says what is missing', async () => {
    const { DATABASE_URL: _, ...env } = process.env;
    const run = promisify(execFile)(
      process.execPath,
      [new URL('../admin.ts', import.meta.url).pathname, 'reset'],
      { env },
    );
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: 'Bad configuration: DATABASE_URL is missing\n',
    });
  });
});

describe('roles', () => {
  const person = (name: string, role: 'player' | 'admin' = 'player') =>
    fixture.db.account.create({ data: { name, role, guest: false } });
  const adminId = async () => (await fixture.db.password.findUniqueOrThrow({ where: { email } })).accountId;

  test('are given by an admin, and written down', async () => {
    const { id } = await person('Cleo');
    const actor = await adminId();
    expect(await changeRole(fixture.db, actor, id, 'creator')).toMatchObject({ id, role: 'creator' });
    const entry = await fixture.db.auditEntry.findFirst({ where: { target: id } });
    expect(entry).toMatchObject({
      actorId: actor,
      action: 'account.role',
      detail: { from: 'player', to: 'creator' },
    });
  });

  test('are not given by anybody else, to guests, or to nobody', async () => {
    const [player, other] = [await person('Eve'), await person('Bo')];
    const { account: guest } = await here.accounts.guest('Ada');
    const change = (actor: string, id: string) => changeRole(fixture.db, actor, id, 'admin');
    await expect(change(player.id, other.id)).rejects.toMatchObject({ code: 'OW_ERR_FORBIDDEN' });
    await expect(change(await adminId(), guest.id)).rejects.toMatchObject({ code: 'OW_ERR_GUEST' });
    await expect(change(await adminId(), player.id.replace(/^./, 'f'))).rejects.toMatchObject({
      code: 'OW_ERR_UNKNOWN_ACCOUNT',
    });
  });

  test('the last admin stays one, also when two demote each other at once', async () => {
    const first = await adminId();
    await expect(changeRole(fixture.db, first, first, 'player')).rejects.toMatchObject({
      code: 'OW_ERR_LAST_ADMIN',
    });
    for (let round = 0; round < 10; round += 1) {
      const second = await person('Zoe', 'admin');
      const outcomes = await Promise.allSettled([
        changeRole(fixture.db, first, second.id, 'player'),
        changeRole(fixture.db, second.id, first, 'player'),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      expect(await fixture.db.account.count({ where: { role: 'admin' } })).toBe(1);
      // For the next round.
      await fixture.db.account.update({ where: { id: first }, data: { role: 'admin' } });
      await fixture.db.account.update({ where: { id: second.id }, data: { role: 'player' } });
    }
  });

  test('accounts are listed page by page, searched by name and e-mail', async () => {
    const ids = [];
    for (let at = 0; at < 5; at += 1) ids.push((await person(`Searched ${at}%_`)).id);
    const seen = [];
    for (let after: string | undefined; ; ) {
      const page = await listAccounts(fixture.db, { search: 'sEARCHED', guests: false, limit: 2, after });
      seen.push(...page.map(({ id }) => id));
      if (page.length < 2) break;
      after = page.at(-1)?.id;
    }
    expect(seen).toEqual(ids.toSorted());
    const find = async (search: string) =>
      (await listAccounts(fixture.db, { search, guests: false, limit: 100 })).map(({ name }) => name);
    expect(await find('4%_')).toEqual(['Searched 4%_']);
    expect(await find('ADMIN@otherworld')).toEqual(['Admin']);
    const admins = await listAccounts(fixture.db, { role: 'admin', guests: false, limit: 100 });
    expect(admins.map(({ password }) => password?.email)).toContain(email);
  });
});
