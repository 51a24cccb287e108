// The public HTTP side: what is served, what is refused and how. Nothing that a client sends is answered with 500.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { controlPlaneFixture, type Fixture, signedIn, WORLD } from '../../test/control-plane-fixture.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';
import { readEvents } from '../fleet/local/sse-reader.ts';
import { openApiDocument } from './document.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: Fixture;
let instance: FakeInstance;

beforeAll(async () => {
  fixture = await controlPlaneFixture();
  [instance] = (await fixture.populate()) as [FakeInstance];
}, 60_000);
afterAll(() => fixture.close());

const sha256 = createHash('sha256').update(WORLD).digest('hex');

describe('bytes', () => {
  test('a world by its hash, for ever', async () => {
    const { body } = await fixture.ask('GET', '/api/v1/scenes');
    expect(body.scenes).toEqual([
      { id: 'plaza', sha256, url: `${fixture.url}/worlds/${sha256}.glb`, bytes: WORLD.length },
    ]);
    const response = await fetch(body.scenes[0].url);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(WORLD);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-type')).toBe('model/gltf-binary');
  });

  test('the console at every address that is not the API', async () => {
    for (const path of ['/', '/instances/plaza-x']) {
      const { status, text, headers } = await fixture.ask('GET', path);
      expect({ status, text }).toEqual({ status: 200, text: '<title>console</title>' });
      expect(headers.get('x-frame-options')).toBe('DENY');
      const policy = headers.get('content-security-policy');
      expect(policy).toMatch(/^default-src 'self';/);
      // No script but its own, and worlds from the public address however the page was opened.
      expect(policy).not.toMatch(/script-src|unsafe-eval/);
      expect(policy).toContain(`connect-src 'self' ${fixture.url} `);
    }
  });
});

describe('the OpenAPI document', () => {
  test('that is served is the one that clients are made of', async () => {
    const { body } = await fixture.ask('GET', '/api/v1/openapi.json');
    expect(body).toEqual(JSON.parse(JSON.stringify(await openApiDocument())));
  });

  test('its page needs nothing from elsewhere', async () => {
    const { status, text, headers } = await fixture.ask('GET', '/api/docs');
    expect(status).toBe(200);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'self'/);
    const script = /src="([^"]*swagger-ui-bundle\.js)"/.exec(text)?.[1] ?? '';
    expect((await fetch(new URL(script, `${fixture.url}/api/docs/`))).status).toBe(200);
  });
});

describe('the live stream', () => {
  test('the instances at once and at each change, telemetry as it comes, all bodies first', async () => {
    instance.say({
      case: 'telemetry',
      value: { tick: 1, players: [], bodies: [{ entity: 3, x: 1.23456, qw: 1 }] },
    });
    const gone = new AbortController();
    const response = await fetch(`${fixture.url}/api/v1/instances/stream`, { signal: gone.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    const seen: { event: string; data: any }[] = [];
    const reading = (async () => {
      for await (const { event, data } of readEvents(response.body as ReadableStream<Uint8Array>)) {
        seen.push({ event, data: JSON.parse(data) });
      }
    })().catch(() => {});
    const first = await until(() => seen.find(({ event }) => event === 'telemetry'));
    expect(seen[0]?.event).toBe('instances');
    expect(first.data).toMatchObject({
      tick: 1,
      players: [],
      bodies: [{ entity: 3, x: 1.235, y: 0, qw: 1 }],
    });
    const seat = 0xffff_ffff_ffff_fffen;
    const players = [{ seat, name: 'Ada', x: 1, y: 2, z: 3, yaw: 0.5, grounded: true }];
    instance.say({ case: 'telemetry', value: { tick: 2, players, bodies: [] } });
    const moved = await until(() => seen.find(({ data }) => data.tick === 2));
    expect(moved.data.players).toEqual([{ ...players[0], seat: '18446744073709551614' }]);
    gone.abort();
    await reading;
  });

  test('a viewer who does not read holds nobody else up', async () => {
    const gone = new AbortController();
    await fetch(`${fixture.url}/api/v1/instances/stream`, { signal: gone.signal });
    const bodies = Array.from({ length: 200 }, (_, entity) => ({ entity, x: entity, qw: 1 }));
    for (let tick = 0; tick < 300; tick += 1) {
      instance.say({ case: 'telemetry', value: { tick, players: [], bodies } });
    }
    instance.cpuSeconds = 77;
    await until(async () => (await fixture.instances())[0]?.cpuSeconds === 77, 30_000);
    gone.abort();
  });
});

describe('refusals', () => {
  const json = { 'content-type': 'application/json' };
  const guests = '/api/v1/guests';
  test.each([
    ['GET', '/api/v1/nothing', undefined, {}, 404, 'OW_ERR_NOT_FOUND'],
    ['POST', '/', undefined, {}, 404, 'OW_ERR_NOT_FOUND'],
    ['DELETE', guests, undefined, {}, 404, 'OW_ERR_NOT_FOUND'],
    ['GET', '/worlds/x.glb', undefined, {}, 404, 'OW_ERR_UNKNOWN_WORLD'],
    ['GET', '/worlds/..%2f..%2fetc%2fpasswd', undefined, {}, 404, 'OW_ERR_UNKNOWN_WORLD'],
    ['GET', '/api/v1/worlds/moon', undefined, {}, 404, 'OW_ERR_UNKNOWN_WORLD'],
    ['GET', '/api/v1/worlds/constructor', undefined, {}, 404, 'OW_ERR_UNKNOWN_WORLD'],
    ['GET', '/api/v1/worlds/%00', undefined, {}, 400, 'OW_ERR_BAD_REQUEST'],
    ['GET', '/api/v1/worlds/%zz', undefined, {}, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, '{"name":7}', json, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, '[]', json, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, '{"name"', json, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, '{"__proto__":{}}', json, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, '', json, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, '{"nam":"Ada"}', json, 400, 'OW_ERR_BAD_REQUEST'],
    [
      'GET',
      '/api/v1/instances/stream',
      undefined,
      { accept: 'application/json' },
      406,
      'OW_ERR_NOT_ACCEPTABLE',
    ],
    ['POST', guests, JSON.stringify({ name: 'x'.repeat(300) }), json, 400, 'OW_ERR_BAD_REQUEST'],
    ['POST', guests, JSON.stringify({ name: 'x'.repeat(20_000) }), json, 413, 'OW_ERR_BODY_TOO_LARGE'],
    ['POST', guests, 'name=Ada', { 'content-type': 'text/html' }, 415, 'OW_ERR_MEDIA_TYPE'],
    ['POST', '/api/v1/fleet/scale', '{"replicas":1}', json, 401, 'OW_ERR_SIGN_IN'],
    ['POST', '/api/v1/instances/x/kick', '{}', { ...json, authorization: 'Bearer x' }, 401, 'OW_ERR_SIGN_IN'],
  ] as const)('%s %s %j', async (method, path, body, headers, status, code) => {
    const answer = await fixture.ask(method, path, body, headers);
    expect({ status: answer.status, code: answer.body?.code }).toEqual({ status, code });
    expect(answer.body).toMatchObject({ status, message: expect.any(String), hint: expect.any(String) });
    expect(answer.headers.get('x-request-id')).toBeTruthy();
  });

  test.each(['player', 'creator'] as const)('a %s is no admin', async (role) => {
    const headers = { authorization: `Bearer ${await signedIn(fixture.stores.database.db, role)}` };
    for (const [path, body] of [
      ['/api/v1/fleet/scale', { replicas: 0 }],
      [`/api/v1/instances/any/drain`, undefined],
      [`/api/v1/instances/any/kick`, { seat: '1' }],
      ['/api/v1/accounts', undefined],
    ] as const) {
      const method = path === '/api/v1/accounts' ? 'GET' : 'POST';
      expect((await fixture.ask(method, path, body, headers)).body.code).toBe('OW_ERR_FORBIDDEN');
    }
  });

  test.each([
    ['/api/v1/fleet/scale', { replicas: -1 }, 400],
    ['/api/v1/fleet/scale', { replicas: 1e9 }, 400],
    ['/api/v1/fleet/scale', null, 400],
    ['/api/v1/instances/nobody/drain', {}, 404],
    ['/api/v1/instances/nobody/kick', { seat: '1' }, 404],
    ['/api/v1/instances/nobody/kick', { seat: '-1' }, 400],
    ['/api/v1/instances/nobody/kick', { seat: '99999999999999999999999' }, 400],
    ['/api/v1/instances/nobody/kick', { seat: 1 }, 400],
  ])('an admin too: %s %j', async (path, body, status) => {
    expect((await fixture.ask('POST', path, body, fixture.operator)).status).toBe(status);
  });
});

describe('health and readiness', () => {
  test('ready means that what it needs answers', async () => {
    expect((await fixture.ask('GET', '/healthz')).status).toBe(200);
    const { status, body } = await fixture.ask('GET', '/readyz');
    expect({ status, body }).toEqual({
      status: 200,
      body: { ready: true, checks: { stopping: 'ok', fleet: 'ok', database: 'ok', redis: 'ok' } },
    });
  });

  test('scale reaches the fleet', async () => {
    expect((await fixture.ask('POST', '/api/v1/fleet/scale', { replicas: 2 }, fixture.operator)).status).toBe(
      200,
    );
    await until(async () => (await fixture.fleet.list()).length === 2);
    await fixture.ask('POST', '/api/v1/fleet/scale', { replicas: 1 }, fixture.operator);
  });

  test('it is not ready without its database, its Redis or its fleet, and names them', async () => {
    const other = await controlPlaneFixture({ replicas: 0 });
    try {
      await other.supervisor.close();
      const first = (await other.ask('GET', '/readyz')).body.checks;
      expect(first).toMatchObject({ stopping: 'ok', database: 'ok', redis: 'ok' });
      expect(first.fleet).toMatch(/does not answer/);
      const scale = () => other.ask('POST', '/api/v1/fleet/scale', { replicas: 1 }, other.operator);
      expect((await scale()).body.code).toBe('OW_ERR_FLEET_UNAVAILABLE');

      await other.stores.redis.kill();
      await until(async () => (await other.join()).body.code === 'OW_ERR_QUEUE_AWAY');
      await other.stores.database.close();
      const { status, body } = await other.ask('GET', '/readyz');
      expect({ status, stopping: body.checks.stopping }).toEqual({ status: 503, stopping: 'ok' });
      expect(body.checks.redis).not.toBe('ok');
      expect(body.checks.database).toMatch(/does not exist/);
      expect((await other.ask('GET', '/api/v1/instances')).status).toBe(200);
      await until(async () => (await scale()).body.code === 'OW_ERR_STORE_AWAY');
      expect((await other.ask('POST', '/api/v1/guests', {})).body.code).toBe('OW_ERR_STORE_AWAY');
      expect((await other.ask('GET', '/healthz')).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});
