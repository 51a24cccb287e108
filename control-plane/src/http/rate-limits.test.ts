// Too many requests: counted by all processes together, and by each alone while Redis is away.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';
import { connectRedis } from '../redis.ts';
import { AddressRanges } from './address-ranges.ts';
import { server } from './app.ts';
import { LIMITS, rateLimits } from './rate-limits.ts';
import type { App } from './route.ts';

const SIGN_IN = '/api/v1/sessions';
const { most } = LIMITS[`POST ${SIGN_IN}`];

let redis: TestRedis;
let processes: App[];
const connections: ReturnType<typeof connectRedis>[] = [];

beforeAll(async () => {
  redis = await testRedis();
  processes = await Promise.all([process(), process()]);
}, 60_000);
beforeEach(() => redis.flush());
afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await redis.close();
});

async function process(): Promise<App> {
  const app = server({ trustProxy: ['10.0.0.1'] });
  const connection = connectRedis(redis.url);
  connections.push(connection);
  await rateLimits(app, connection, new AddressRanges(['192.168.0.0/16', '::1']));
  for (const url of [SIGN_IN, '/api/v1/tickets']) {
    app.post(url, { schema: { hide: true } }, async () => ({}));
  }
  app.get('/healthz', async () => ({}));
  await app.ready();
  await until(() => connection.status === 'ready');
  return app;
}

async function ask(count: number, from: string, url = SIGN_IN, headers = {}): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      processes[index % 2]?.inject({ method: 'POST', url, remoteAddress: from, headers }),
    ),
  );
  return answers.filter((answer) => answer?.statusCode === 200).length;
}

test('an address has its share at all processes together, and the refusal says when to come back', async () => {
  expect(await ask(most + 10, '1.2.3.4')).toBe(most);
  const refusal = await processes[0]?.inject({ method: 'POST', url: SIGN_IN, remoteAddress: '1.2.3.4' });
  expect(refusal?.json()).toMatchObject({ code: 'OW_ERR_TOO_MANY', status: 429 });
  expect(Number(refusal?.headers['retry-after'])).toBeGreaterThan(50);
  expect(await ask(1, '1.2.3.5')).toBe(1);
});

test('an IPv6 household is one address', async () => {
  expect(await ask(most, '2001:db8::1')).toBe(most);
  expect(await ask(1, '2001:db8::ffff:2')).toBe(0);
  expect(await ask(1, '2001:db8:0:1::1')).toBe(1);
});

test('a proxy that is trusted says who asks, another one says nothing', async () => {
  const forwarded = (from: string) => ({ 'x-forwarded-for': from });
  for (let n = 0; n < most; n += 1) await ask(1, '10.0.0.1', SIGN_IN, forwarded('5.5.5.5'));
  expect(await ask(1, '10.0.0.1', SIGN_IN, forwarded('5.5.5.5'))).toBe(0);
  expect(await ask(1, '10.0.0.1', SIGN_IN, forwarded('5.5.5.6'))).toBe(1);
  for (let n = 0; n < most; n += 1) await ask(1, '6.6.6.6', SIGN_IN, forwarded(`7.7.7.${n}`));
  expect(await ask(1, '6.6.6.6', SIGN_IN, forwarded('8.8.8.8'))).toBe(0);
});

test('sessions of one address are counted apart where a limit is per session', async () => {
  const bearer = (name: string) => ({ authorization: `Bearer ow_${name}` });
  const { most: tickets } = LIMITS['POST /api/v1/tickets'];
  expect(await ask(tickets + 5, '1.1.1.1', '/api/v1/tickets', bearer('ada'))).toBe(tickets);
  expect(await ask(1, '1.1.1.1', '/api/v1/tickets', bearer('bob'))).toBe(1);
});

test('no limit holds for those who are let off, nor for questions of health', async () => {
  expect(await ask(most * 2, '192.168.7.7')).toBe(most * 2);
  const many = LIMITS.everything.most + 1;
  for (let n = 0; n < many; n += 1) {
    const answer = await processes[0]?.inject({ url: '/healthz', remoteAddress: '9.9.9.9' });
    if (answer?.statusCode !== 200) throw new Error(`question ${n} was answered ${answer?.statusCode}`);
  }
});

test('while Redis is away each process counts alone, and nobody is failed', async () => {
  await redis.kill();
  const started = performance.now();
  expect(await ask(2 * most + 10, '4.4.4.4')).toBe(2 * most);
  expect(performance.now() - started).toBeLessThan(5_000);
  await redis.restart();
  await until(() => connections.every(({ status }) => status === 'ready'));
  await until(async () => {
    await redis.flush();
    return (await ask(most + 1, '4.4.4.5')) === most;
  });
});
