// Clients that do not read, on real sockets, against a process whose memory is measured.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayChild, gatewayChild } from '../../test/gateway-child.ts';
import { type Envelope, GatewayClient } from '../../test/gateway-client.ts';
import { sit, tokenOf } from '../../test/gateway-process.ts';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';
import { GATEWAY_RULES } from './rules.ts';

const MIB = 1024 * 1024;

let redis: TestRedis;
let child: GatewayChild;

beforeAll(async () => {
  redis = await testRedis();
  child = await gatewayChild(redis.url);
}, 60_000);

afterAll(async () => {
  await child?.kill();
  await redis?.close();
});

async function inside(room: string, seat: string): Promise<GatewayClient> {
  const account = randomUUID();
  await sit(redis.client, room, seat, account);
  const client = await GatewayClient.enter(child.url, tokenOf(account));
  await client.next('presence:here:v1:stream');
  return client;
}

const held = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external;

/** As Redis brings it to every process; the speaker's limits are not the matter here. */
async function publish(
  channel: string,
  count: number,
  message: (at: number) => object,
  isHeard = (_upTo: number): boolean => true,
): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    const pipeline = redis.client.pipeline();
    for (let at = from; at < from + 100; at += 1) pipeline.publish(channel, JSON.stringify(message(at)));
    await pipeline.exec();
    // On a busy machine also those who read are slower than this loop.
    await until(() => isHeard(from), 30_000);
  }
}

test('what must arrive: those who read get all of it, those who do not are cut off, and memory stays bounded', async () => {
  const room = 'chatty';
  const reader = await inside(room, '1');
  const deaf = await Promise.all(Array.from({ length: 8 }, (_, at) => inside(room, String(at + 2))));
  for (const { socket } of deaf) socket.pause();
  const before = await child.memory();
  const [COUNT, PART] = [20_000, 2_000];
  const said = { from: randomUUID(), name: 'Ada', text: 'x'.repeat(480) };
  const message = (at: number) => ({ number: String(at), at, said });
  const others = reader.events.length;
  const isHeard = (upTo: number) => reader.events.length >= others + upTo;
  let peak = 0;
  for (let from = 0; from < COUNT; from += PART) {
    await publish(
      `ow:chat:${room}`,
      PART,
      (at) => message(from + at),
      (upTo) => isHeard(from + upTo),
    );
    peak = Math.max(peak, held(await child.memory()));
  }
  await until(() => reader.of('chat:message:v1:stream').length === COUNT, 30_000);
  const numbers = reader.of('chat:message:v1:stream').map(({ id }) => Number(id.split('/')[1]));
  expect(numbers.every((number, at) => number === at)).toBe(true);
  // 8 sockets may hold 128 KiB each; unbounded, they would hold 8 × 13 MiB, less what the kernel takes.
  const bound = deaf.length * GATEWAY_RULES.unsentMaxBytes + 24 * MIB;
  expect(peak - held(before)).toBeLessThan(bound);
  for (const { socket } of deaf) socket.resume();
  for (const client of deaf) {
    // The close frame lay behind what they had not read, if it was not cut off before.
    expect([4413, 1006]).toContain((await client.ended()).code);
    expect(client.of('chat:message:v1:stream').length).toBeLessThan(COUNT);
  }
  expect(reader.closed).toBeUndefined();
  reader.close();
}, 120_000);

test('what a newer one replaces: a slow reader is not cut off, and sees the newest when it reads again', async () => {
  const account = randomUUID();
  const client = await GatewayClient.enter(child.url, tokenOf(account));
  const reader = await GatewayClient.enter(child.url, tokenOf(account));
  client.socket.pause();
  const before = await child.memory();
  const COUNT = 40_000;
  const ticket = { id: randomUUID(), world: randomUUID(), state: 'waiting', position: 1 };
  const reason = { code: 'OW_ERR_NO_ROOM', message: 'x'.repeat(900), hint: '' };
  const news = (at: number) => ({ ...ticket, account, estimateSeconds: at, reason });
  // Redis cuts off a process that lags by 32 MiB of messages, so it is waited for somebody who reads.
  const newest = () => {
    const event = reader.events.at(-1);
    return event?.type === 'ticket:progress:v1:stream'
      ? ((event as Envelope<'ticket:progress:v1:stream'>).data.estimateSeconds ?? -1)
      : -1;
  };
  await publish('ow:ticket', COUNT, news, (upTo) => newest() >= upTo);
  const after = await child.memory();
  expect(held(after) - held(before)).toBeLessThan(24 * MIB);
  client.socket.resume();
  const last = await client.next(
    'ticket:progress:v1:stream',
    ({ data }) => data.estimateSeconds === COUNT - 1,
    20_000,
  );
  expect(client.events.at(-1)).toEqual(last);
  expect(client.of('ticket:progress:v1:stream').length).toBeLessThan(COUNT / 2);
  expect([client.closed, client.faults]).toEqual([undefined, []]);
  client.close();
  reader.close();
}, 120_000);
