// The SDK server against Agones' own Node client, call by call.
import AgonesSDK, { type GameServerObject } from '@google-cloud/agones-sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sdkFixture } from '../../../../test/sdk-fixture.ts';
import { until } from '../../../../test/until.ts';

vi.setConfig({ testTimeout: 30_000 });

const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const OUT_OF_RANGE = 11;
const UNKNOWN = 2;

let fixture: Awaited<ReturnType<typeof sdkFixture>>;
let sdk: AgonesSDK;

beforeEach(async () => {
  fixture = await sdkFixture();
  process.env.AGONES_SDK_GRPC_PORT = String(fixture.sdk.grpcPort);
  sdk = new AgonesSDK();
  await sdk.connect();
});

afterEach(async () => {
  sdk.close();
  await fixture.sdk.close();
});

const stateIs = (name: string) => until(() => fixture.server.state.name === name);

describe('states', () => {
  test('ready, allocate, ready again, shutdown', async () => {
    await sdk.ready();
    await stateIs('Ready');
    await sdk.allocate();
    await stateIs('Allocated');
    expect(fixture.server.record.annotations).toHaveProperty(['agones.dev/last-allocated']);
    await sdk.ready();
    await stateIs('Ready');
    await sdk.shutdown();
    await stateIs('Shutdown');
    await sdk.ready();
    expect(fixture.server.state.name).toBe('Shutdown');
  });

  test('a reservation ends by itself, and another call ends its clock', async () => {
    await sdk.reserve(1);
    await stateIs('Reserved');
    await stateIs('Ready');
    await sdk.reserve(1);
    await sdk.allocate();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(fixture.server.state.name).toBe('Allocated');
  });

  test('a reservation of 0 s lasts', async () => {
    await sdk.reserve(0);
    expect(fixture.server.state).toEqual({ name: 'Reserved', untilMs: undefined });
  });
});

describe('data', () => {
  test('getGameServer tells all that a server needs to start', async () => {
    const { objectMeta, spec, status } = await sdk.getGameServer();
    expect(objectMeta).toMatchObject({
      name: 'plaza-tests',
      namespace: 'default',
      uid: '7d7b8f2e-0c1c-4c70-9f2a-6f5a3f0b9c11',
      creationTimestamp: 1_780_000_000,
      labelsMap: [['agones.dev/fleet', 'plaza']],
    });
    expect(spec.health).toMatchObject({ disabled: false, periodSeconds: 5, failureThreshold: 3 });
    expect(status).toMatchObject({
      state: 'Scheduled',
      address: '127.0.0.1',
      portsList: [{ name: 'udp', port: 7420 }],
      countersMap: [['players', { count: 0, capacity: 100 }]],
      listsMap: [['seats', { capacity: 100, valuesList: [] }]],
    });
  });

  test('watchGameServer tells the present and each change, in order', async () => {
    const seen: GameServerObject[] = [];
    sdk.watchGameServer((server) => seen.push(server));
    await until(() => seen.length === 1);
    await sdk.ready();
    await sdk.allocate();
    await until(() => seen.at(-1)?.status.state === 'Allocated');
    const states = seen.map(({ status }) => status.state).filter((state, at, all) => state !== all[at - 1]);
    expect(states).toEqual(['Scheduled', 'RequestReady', 'Ready', 'Allocated']);
  });

  test("labels and annotations carry the SDK's prefix and leave others alone", async () => {
    await sdk.setLabel('world', 'plaza');
    await sdk.setAnnotation('build', '0.1.0');
    const { objectMeta } = await sdk.getGameServer();
    expect(Object.fromEntries(objectMeta.labelsMap)).toEqual({
      'agones.dev/fleet': 'plaza',
      'agones.dev/sdk-world': 'plaza',
    });
    expect(Object.fromEntries(objectMeta.annotationsMap)).toEqual({ 'agones.dev/sdk-build': '0.1.0' });
  });

  test('health pings are heard', async () => {
    let pings = 0;
    fixture.health.ping = () => {
      pings += 1;
    };
    sdk.health();
    sdk.health();
    await until(() => pings === 2);
  });
});

describe('counters', () => {
  test('count up, down and set, within their capacity', async () => {
    await sdk.beta.incrementCounter('players', 3);
    await sdk.beta.decrementCounter('players', 1);
    expect(await sdk.beta.getCounterCount('players')).toBe(2);
    await sdk.beta.setCounterCount('players', 100);
    await expect(sdk.beta.incrementCounter('players', 1)).rejects.toMatchObject({ code: OUT_OF_RANGE });
    await expect(sdk.beta.decrementCounter('players', 101)).rejects.toMatchObject({ code: OUT_OF_RANGE });
    await expect(sdk.beta.setCounterCount('players', 101)).rejects.toMatchObject({ code: OUT_OF_RANGE });
    expect(await sdk.beta.getCounterCount('players')).toBe(100);
  });

  test('a smaller capacity takes the count along', async () => {
    await sdk.beta.setCounterCount('players', 60);
    await sdk.beta.setCounterCapacity('players', 50);
    expect(await sdk.beta.getCounterCapacity('players')).toBe(50);
    expect(await sdk.beta.getCounterCount('players')).toBe(50);
    await expect(sdk.beta.setCounterCapacity('players', -1)).rejects.toMatchObject({ code: OUT_OF_RANGE });
  });

  test('one that does not exist', async () => {
    await expect(sdk.beta.getCounterCount('toString')).rejects.toMatchObject({ code: NOT_FOUND });
    await expect(sdk.beta.incrementCounter('none', 1)).rejects.toMatchObject({ code: NOT_FOUND });
  });
});

describe('lists', () => {
  test('hold values, each once, up to their capacity', async () => {
    await sdk.beta.appendListValue('seats', 'a');
    await sdk.beta.appendListValue('seats', 'b');
    await expect(sdk.beta.appendListValue('seats', 'b')).rejects.toMatchObject({ code: ALREADY_EXISTS });
    expect(await sdk.beta.getListValues('seats')).toEqual(['a', 'b']);
    expect(await sdk.beta.getListLength('seats')).toBe(2);
    expect(await sdk.beta.listContains('seats', 'a')).toBe(true);
    await sdk.beta.deleteListValue('seats', 'a');
    expect(await sdk.beta.listContains('seats', 'a')).toBe(false);
    await expect(sdk.beta.deleteListValue('seats', 'a')).rejects.toMatchObject({ code: NOT_FOUND });
    await expect(sdk.beta.getListValues('none')).rejects.toMatchObject({ code: NOT_FOUND });
  });

  test('a full list takes no more', async () => {
    fixture.server.update({ lists: { seats: { capacity: 1, values: ['a'] } } });
    await expect(sdk.beta.appendListValue('seats', 'b')).rejects.toMatchObject({ code: OUT_OF_RANGE });
    expect(await sdk.beta.getListCapacity('seats')).toBe(1);
  });

  test('this client (1.61) sends an empty field mask with a capacity, which changes nothing, as in Agones', async () => {
    await sdk.beta.setListCapacity('seats', 7);
    expect(await sdk.beta.getListCapacity('seats')).toBe(100);
    await expect(sdk.beta.setListCapacity('seats', 1001)).rejects.toMatchObject({ code: OUT_OF_RANGE });
  });
});

describe('player tracking', () => {
  test('is off, as in an Agones without its feature gate', async () => {
    const off = { code: UNKNOWN, details: 'PlayerTracking not enabled' };
    const { alpha } = sdk;
    await expect(alpha.playerConnect('p')).rejects.toMatchObject(off);
    await expect(alpha.playerDisconnect('p')).rejects.toMatchObject(off);
    await expect(alpha.setPlayerCapacity(1)).rejects.toMatchObject(off);
    await expect(alpha.getPlayerCapacity()).rejects.toMatchObject(off);
    await expect(alpha.getPlayerCount()).rejects.toMatchObject(off);
    await expect(alpha.isPlayerConnected('p')).rejects.toMatchObject(off);
    await expect(alpha.getConnectedPlayers()).rejects.toMatchObject(off);
  });
});
