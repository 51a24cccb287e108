// Moderation over HTTP, on two whole control planes over one database and one Redis: whoever is asked, the instance is told, and
// all of it is written down.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { controlPlaneFixture, type Fixture, signedIn } from '../../test/control-plane-fixture.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: Fixture;
let other: Fixture;
let instance: FakeInstance;

beforeAll(async () => {
  fixture = await controlPlaneFixture();
  other = await controlPlaneFixture({ replicas: 0, stores: fixture.stores });
  [instance] = (await fixture.populate()) as [FakeInstance];
}, 60_000);
afterAll(async () => {
  await other.close();
  await fixture.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const entries = async (query: string) =>
  (await other.ask('GET', `/api/v1/audit?${query}`, undefined, fixture.operator)).body.entries;
const kicked = (seat: string) =>
  instance.of('kick').find(({ value }) => value.seat === BigInt(seat))?.value.reason;

/** Somebody with a token. */
async function visitor() {
  const { db } = fixture.stores.database;
  const token = await signedIn(db, 'player');
  const { body: me } = await fixture.ask('GET', '/api/v1/account', undefined, bearer(token));
  return { account: me.id as string, token: bearer(token) };
}

test('a seat is kicked by a process that does not hold the line, and it is written down', async () => {
  const { seat, instance: name } = (await fixture.join()).body;
  const answer = await until(async () => {
    const body = { seat, reason: 'be nice' };
    const { status } = await other.ask('POST', `/api/v1/instances/${name}/kick`, body, other.operator);
    return status === 200 && status;
  });
  expect(answer).toBe(200);
  expect(kicked(seat)).toBe('be nice');
  const [entry] = await entries(`target=${name}&action=instance.kick&limit=1`);
  expect(entry).toMatchObject({ action: 'instance.kick', detail: { seat, reason: 'be nice' } });
});

test('an account that sits nowhere cannot be kicked; nobody but admins moderates', async () => {
  const { account, token } = await visitor();
  const path = `/api/v1/accounts/${account}/kick`;
  expect((await fixture.ask('POST', path, { reason: 'x' }, fixture.operator)).body.code).toBe(
    'OW_ERR_NOT_INSIDE',
  );
  for (const [method, address, body] of [
    ['POST', path, { reason: 'x' }],
    ['POST', '/api/v1/bans', { account, reason: 'x' }],
    ['GET', '/api/v1/bans', undefined],
    ['GET', '/api/v1/audit', undefined],
    ['DELETE', `/api/v1/bans/${account}`, undefined],
  ] as const) {
    expect((await fixture.ask(method, address, body, token)).body.code).toBe('OW_ERR_FORBIDDEN');
    expect((await fixture.ask(method, address, body)).body.code).toBe('OW_ERR_SIGN_IN');
  }
});

test('a ban is felt at once by a token that another process knows, and lifted it is good again', async () => {
  const { account, token } = await visitor();
  const me = () => other.ask('GET', '/api/v1/account', undefined, token);
  expect((await me()).status).toBe(200);
  const made = await fixture.ask('POST', '/api/v1/bans', { account, reason: 'spam' }, fixture.operator);
  expect(made).toMatchObject({ status: 201, body: { reason: 'spam', until: null, inForce: true } });
  const begun = performance.now();
  const refused = await until(async () => {
    const { status, body } = await me();
    return status === 403 && body;
  });
  expect(performance.now() - begun).toBeLessThan(500); // before a cached session would have been read again
  expect(refused).toMatchObject({ code: 'OW_ERR_BANNED', message: expect.stringContaining('spam') });
  const again = await fixture.ask('POST', '/api/v1/bans', { account, reason: 'spam' }, fixture.operator);
  expect(again.body).toMatchObject({ code: 'OW_ERR_ALREADY_BANNED' });
  const list = () =>
    other.ask('GET', `/api/v1/bans?account=${account}&inForce=true`, undefined, fixture.operator);
  expect((await list()).body.bans).toMatchObject([{ id: made.body.id }]);
  expect(
    (await fixture.ask('DELETE', `/api/v1/bans/${made.body.id}`, undefined, fixture.operator)).status,
  ).toBe(204);
  await until(async () => (await me()).status === 200);
  expect((await list()).body.bans).toEqual([]);
  expect((await entries(`target=${account}`)).map(({ action }: { action: string }) => action)).toEqual([
    'account.unban',
    'account.ban',
  ]);
});

test('drain and scale are written down', async () => {
  await fixture.ask('POST', '/api/v1/fleet/scale', { replicas: 1 }, fixture.operator);
  expect(await entries('action=fleet.scale')).toMatchObject([{ target: 'fleet', detail: { replicas: 1 } }]);
});
