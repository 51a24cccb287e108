// The line between an instance and the control plane, over real gRPC, identities by the real supervisor.
import { connect } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, expect, test, vi } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';
import { FakeInstance, type FakeOptions } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';
import { PLAZA_ID } from '../worlds/seed.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: Fixture;
afterEach(() => fixture.close());

async function server(): Promise<{ name: string; uid: string }> {
  return until(async () => (await fixture.fleet.list()).find(({ state }) => state === 'Ready'), 20_000);
}

const dial = (options: Omit<FakeOptions, 'controlUrl'>) =>
  fixture.track(new FakeInstance({ controlUrl: fixture.controlUrl, ...options }));

async function codeOf(fake: FakeInstance): Promise<Code | undefined> {
  const error = await fake.ended;
  return error instanceof ConnectError ? error.code : undefined;
}

test("only the holder of a GameServer's credential may speak for it", async () => {
  fixture = await controlPlaneFixture({ replicas: 2 });
  await until(async () => (await fixture.fleet.list()).filter(({ state }) => state === 'Ready').length === 2);
  const [one, two] = (await fixture.fleet.list()) as unknown as [
    { name: string; uid: string },
    { name: string },
  ];
  const mine = fixture.credential(one.name);
  const wrong = [
    { ...one, credential: 'guess' },
    { ...one, credential: '' },
    { ...one, name: two.name, credential: mine },
    { ...one, uid: 'another', credential: mine },
  ];
  for (const { name, uid, credential } of wrong) {
    expect(await codeOf(dial({ name, uid, credential }))).toBe(uid && Code.Unauthenticated);
  }
  expect((await fixture.instances()).every(({ link }) => link === 'never')).toBe(true);
});

test('while the fleet cannot be asked, an instance is told to come again, not refused for good', async () => {
  fixture = await controlPlaneFixture();
  const { name, uid } = await server();
  const credential = fixture.credential(name);
  await fixture.supervisor.close();
  expect(await codeOf(dial({ name, uid, credential }))).toBe(Code.Unavailable);
});

test('the first word must be Register, and a whole one', async () => {
  fixture = await controlPlaneFixture();
  const { name, uid } = await server();
  const credential = fixture.credential(name);
  expect(await codeOf(dial({ name: '', uid, credential }))).toBe(Code.InvalidArgument);
  const nameless = new FakeInstance({
    controlUrl: fixture.controlUrl,
    name,
    uid,
    credential,
    protocolHash: 0n,
  });
  expect(await codeOf(fixture.track(nameless))).toBe(Code.InvalidArgument);
  const elsewhere = { controlUrl: fixture.controlUrl, name, uid, credential, address: 'localhost' };
  expect(await codeOf(fixture.track(new FakeInstance(elsewhere)))).toBe(Code.InvalidArgument);
});

test('an instance is given its world once it is allocated, and only once', async () => {
  fixture = await controlPlaneFixture();
  const { name, uid } = await server();
  const credential = fixture.credential(name);
  const first = dial({ name, uid, credential });
  await until(async () => (await fixture.instances())[0]?.link === 'registered');
  expect(first.of('assignWorld')).toEqual([]);
  expect((await fixture.join()).status).toBe(200);
  const assigned = await first.assignment();
  expect(assigned).toMatchObject({ world: { id: PLAZA_ID }, capacity: 3, tickRateHz: 30 });
  await until(async () => (await fixture.instances())[0]?.link === 'listening');
  first.hangUp();

  const again = dial({ name, uid, credential, assigned });
  await until(async () => (await fixture.instances())[0]?.link === 'listening');
  expect(again.of('assignWorld')).toEqual([]);
  expect((await fixture.instances())[0]).toMatchObject({ world: { id: PLAZA_ID }, capacity: 3 });
});

test('an instance that cannot go on says why', async () => {
  fixture = await controlPlaneFixture();
  const [instance] = (await fixture.populate()) as [FakeInstance];
  instance.say({ case: 'failed', value: { problem: 'the world has another SHA-256' } });
  await until(async () => (await fixture.instances())[0]?.reason === 'the world has another SHA-256');
});

test('heartbeats are shown', async () => {
  fixture = await controlPlaneFixture();
  const [instance] = (await fixture.populate({ heartbeatMs: 0 })) as [FakeInstance];
  await fixture.join();
  instance.cpuSeconds = 1;
  instance.beat();
  await new Promise((resolve) => setTimeout(resolve, 100));
  instance.cpuSeconds = 1.05;
  instance.beat();
  const view = await until(async () =>
    (await fixture.instances()).find(({ cpuSeconds }) => cpuSeconds === 1.05),
  );
  expect(view).toMatchObject({
    tick: 7,
    tickTimes: { ticks: 30, late: 1, p99Ms: 4 },
    tickTimesSinceStart: { ticks: 300, late: 2, dropped: 1, p999Ms: 7 },
    tickAllocations: 12,
    refusals: { token_expired: 2 },
    bytesIn: 10,
    bytesOut: 20,
    residentBytes: 1000,
    loaded: { worldHash: '5', staticTriangles: 12, dynamicBodies: 3 },
  });
  expect(view.cpuCores).toBeGreaterThan(0);
});

test('an instance without a heartbeat is lost, its line is cut, and it is taken back when it dials again', async () => {
  const rules = { heartbeatIntervalMs: 50, telemetryIntervalMs: 0 };
  fixture = await controlPlaneFixture({
    tuning: { instances: { ...rules, heartbeatDeadlineMs: 1_500 } },
  });
  const [instance] = (await fixture.populate()) as [FakeInstance];
  instance.stopBeating();
  expect(await codeOf(instance)).toBe(Code.DeadlineExceeded);
  const [lost] = await fixture.instances();
  expect(lost).toMatchObject({ state: 'Unhealthy', link: 'lost', reason: 'no heartbeat for 1.5 s' });
  expect((await fixture.join('Ada', 'plaza', 1)).status).toBe(202);
  await fixture.populate();
  await until(async () => (await fixture.join()).status === 200);
});

test('a newer line of the same instance takes over from the older one', async () => {
  fixture = await controlPlaneFixture();
  const [older] = (await fixture.populate()) as [FakeInstance];
  const [newer] = (await fixture.populate()) as [FakeInstance];
  expect(await codeOf(older)).toBe(Code.AlreadyExists);
  await newer.registered();
  await until(async () => (await fixture.join()).status === 200);
  expect(newer.of('offerSeat')).toHaveLength(1);
});

test('an instance that is gone from the fleet and from the line is forgotten', async () => {
  fixture = await controlPlaneFixture();
  const [instance] = (await fixture.populate()) as [FakeInstance];
  const [{ name }] = (await fixture.instances()) as unknown as [{ name: string }];
  instance.hangUp();
  await fixture.fleet.remove(name);
  await until(async () => (await fixture.instances()).every((one) => one.name !== name));
});

test('operators kick and drain', async () => {
  fixture = await controlPlaneFixture();
  const [instance] = (await fixture.populate()) as [FakeInstance];
  const { seat, instance: name } = (await fixture.join()).body;
  const act = (what: string, body: object) =>
    fixture.ask('POST', `/api/v1/instances/${name}/${what}`, body, fixture.operator);
  expect((await act('kick', { seat, reason: 'testing' })).status).toBe(200);
  const kick = await until(() => instance.of('kick')[0]);
  expect(kick.value).toMatchObject({ seat: BigInt(seat), reason: 'testing' });
  expect((await act('kick', { seat: '1' })).body.code).toBe('OW_ERR_UNKNOWN_SEAT');
  expect((await act('drain', {})).status).toBe(200);
  await until(() => instance.of('drain')[0]);
  await until(async () => (await fixture.instances())[0]?.draining);
  expect((await fixture.join('Bo', 'plaza', 1)).status).toBe(202);
  instance.hangUp();
  await until(async () => (await act('drain', {})).body.code === 'OW_ERR_INSTANCE_SILENT');
});

test('an instance that says too much at once loses its line and nobody else theirs', async () => {
  fixture = await controlPlaneFixture({ replicas: 2 });
  const [one, two] = (await fixture.populate()) as [FakeInstance, FakeInstance];
  const players = Array.from({ length: 20_000 }, (_, at) => ({ seat: BigInt(at), name: 'x'.repeat(64) }));
  one.say({ case: 'telemetry', value: { tick: 1, players, bodies: [] } });
  expect(await codeOf(one)).toBe(Code.ResourceExhausted);
  two.cpuSeconds = 5;
  await until(async () => (await fixture.instances()).some(({ cpuSeconds }) => cpuSeconds === 5));
});

test('whoever speaks something else to the gRPC port is hung up on', async () => {
  fixture = await controlPlaneFixture({ replicas: 0 });
  const { port } = new URL(fixture.controlUrl);
  for (const noise of [
    'GET / HTTP/1.1\r\n\r\n',
    '\u0000'.repeat(5_000),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnoise',
  ]) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    socket.resume().write(noise);
    await until(() => socket.destroyed || socket.readyState !== 'open');
  }
  expect((await fixture.ask('GET', '/healthz')).status).toBe(200);
});
