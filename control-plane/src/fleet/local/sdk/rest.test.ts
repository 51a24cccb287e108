// The SDK's REST side by plain requests, as a server without gRPC would make them.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sdkFixture } from '../../../../test/sdk-fixture.ts';
import { until } from '../../../../test/until.ts';

vi.setConfig({ testTimeout: 30_000 });

let fixture: Awaited<ReturnType<typeof sdkFixture>>;

beforeEach(async () => {
  fixture = await sdkFixture();
});

afterEach(() => fixture.sdk.close());

async function ask(method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(fixture.rest + path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const OK = { status: 200, body: {} };

test('states', async () => {
  expect(await ask('POST', '/ready', {})).toEqual(OK);
  expect(fixture.server.state.name).toBe('Ready');
  expect(await ask('POST', '/reserve', { seconds: '5' })).toEqual(OK);
  expect(fixture.server.state.name).toBe('Reserved');
  expect(await ask('POST', '/allocate')).toEqual(OK);
  expect(fixture.server.state.name).toBe('Allocated');
  expect(await ask('POST', '/shutdown', {})).toEqual(OK);
  expect(fixture.server.state.name).toBe('Shutdown');
});

test('health', async () => {
  let pings = 0;
  fixture.health.ping = () => {
    pings += 1;
  };
  expect(await ask('POST', '/health', {})).toEqual(OK);
  expect(await ask('POST', '/health')).toEqual(OK);
  expect(pings).toBe(2);
});

test("the GameServer in the protos' field names, 64 bits as strings, without defaults", async () => {
  const { body } = await ask('GET', '/gameserver');
  expect(body.object_meta).toMatchObject({
    name: 'plaza-tests',
    creation_timestamp: '1780000000',
    labels: { 'agones.dev/fleet': 'plaza' },
  });
  expect(body.status).toEqual({
    state: 'Scheduled',
    address: '127.0.0.1',
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    ports: [{ name: 'udp', port: 7420 }],
    counters: { players: { capacity: '100' } },
    lists: { seats: { capacity: '100' } },
  });
});

test('labels and annotations', async () => {
  expect(await ask('PUT', '/metadata/label', { key: 'a', value: '1' })).toEqual(OK);
  expect(await ask('PUT', '/metadata/annotation', { key: 'b', value: '2' })).toEqual(OK);
  expect(fixture.server.record.labels).toMatchObject({ 'agones.dev/sdk-a': '1' });
  expect(fixture.server.record.annotations).toMatchObject({ 'agones.dev/sdk-b': '2' });
});

test('the watch is one {"result": …} a line, and its end is noticed', async () => {
  const gone = new AbortController();
  const response = await fetch(`${fixture.rest}/watch/gameserver`, { signal: gone.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('no body');
  let text = '';
  const readTo = async (state: string) => {
    while (!text.includes(`"state":"${state}"`)) text += (await reader.read()).value;
  };
  await readTo('Scheduled');
  await ask('POST', '/allocate', {});
  await readTo('Allocated');
  const lines = text.trim().split('\n');
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('result.object_meta.name', 'plaza-tests');
  gone.abort();
  await reader.closed.catch(() => {});
});

test('counters', async () => {
  const players = '/v1beta1/counters/players';
  expect(await ask('GET', players)).toEqual({ status: 200, body: { name: 'players', capacity: '100' } });
  expect((await ask('PATCH', players, { countDiff: '2' })).body).toMatchObject({ count: '2' });
  expect((await ask('PATCH', players, { count: '7', capacity: '10' })).body).toMatchObject({
    count: '7',
    capacity: '10',
  });
  expect(await ask('PATCH', players, { count: '11' })).toMatchObject({ status: 400, body: { code: 11 } });
  expect(await ask('PATCH', players, {})).toMatchObject({ status: 400, body: { code: 3 } });
  expect(await ask('GET', '/v1beta1/counters/none')).toMatchObject({ status: 404, body: { code: 5 } });
});

test('lists', async () => {
  const seats = '/v1beta1/lists/seats';
  expect((await ask('POST', `${seats}:addValue`, { value: 'a' })).body).toMatchObject({ values: ['a'] });
  expect(await ask('POST', `${seats}:addValue`, { value: 'a' })).toMatchObject({
    status: 409,
    body: { code: 6 },
  });
  expect((await ask('PATCH', seats, { capacity: '2' })).body).toEqual({
    name: 'seats',
    capacity: '2',
    values: ['a'],
  });
  expect((await ask('PATCH', seats, { values: ['b', 'c', 'd'] })).body).toMatchObject({ values: ['b', 'c'] });
  expect(await ask('POST', `${seats}:addValue`, { value: 'e' })).toMatchObject({
    status: 400,
    body: { code: 11 },
  });
  expect((await ask('POST', `${seats}:removeValue`, { value: 'b' })).body).toMatchObject({ values: ['c'] });
  expect(await ask('POST', `${seats}:removeValue`, { value: 'b' })).toMatchObject({ status: 404 });
  expect((await ask('GET', seats)).body).toMatchObject({ values: ['c'] });
});

test('what is not in the contract', async () => {
  expect(await ask('GET', '/nothing')).toMatchObject({ status: 404 });
  expect(await ask('GET', '/ready')).toMatchObject({ status: 404 });
  expect(await ask('POST', '/reserve', { seconds: 'many' })).toMatchObject({
    status: 400,
    body: { code: 3 },
  });
  expect(await ask('POST', '/reserve', [])).toMatchObject({ status: 400 });
  const big = await fetch(`${fixture.rest}/metadata/label`, { method: 'PUT', body: 'x'.repeat(100_000) });
  expect(big.status).toBe(400);
  const torn = await fetch(`${fixture.rest}/ready`, { method: 'POST', body: '{' });
  expect(torn.status).toBe(400);
});

test('two watchers are both told', async () => {
  const watch = async () => {
    const response = await fetch(`${fixture.rest}/watch/gameserver`);
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.includes('Scheduled')) seen += 1;
      if (text.includes('Allocated')) return true;
    }
    return false;
  };
  let seen = 0;
  const both = [watch(), watch()];
  await until(() => seen === 2);
  await ask('POST', '/allocate');
  expect(await Promise.all(both)).toEqual([true, true]);
});
