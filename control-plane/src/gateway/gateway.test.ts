// The gateway over real sockets and a real Redis, two of it, so that whatever concerns two people crosses processes.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { GatewayClient } from '../../test/gateway-client.ts';
import {
  endSession,
  type GatewayProcess,
  rise,
  sit,
  startGateway,
  tell,
  tokenOf,
  WORLD,
} from '../../test/gateway-process.ts';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';

const RULES = {
  helloMs: 400,
  pingMs: 200,
  idleMs: 900,
  beatMs: 100,
  beatLeaseMs: 1_000,
  mendMs: 1_000,
  worldStateMs: 100,
  socketsPerAccount: 3,
};

let redis: TestRedis;
let here: GatewayProcess;
let there: GatewayProcess;
const clients: GatewayClient[] = [];

beforeAll(async () => {
  redis = await testRedis();
  [here, there] = await Promise.all([startGateway(redis.url, RULES), startGateway(redis.url, RULES)]);
}, 60_000);

afterEach(async () => {
  for (const client of clients) client.close();
  expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
  clients.length = 0;
});

afterAll(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await redis?.close();
});

async function raw(process = here, headers = {}) {
  const client = new GatewayClient(process.url, headers);
  clients.push(client);
  await client.opened();
  return client;
}

async function enter(process = here, name = 'Ada', role = 'player', account = randomUUID() as string) {
  const client = await GatewayClient.enter(process.url, tokenOf(account, name, role));
  clients.push(client);
  return Object.assign(client, { account });
}

const seatedTicket = { world: WORLD, state: 'seated', position: null, estimateSeconds: null, reason: null };
let seats = 0;
async function seated(instance: string, process = here, name = 'Ada') {
  const client = await enter(process, name);
  seats += 1;
  const seat = String(seats);
  await sit(redis.client, instance, seat, client.account, name);
  await redis.client.publish(
    'ow:ticket',
    JSON.stringify({ ...seatedTicket, id: randomUUID(), account: client.account }),
  );
  await client.next('presence:here:v1:stream', ({ data }) => data.instance === instance);
  return Object.assign(client, { seat });
}

const codeOf = (client: GatewayClient) => client.of('gateway:error:v1:stream').at(-1)?.data.code;

test('hello is answered with who you are and what you may, under the id of hello', async () => {
  const account = randomUUID();
  const client = await raw();
  const ready = await client.request('gateway:hello:v1:requested', { token: tokenOf(account, 'Ada') });
  expect(ready).toMatchObject({
    type: 'gateway:ready:v1:stream',
    data: { account: { id: account, name: 'Ada', role: 'player' }, limits: { watched: 200 } },
  });
});

test('a bad token is told, and the socket closes', async () => {
  const client = await raw();
  client.send('gateway:hello:v1:requested', { token: 'nonsense' });
  expect(await client.ended()).toMatchObject({ code: 4401 });
  expect(codeOf(client)).toBe('OW_ERR_SIGN_IN');
});

test('whoever does not say hello in time, or says something else first, is closed', async () => {
  const silent = await raw();
  expect(await silent.ended()).toMatchObject({ code: 4408 });
  const rude = await raw();
  rude.send('gateway:ping:v1:requested', {});
  expect(await rude.ended()).toMatchObject({ code: 4401 });
});

test('what is sent together with hello is answered after it, in order', async () => {
  const client = await raw();
  client.send('gateway:hello:v1:requested', { token: tokenOf(randomUUID()) }, 'hello');
  client.send('gateway:ping:v1:requested', {}, 'ping');
  await client.next('gateway:pong:v1:stream');
  expect(client.events.map(({ id }) => id)).toEqual(['hello', 'ping']);
});

test('without an upgrade the address answers 426', async () => {
  const response = await fetch(`${here.url}/api/v1/gateway`);
  const { code } = (await response.json()) as { code: string };
  expect([response.status, code]).toEqual([426, 'OW_ERR_UPGRADE']);
});

test('a bad token in the header of the upgrade is answered by HTTP', async () => {
  const client = new GatewayClient(here.url, { authorization: 'Bearer nonsense' });
  await expect(client.opened()).rejects.toThrow('401');
});

test('bad messages are told with the field, and too many of them close the socket', async () => {
  const client = await enter();
  client.send('chat:message:v1:requested', { text: '' }, 'empty');
  const error = await client.next('gateway:error:v1:stream', ({ id }) => id === 'empty');
  expect(error.data).toMatchObject({
    code: 'OW_ERR_BAD_REQUEST',
    message: expect.stringMatching(/data\.text/),
  });
  client.socket.send(JSON.stringify({ type: 'chat:message:v1:stream', id: 'not-mine', data: {} }));
  await client.next('gateway:error:v1:stream', ({ id }) => id === 'not-mine');
  expect(codeOf(client)).toBe('OW_ERR_UNKNOWN_EVENT');
  for (let i = 0; i < 30; i += 1) client.socket.send('{');
  expect(await client.ended()).toMatchObject({ code: 4400 });
});

test('binary frames and frames that are too long close or are refused, and nobody else notices', async () => {
  const other = await enter();
  const client = await enter();
  client.socket.send(Buffer.from('{}'));
  await client.next('gateway:error:v1:stream');
  client.socket.send('x'.repeat(20_000));
  expect(await client.ended()).toMatchObject({ code: 1009 });
  expect((await other.request('gateway:ping:v1:requested', {})).type).toBe('gateway:pong:v1:stream');
});

test('a flood is refused by its class and closes the socket in the end', async () => {
  const client = await enter();
  for (let i = 0; i < 30; i += 1) client.send('gateway:ping:v1:requested', {});
  await client.next('gateway:error:v1:stream');
  expect(codeOf(client)).toBe('OW_ERR_TOO_FAST');
  expect(client.of('gateway:pong:v1:stream').length).toBeLessThan(30);
  for (let i = 0; i < 30; i += 1) client.send('gateway:ping:v1:requested', {});
  expect(await client.ended()).toMatchObject({ code: 4429 });
});

test('a socket that answers pings stays; one that does not is closed', async () => {
  const alive = await enter();
  const dead = await enter();
  dead.socket.pause();
  await until(() => here.gateway.counts.sockets === 1);
  expect(alive.closed).toBeUndefined();
});

test('of too many sockets of one account the oldest goes', async () => {
  const account = randomUUID();
  const all = [];
  for (let i = 0; i < 4; i += 1) all.push(await enter(here, 'Ada', 'player', account));
  expect(await all[0]?.ended()).toMatchObject({ code: 4409 });
  expect(all.slice(1).map(({ closed }) => closed)).toEqual([undefined, undefined, undefined]);
});

test('sockets end with their session, with their account, and with a ban that says why', async () => {
  const [one, other, banned] = [await enter(here), await enter(there), await enter(there)];
  const publish = (channel: string, message: object) =>
    redis.client.publish(channel, JSON.stringify(message));
  const begun = Date.now();
  await publish('ow:revoked', { session: one.account });
  await publish('ow:revoked', { account: other.account });
  await publish('ow:banned', { account: banned.account, reason: 'No reason.' });
  expect(await one.ended()).toMatchObject({ code: 4401 });
  expect(await other.ended()).toMatchObject({ code: 4401 });
  expect(await banned.ended()).toMatchObject({ code: 4403 });
  expect(banned.of('moderation:banned:v1:stream')[0]?.data.reason).toBe('No reason.');
  expect(Date.now() - begun).toBeLessThan(1_000);
});

test('a session that ended unheard is found all the same', async () => {
  const client = await enter();
  await endSession(redis.client, client.account);
  expect(await client.ended()).toMatchObject({ code: 4401 });
});

test('chat reaches exactly those inside, on every process, in one order, cleaned and with the same ids', async () => {
  const room = `chat-${randomUUID()}`;
  const ada = await seated(room, here, 'Ada');
  const bob = await seated(room, there, 'Bob');
  const far = await seated(`other-${room}`, there, 'Far');
  const nowhere = await enter(there);
  const accepted = await Promise.all([
    ada.request('chat:message:v1:requested', { text: ' hello\n\u202eworld ' }),
    bob.request('chat:message:v1:requested', { text: 'one' }),
    ada.request('chat:message:v1:requested', { text: 'two' }),
    bob.request('chat:message:v1:requested', { text: 'three' }),
  ]);
  expect(accepted.map(({ type }) => type)).toEqual(Array(4).fill('chat:message:v1:accepted'));
  await until(() => [ada, bob].every((one) => one.of('chat:message:v1:stream').length === 4));
  const heard = (client: GatewayClient) => client.of('chat:message:v1:stream');
  expect(heard(ada)).toEqual(heard(bob));
  expect(heard(ada).map(({ id }) => id)).toEqual(
    heard(ada)
      .map(({ id }) => id)
      .toSorted(),
  );
  const first = heard(ada).find(({ data }) => data.text === 'hello world');
  expect(first).toMatchObject({ from: ada.account, instance: room, world: WORLD, data: { name: 'Ada' } });
  expect(accepted[0]?.data).toEqual({ message: first?.id });
  expect([...heard(far), ...heard(nowhere)]).toEqual([]);
});

test('whoever is not inside says nothing', async () => {
  const client = await enter();
  expect(await client.request('chat:message:v1:requested', { text: 'hello?' })).toMatchObject({
    data: { code: 'OW_ERR_NOT_IN_WORLD' },
  });
});

test('people and their avatars come and go before those who are inside', async () => {
  const room = `room-${randomUUID()}`;
  const ada = await seated(room, here, 'Ada');
  const bob = await seated(room, there, 'Bob');
  const joined = await ada.next('presence:joined:v1:stream', ({ data }) => data.account === bob.account);
  expect(joined).toMatchObject({ instance: room, world: WORLD, data: { name: 'Bob', seat: bob.seat } });
  const added = await ada.next('physics:object_added:v1:stream');
  expect(added.data).toEqual({
    object: `avatar:${bob.seat}`,
    kind: 'avatar',
    account: bob.account,
    name: 'Bob',
  });
  expect(bob.of('presence:here:v1:stream').at(-1)?.data.people).toHaveLength(2);
  await rise(redis.client, room, bob.seat, bob.account, 'kicked');
  expect((await ada.next('presence:left:v1:stream')).data).toMatchObject({
    account: bob.account,
    cause: 'kicked',
  });
  expect((await ada.next('physics:object_removed:v1:stream')).data).toEqual({ object: `avatar:${bob.seat}` });
  await bob.next('moderation:kicked:v1:stream');
  expect(bob.of('presence:here:v1:stream').at(-1)?.data.instance).toBe(null);
});

test('what came and went unheard is found by looking', async () => {
  const room = `unheard-${randomUUID()}`;
  const ada = await seated(room);
  await redis.client.hset(
    `test:seats:${room}`,
    '900',
    JSON.stringify({ account: randomUUID(), name: 'Eve' }),
  );
  await ada.next('presence:joined:v1:stream', ({ data }) => data.name === 'Eve');
  await redis.client.hdel(`test:seats:${room}`, '900');
  await ada.next('presence:left:v1:stream', ({ data }) => data.name === 'Eve');
});

test('a second socket of somebody who is inside is told who is there', async () => {
  const room = `second-${randomUUID()}`;
  const ada = await seated(room);
  const again = await enter(there, 'Ada', 'player', ada.account);
  const { data } = await again.next('presence:here:v1:stream');
  expect(data).toMatchObject({ instance: room, people: [{ account: ada.account, seat: ada.seat }] });
  const third = await enter(here, 'Ada', 'player', ada.account);
  await third.next('presence:here:v1:stream');
});

test('those who watch somebody see them come, move and go, whatever process they are on', async () => {
  const bob = randomUUID();
  const watcher = await enter(here);
  const first = await watcher.request('presence:watch:v1:requested', { accounts: [bob] });
  expect(first.data).toEqual({ people: [{ account: bob, online: false, instance: null, world: null }] });
  const socket = await enter(there, 'Bob', 'player', bob);
  const second = await enter(here, 'Bob', 'player', bob);
  await watcher.next('presence:person:v1:stream', ({ data }) => data.online);
  const room = `watch-${bob}`;
  await sit(redis.client, room, '777', bob, 'Bob');
  const moved = await watcher.next('presence:person:v1:stream', ({ data }) => data.instance !== null);
  expect(moved.data).toEqual({ account: bob, online: true, instance: room, world: WORLD });
  second.close();
  await sleep(200);
  expect(watcher.of('presence:person:v1:stream').at(-1)?.data.online).toBe(true);
  socket.close();
  await watcher.next('presence:person:v1:stream', ({ data }) => !data.online);
});

test('a world that the watcher may not see is not named', async () => {
  const bob = await seated(`secret-${randomUUID()}`, there, 'Bob');
  const nosy = await enter(here, 'Nosy');
  const { data } = await nosy.request('presence:watch:v1:requested', { accounts: [bob.account] });
  expect(data).toEqual({ people: [{ account: bob.account, online: true, instance: null, world: null }] });
});

test('whoever is taken off the list is not told of any more', async () => {
  const [bob, eve] = [randomUUID(), randomUUID()];
  const watcher = await enter(here);
  await watcher.request('presence:watch:v1:requested', { accounts: [bob] });
  await watcher.request('presence:watch:v1:requested', { accounts: [eve] });
  await enter(there, 'Bob', 'player', bob);
  await enter(there, 'Eve', 'player', eve);
  await watcher.next('presence:person:v1:stream');
  expect(watcher.of('presence:person:v1:stream').map(({ data }) => data.account)).toEqual([eve]);
});

test('a ticket is told to its owner alone, the connect tokens are read from the ticket, and a new socket gets it', async () => {
  const ada = await enter(here);
  const other = await enter(here);
  const ticket = {
    id: randomUUID(),
    world: WORLD,
    state: 'waiting',
    position: 3,
    estimateSeconds: 2,
    reason: null,
    connect: null,
  };
  const { connect: _, ...told } = ticket;
  await redis.client.set(`test:ticket:${ada.account}`, JSON.stringify(ticket));
  const place = { instance: 'plaza-1', seat: '1', name: 'Ada' };
  await redis.client.publish('ow:ticket', JSON.stringify({ ...told, account: ada.account, place }));
  expect((await ada.next('ticket:progress:v1:stream')).data).toEqual(ticket);
  const again = await enter(there, 'Ada', 'player', ada.account);
  expect((await again.next('ticket:progress:v1:stream')).data).toEqual(ticket);
  expect(other.of('ticket:progress:v1:stream')).toEqual([]);
  await redis.client.set(`test:ticket:${ada.account}`, JSON.stringify({ ...ticket, position: 2 }));
  await redis.client.publish('ow:ticket', JSON.stringify({ ...told, account: ada.account, position: 2 }));
  for (const client of [ada, again]) {
    await client.next('ticket:progress:v1:stream', ({ data }) => data.position === 2);
    expect(client.of('ticket:progress:v1:stream')).toHaveLength(2);
  }
});

test("requests go to the player's instance and its answer comes back", async () => {
  const ada = await seated(`ask-${randomUUID()}`);
  expect(await ada.request('interaction:sit:v1:requested', { object: 'body:1' })).toMatchObject({
    type: 'interaction:sit:v1:refused',
    data: { cause: 'not_offered' },
  });
  expect((await ada.request('interaction:stand:v1:requested', {})).type).toBe(
    'interaction:stand:v1:accepted',
  );
  expect(await ada.request('interaction:sit:v1:requested', { object: 'body:404' })).toMatchObject({
    type: 'gateway:error:v1:stream',
    data: { code: 'OW_ERR_INSTANCE_SILENT' },
  });
  const outside = await enter();
  expect(await outside.request('interaction:stand:v1:requested', {})).toMatchObject({
    data: { code: 'OW_ERR_NOT_IN_WORLD' },
  });
});

test('what an instance says reaches everybody inside, or the one it is for; what the table does not know, nobody', async () => {
  const room = `says-${randomUUID()}`;
  const [ada, bob] = [await seated(room, here, 'Ada'), await seated(room, there, 'Bob')];
  const event = (type: string, data: object, seat = '0') =>
    tell(redis.client, room, { type: 'event', event: type, data: JSON.stringify(data), seat });
  const rain = { state: 'rain', intensity: 0.5, wind: [1, 0, 0] };
  await event('environment:hail:v9:stream', {});
  await event('environment:weather:v1:stream', { ...rain, intensity: 7 });
  await event('gateway:closing:v1:stream', { code: 1000, reason: 'forged' });
  await event('physics:world_state:v1:stream', { tick: 1, bodies: 1, avatars: [] });
  await event('interaction:sit:v1:stream', { by: `avatar:${bob.seat}`, object: 'body:1' }, bob.seat);
  await event('environment:weather:v1:stream', rain);
  for (const client of [ada, bob]) {
    expect(await client.next('environment:weather:v1:stream')).toMatchObject({ instance: room, data: rain });
  }
  expect(bob.of('interaction:sit:v1:stream')).toHaveLength(1);
  const others = ['interaction:sit:v1:stream', 'gateway:closing:v1:stream', 'physics:world_state:v1:stream'];
  expect(ada.events.filter(({ type }) => others.includes(type))).toEqual([]);
});

test('world_state comes once a period to admins and owners, and to nobody else', async () => {
  const room = `state-${randomUUID()}`;
  await seated(room, there);
  const player = await enter(here, 'Ada');
  expect(await player.request('physics:world_state:v1:requested', { instances: [room] })).toMatchObject({
    data: { code: 'OW_ERR_FORBIDDEN' },
  });
  const clientsThatMay = [await enter(here, 'Root', 'admin'), await enter(here, 'Owner')];
  for (const client of clientsThatMay) {
    const answer = await client.request('physics:world_state:v1:requested', { instances: [room] });
    expect(answer.data).toEqual({ instances: [room] });
  }
  const pose = { seat: 5n, name: 'Ada', x: 1.2345, y: 0, z: -2, yaw: 0.5, grounded: true };
  here.telemetry.publish(room, 9, [{ ...pose, $typeName: 'otherworld.instance.v1.PlayerPose' }], []);
  here.telemetry.publish('another', 9, [], []);
  for (const client of clientsThatMay) {
    const { data, instance } = await client.next('physics:world_state:v1:stream');
    expect([instance, data]).toEqual([
      room,
      {
        tick: 9,
        bodies: 0,
        avatars: [{ object: 'avatar:5', name: 'Ada', position: [1.23, 0, -2], yaw: 0.5, grounded: true }],
      },
    ]);
    expect(client.of('physics:world_state:v1:stream')).toHaveLength(1);
  }
  expect(player.of('physics:world_state:v1:stream')).toEqual([]);
});

test('a process that stops says so to its sockets, and its people are offline at once', async () => {
  const stopping = await startGateway(redis.url, RULES);
  const bob = await enter(stopping, 'Bob');
  const watcher = await enter(here);
  const { data } = await watcher.request('presence:watch:v1:requested', { accounts: [bob.account] });
  expect(data).toMatchObject({ people: [{ online: true }] });
  const begun = performance.now();
  await stopping.close();
  expect(await bob.ended()).toMatchObject({ code: 1012 });
  expect(bob.of('gateway:closing:v1:stream')[0]?.data.code).toBe(1012);
  await watcher.next('presence:person:v1:stream', ({ data }) => !data.online);
  // Not by a lease that ran out.
  expect(performance.now() - begun).toBeLessThan(RULES.beatLeaseMs);
});

test('while Redis is away the socket stays and is told so; when it is back all goes on, also what it forgot', async () => {
  const room = `away-${randomUUID()}`;
  const ada = await seated(room, here, 'Ada');
  const watcher = await enter(there);
  await watcher.request('presence:watch:v1:requested', { accounts: [ada.account] });
  await redis.kill();
  expect(await ada.request('chat:message:v1:requested', { text: 'anybody?' })).toMatchObject({
    data: { code: 'OW_ERR_STORE_AWAY' },
  });
  expect((await ada.request('gateway:ping:v1:requested', {})).type).toBe('gateway:pong:v1:stream');
  await redis.restart();
  await redis.client.del(`ow:presence:${ada.account}`, 'ow:gateways');
  await sit(redis.client, room, ada.seat, ada.account);
  await until(async () => (await redis.client.hlen(`ow:presence:${ada.account}`)) === 1);
  const said = () => ada.request('chat:message:v1:requested', { text: 'back' });
  await until(async () => (await said()).type === 'chat:message:v1:accepted', 15_000);
  await ada.next('chat:message:v1:stream', ({ data }) => data.text === 'back');
  expect(watcher.closed).toBeUndefined();
});
