// Several processes, one of which is killed: its people are not online any more, and nobody else notices.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayChild, gatewayChild } from '../../test/gateway-child.ts';
import { GatewayClient } from '../../test/gateway-client.ts';
import { sit, tokenOf } from '../../test/gateway-process.ts';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';

const RULES = { beatMs: 200, beatLeaseMs: 3_000, mendMs: 1_000 };

let redis: TestRedis;
let children: GatewayChild[];

beforeAll(async () => {
  redis = await testRedis();
  children = await Promise.all([0, 1, 2].map(() => gatewayChild(redis.url, RULES)));
}, 60_000);

afterAll(async () => {
  await Promise.all((children ?? []).map((child) => child.kill()));
  await redis?.close();
});

test('a killed process: its people vanish, those who have another socket stay, the others go on, and who returns is as before', async () => {
  const [first, second, doomed] = children as [GatewayChild, GatewayChild, GatewayChild];
  const accounts = { ada: randomUUID(), bob: randomUUID(), eve: randomUUID() };
  const { ada, bob, eve } = accounts;
  const room = 'plaza-1';
  await sit(redis.client, room, '1', ada, 'Ada');
  await sit(redis.client, room, '2', bob, 'Bob');
  const adas = await GatewayClient.enter(first.url, tokenOf(ada, 'Ada'));
  const bobs = await GatewayClient.enter(doomed.url, tokenOf(bob, 'Bob'));
  const eves = [
    await GatewayClient.enter(doomed.url, tokenOf(eve, 'Eve')),
    await GatewayClient.enter(second.url, tokenOf(eve, 'Eve')),
  ];
  const watcher = await GatewayClient.enter(second.url, tokenOf(randomUUID(), 'Watcher'));
  await Promise.all([adas, bobs].map((client) => client.next('presence:here:v1:stream')));
  const watch = await watcher.request('presence:watch:v1:requested', { accounts: [bob, eve] });
  expect(watch.data).toMatchObject({ people: [{ online: true, instance: room }, { online: true }] });

  await doomed.kill();
  await bobs.ended();
  const gone = await watcher.next('presence:person:v1:stream', ({ data }) => data.account === bob);
  expect(gone.data).toEqual({ account: bob, online: false, instance: null, world: null });
  expect(watcher.of('presence:person:v1:stream').filter(({ data }) => !data.online)).toHaveLength(1);
  await until(async () => (await redis.client.zcard('ow:gateways')) === 2);
  expect(eves[1]?.closed).toBeUndefined();

  await adas.request('chat:message:v1:requested', { text: 'still here' });
  await adas.next('chat:message:v1:stream');

  const ticket = { id: randomUUID(), world: '6f1a2f9c-1111-4111-8111-111111111111', state: 'seated' };
  const view = { ...ticket, position: null, estimateSeconds: null, reason: null, connect: null };
  await redis.client.set(`test:ticket:${bob}`, JSON.stringify(view));
  const again = await GatewayClient.enter(second.url, tokenOf(bob, 'Bob'));
  const here = await again.next('presence:here:v1:stream');
  expect(here.data.people.map(({ name }) => name).toSorted()).toEqual(['Ada', 'Bob']);
  expect((await again.next('ticket:progress:v1:stream')).data).toEqual(view);
  await watcher.next(
    'presence:person:v1:stream',
    ({ data }) => data.account === bob && data.instance === room,
  );
  await again.request('chat:message:v1:requested', { text: 'back' });
  await adas.next('chat:message:v1:stream', ({ data }) => data.text === 'back');
  for (const client of [adas, again, watcher, ...eves]) {
    expect(client.faults).toEqual([]);
    client.close();
  }
}, 60_000);
