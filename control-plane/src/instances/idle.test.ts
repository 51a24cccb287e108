// An instance that nobody is in ends, and nobody is put out by it.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: Fixture;
afterEach(() => fixture.close());

const IDLE = { env: { OTHERWORLD_IDLE_SECONDS: '0.8' } };

test('one that has emptied is told to end once, takes nobody more, and is replaced', async () => {
  fixture = await controlPlaneFixture(IDLE);
  const [instance] = (await fixture.populate()) as [FakeInstance];
  const { seat, instance: name } = (await fixture.join()).body;
  await sleep(1_500);
  expect(instance.of('shutdown')).toEqual([]);
  instance.say({ case: 'playerLeft', value: { seat: BigInt(seat), cause: 'left' } });
  await until(() => instance.of('shutdown')[0]);
  expect((await fixture.join('Bo', 'plaza', 1)).status).toBe(202);
  // The process behind it does not listen to the control plane, so that the fleet has to end it.
  await until(async () => (await fixture.fleet.list()).every((one) => one.name !== name), 20_000);
  expect(instance.of('shutdown')).toHaveLength(1);
  await until(async () => (await fixture.fleet.list()).some(({ state }) => state === 'Ready'), 20_000);
});

test('one whose allocator died before it could give it a world is found', async () => {
  fixture = await controlPlaneFixture(IDLE);
  const [instance] = (await fixture.populate()) as [FakeInstance];
  await sleep(1_500);
  expect(instance.of('shutdown')).toEqual([]); // Ready ones wait as long as it takes
  await fixture.fleet.allocate([]);
  await until(() => instance.of('shutdown')[0]);
});

test('without Redis nobody is sent away', async () => {
  fixture = await controlPlaneFixture(IDLE);
  const [instance] = (await fixture.populate()) as [FakeInstance];
  await fixture.stores.redis.kill();
  await fixture.fleet.allocate([]);
  await sleep(2_000);
  expect(instance.of('shutdown')).toEqual([]);
  await fixture.stores.redis.restart();
  await until(() => instance.of('shutdown')[0]);
});
