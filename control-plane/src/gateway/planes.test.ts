// The gateway as it runs: two whole control planes over one Redis and one database, real accounts, tickets, seats and
// worlds. The instance's line is at one of them, the players' sockets are at the other.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { controlPlaneFixture, type Fixture, signedIn } from '../../test/control-plane-fixture.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { GatewayClient } from '../../test/gateway-client.ts';
import { until } from '../../test/until.ts';
import type { Data } from './events.ts';

let line: Fixture;
let sockets: Fixture;
let instance: FakeInstance;
const clients: GatewayClient[] = [];

const asked: { type: string; data: unknown }[] = [];

beforeAll(async () => {
  line = await controlPlaneFixture({ replicas: 1 });
  sockets = await controlPlaneFixture({ replicas: 0, stores: line.stores, env: { OTHERWORLD_ROLES: 'api' } });
  [instance] = (await line.populate({
    event(type, data) {
      asked.push({ type, data });
      return type === 'interaction:stand:v1:requested' ? 'accept' : 'not_offered';
    },
  })) as [FakeInstance];
}, 120_000);

afterEach(() => {
  for (const client of clients) client.close();
  expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
  clients.length = 0;
});

afterAll(async () => {
  await sockets?.close();
  await line?.close();
});

interface Guest {
  readonly id: string;
  readonly token: string;
}

async function guest(name: string): Promise<Guest> {
  const { body } = await sockets.ask('POST', '/api/v1/guests', { name });
  return { id: body.account.id, token: body.token };
}

const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });

async function enter(token: string, plane = sockets): Promise<GatewayClient> {
  const client = await GatewayClient.enter(plane.url, token);
  clients.push(client);
  return client;
}

/** From a ticket to the connected seat; what the gateway says on the way. */
async function join(who: Guest, client: GatewayClient) {
  const asked = await sockets.ask('POST', '/api/v1/tickets', { world: 'plaza' }, bearer(who));
  expect(asked.status).toBe(201);
  const { data } = await client.next('ticket:progress:v1:stream', (event) => event.data.state === 'seated');
  const connect = data.connect as NonNullable<Data<'ticket:progress:v1:stream'>['connect']>;
  instance.say({ case: 'playerJoined', value: { seat: BigInt(connect.seat) } });
  const here = await client.next('presence:here:v1:stream', (event) => event.data.instance !== null);
  return { ticket: asked.body.id as string, connect, here };
}

const leave = ({ connect }: { connect: { seat: string } }, cause = 'left') =>
  instance.say({ case: 'playerLeft', value: { seat: BigInt(connect.seat), cause } });

test('a guest is seated by ticket, is inside, speaks, asks the world, hears it, and leaves', async () => {
  const [ada, bob] = [await guest('Ada'), await guest('Bob')];
  const [adas, bobs] = [await enter(ada.token), await enter(bob.token, line)];
  const watch = await bobs.request('presence:watch:v1:requested', { accounts: [ada.id] });
  expect(watch.data).toMatchObject({ people: [{ account: ada.id, online: true, instance: null }] });

  const inside = await join(ada, adas);
  expect(inside.connect.user).toBe(ada.id);
  expect(inside.here.data.people).toEqual([{ account: ada.id, name: 'Ada', seat: inside.connect.seat }]);
  const moved = await bobs.next('presence:person:v1:stream', ({ data }) => data.instance !== null);
  expect(moved.data).toMatchObject({ instance: inside.connect.instance, world: inside.connect.world.id });

  const bobsSeat = await join(bob, bobs);
  await adas.next('presence:joined:v1:stream', ({ data }) => data.account === bob.id);
  await adas.next('physics:object_added:v1:stream', ({ data }) => data.account === bob.id);
  await adas.request('chat:message:v1:requested', { text: 'hello' });
  for (const client of [adas, bobs]) {
    const { data, from } = await client.next('chat:message:v1:stream');
    expect([from, data]).toEqual([ada.id, { text: 'hello', name: 'Ada' }]);
  }

  const sit = await adas.request('interaction:sit:v1:requested', { object: 'body:1' });
  expect(sit).toMatchObject({ type: 'interaction:sit:v1:refused', data: { cause: 'not_offered' } });
  expect((await adas.request('interaction:stand:v1:requested', {})).type).toBe(
    'interaction:stand:v1:accepted',
  );
  expect(asked.slice(-2)).toEqual([
    { type: 'interaction:sit:v1:requested', data: { object: 'body:1' } },
    { type: 'interaction:stand:v1:requested', data: {} },
  ]);

  const rain = { state: 'rain', intensity: 1, wind: [0, 0, 0] };
  instance.say({
    case: 'event',
    value: { type: 'environment:weather:v1:stream', data: JSON.stringify(rain), seat: 0n },
  });
  for (const client of [adas, bobs]) {
    expect((await client.next('environment:weather:v1:stream')).data).toEqual(rain);
  }

  leave(bobsSeat);
  await adas.next('presence:left:v1:stream', ({ data }) => data.account === bob.id);
  await bobs.next('presence:here:v1:stream', ({ data }) => data.instance === null);
  leave(inside);
  await adas.next('presence:here:v1:stream', ({ data }) => data.instance === null);
});

test('a socket that is opened again is told the ticket and who is there, and none of it at another account', async () => {
  const ada = await guest('Ada');
  const first = await enter(ada.token);
  const inside = await join(ada, first);
  first.close();
  const again = await enter(ada.token, line);
  const { data } = await again.next('ticket:progress:v1:stream');
  expect(data).toMatchObject({ id: inside.ticket, state: 'seated', connect: { seat: inside.connect.seat } });
  await again.next('presence:here:v1:stream', (event) => event.data.instance === inside.connect.instance);
  const eve = await guest('Eve');
  const other = new GatewayClient(sockets.url, bearer(eve)); // signed in by the upgrade
  clients.push(other);
  expect((await other.next('gateway:ready:v1:stream')).data.account).toMatchObject({
    id: eve.id,
    name: 'Eve',
  });
  await other.request('gateway:ping:v1:requested', {});
  expect(other.of('ticket:progress:v1:stream')).toEqual([]);
  leave(inside);
});

test('whoever is kicked is told, and may come again', async () => {
  const admin = { token: await signedIn(line.stores.database.db, 'admin') };
  const ada = await guest('Ada');
  const client = await enter(ada.token);
  const inside = await join(ada, client);
  const kicked = await sockets.ask(
    'POST',
    `/api/v1/accounts/${ada.id}/kick`,
    { reason: 'Enough.' },
    bearer(admin),
  );
  expect(kicked.status).toBe(200);
  await until(() => instance.of('kick').some(({ value }) => String(value.seat) === inside.connect.seat));
  leave(inside, 'kicked');
  await client.next('moderation:kicked:v1:stream');
  await client.next('presence:here:v1:stream', ({ data }) => data.instance === null);
  expect(client.closed).toBeUndefined();
});

test('a session that ends and an account that is banned close their sockets within a second', async () => {
  const admin = { token: await signedIn(line.stores.database.db, 'admin') };
  const [ada, bob] = [await guest('Ada'), await guest('Bob')];
  const [adas, bobs] = [await enter(ada.token, line), await enter(bob.token, line)];
  const begun = performance.now();
  await sockets.ask('DELETE', '/api/v1/sessions/current', undefined, bearer(ada));
  expect(await adas.ended()).toMatchObject({ code: 4401 });
  const ban = await sockets.ask(
    'POST',
    '/api/v1/bans',
    { account: bob.id, reason: 'Enough.' },
    bearer(admin),
  );
  expect(ban.status).toBe(201);
  expect(await bobs.ended()).toMatchObject({ code: 4403 });
  expect(bobs.of('moderation:banned:v1:stream')[0]?.data.reason).toContain('Enough.');
  expect(performance.now() - begun).toBeLessThan(2_000);
  const refused = new GatewayClient(sockets.url, bearer(bob));
  await expect(refused.opened()).rejects.toThrow('403');
});

test('a session that runs out is found without a word', async () => {
  const ada = await guest('Ada');
  const client = await enter(ada.token);
  await line.stores.database.db.session.deleteMany({ where: { accountId: ada.id } });
  expect(await client.ended(15_000)).toMatchObject({ code: 4401 });
}, 20_000);

test('an admin is sent where everybody is, from the process that has the line', async () => {
  const ada = await guest('Ada');
  const adas = await enter(ada.token);
  const inside = await join(ada, adas);
  const name = inside.connect.instance;
  expect(await adas.request('physics:world_state:v1:requested', { instances: [name] })).toMatchObject({
    data: { code: 'OW_ERR_FORBIDDEN' },
  });
  const root = await enter(await signedIn(line.stores.database.db, 'admin'));
  await root.request('physics:world_state:v1:requested', { instances: [name] });
  const timer = setInterval(() => {
    const player = {
      seat: BigInt(inside.connect.seat),
      name: 'Ada',
      x: 1,
      y: 0,
      z: 2,
      yaw: 0,
      grounded: true,
    };
    instance.say({ case: 'telemetry', value: { tick: 1, players: [player], bodies: [] } });
  }, 100);
  const { data } = await root.next('physics:world_state:v1:stream');
  clearInterval(timer);
  expect(data.avatars).toMatchObject([{ object: `avatar:${inside.connect.seat}`, position: [1, 0, 2] }]);
  leave(inside);
});

// The last one: the line is gone after it.
test('when the line is lost a request is answered so, and the socket stays', async () => {
  const ada = await guest('Ada');
  const client = await enter(ada.token);
  await join(ada, client);
  instance.hangUp();
  await until(async () => (await line.instances())[0]?.link === 'lost');
  expect(await client.request('interaction:stand:v1:requested', {})).toMatchObject({
    data: { code: 'OW_ERR_INSTANCE_SILENT' },
  });
  expect(client.closed).toBeUndefined();
});
