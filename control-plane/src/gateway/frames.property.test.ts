// Whatever comes over a socket: an answer or a refusal, never an exception, and nobody else notices.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatewayClient } from '../../test/gateway-client.ts';
import { type GatewayProcess, startGateway, tokenOf } from '../../test/gateway-process.ts';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';
import { readFrame } from './envelope.ts';
import { EVENT_NAMES, type RequestName } from './events.ts';

const REQUESTS = EVENT_NAMES.filter((name): name is RequestName => name.endsWith(':requested'));

/** JSON that is nearly an envelope. */
const almost = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...EVENT_NAMES), fc.string(), fc.jsonValue()),
    id: fc.oneof(fc.string(), fc.jsonValue()),
    time: fc.jsonValue(),
    data: fc.oneof(
      fc.jsonValue(),
      fc.record(
        { text: fc.string({ unit: 'binary' }), token: fc.string(), accounts: fc.array(fc.string()) },
        { requiredKeys: [] },
      ),
      fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'object', 'toString'), fc.jsonValue()),
    ),
    from: fc.string(),
  },
  { requiredKeys: [] },
);

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  almost.map((envelope) => JSON.stringify(envelope)),
  almost.map((envelope) => JSON.stringify(envelope).slice(0, -1)),
  fc.nat({ max: 8_000 }).map((depth) => '['.repeat(depth)),
);

test('a frame is a request of the table with bounded data, or a fault', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const read = readFrame(text);
      if ('request' in read) {
        expect(REQUESTS).toContain(read.request.type);
        expect(read.request.id).toMatch(/^[\x21-\x7e]{1,64}$/);
      } else expect(['OW_ERR_BAD_REQUEST', 'OW_ERR_UNKNOWN_EVENT']).toContain(read.fault.code);
    }),
    { numRuns: 5_000 },
  );
});

let redis: TestRedis;
let server: GatewayProcess;

beforeAll(async () => {
  redis = await testRedis();
  server = await startGateway(redis.url, { faults: { rate: 0, burst: 1_000_000 } });
}, 60_000);

afterAll(async () => {
  await server?.close();
  await redis?.close();
});

/** Lives through every test, and must not notice any of them. */
async function witness() {
  const client = await GatewayClient.enter(server.url, tokenOf(randomUUID()));
  return async () => {
    expect((await client.request('gateway:ping:v1:requested', {})).type).toBe('gateway:pong:v1:stream');
    expect(client.closed).toBeUndefined();
    client.close();
  };
}

test('every frame of a signed-in client is answered or refused, by events of the table', async () => {
  const unharmed = await witness();
  const client = await GatewayClient.enter(server.url, tokenOf(randomUUID()));
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 20 }), async (frames) => {
      const before = client.events.length;
      for (const text of frames) client.socket.send(text);
      await until(() => client.events.length >= before + frames.length);
      expect(client.events.filter(({ data }) => 'code' in data && data.code === 'OW_ERR_INTERNAL')).toEqual(
        [],
      );
    }),
    { numRuns: 200 },
  );
  expect([client.faults, client.closed]).toEqual([[], undefined]);
  client.close();
  await unharmed();
});

test('bytes that are no WebSocket frames close their own socket', async () => {
  const unharmed = await witness();
  const { hostname, port } = new URL(server.url);
  const upgrade = [
    'GET /api/v1/gateway HTTP/1.1',
    `Host: ${hostname}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => socket.write(upgrade));
        socket.once('data', (answer) => {
          if (!String(answer).startsWith('HTTP/1.1 101')) reject(new Error(String(answer)));
          socket.end(bytes);
        });
        socket.on('error', () => {});
        socket.on('data', () => {});
        socket.once('close', () => resolve());
      });
    }),
    { numRuns: 200 },
  );
  await until(() => server.gateway.counts.sockets === 1);
  await unharmed();
});
