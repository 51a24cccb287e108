// The instances of a world that is gone end, whether or not anybody could say so. Real database, real Redis; the instances are
// lines whose words are read here.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../test/stores.ts';
import { quiet } from '../../test/supervisor-fixture.ts';
import { until } from '../../test/until.ts';
import { Bus } from '../bus.ts';
import { Line } from '../instances/line.ts';
import { InstanceRegistry } from '../instances/registry.ts';
import { connectRedis } from '../redis.ts';
import { WORLD_REMOVED, WorldReaper } from './reap.ts';

let store: TestDatabase;
let redis: TestRedis;

beforeAll(async () => {
  [store, redis] = await Promise.all([testDatabase(), testRedis()]);
});
afterAll(async () => {
  await store.close();
  await redis.close();
});

async function newWorld(): Promise<string> {
  const data = { slug: `w-${randomUUID()}`, name: 'x', scene: 'a'.repeat(64) };
  return (await store.db.world.create({ data, select: { id: true } })).id;
}

/** A process of the control plane that holds the line of one instance of each world. */
async function startProcess(worlds: readonly string[], periodMs: number) {
  const client = connectRedis(redis.url, quiet);
  const bus = new Bus(client, quiet);
  const registry = new InstanceRegistry();
  const ended: string[] = [];
  const lines = worlds.map((id) => {
    const name = `plaza-${randomUUID()}`;
    const line = new Line(name, 600_000, () => {});
    const registration = { uid: randomUUID(), build: 'test', protocolHash: 1n, endpoints: [] };
    const world = { id, sha256: 'a'.repeat(64), url: 'http://127.0.0.1/' };
    registry.register(name, registration, { world, capacity: 1, tickRateHz: 30 }, [], line);
    void (async () => {
      for await (const { message } of line.messages()) if (message.case === 'shutdown') ended.push(id);
    })().catch(() => {});
    return line;
  });
  const reaper = new WorldReaper({ db: store.db, bus, registry, log: quiet }, periodMs);
  await bus.subscribed();
  return {
    bus,
    ended,
    async close() {
      await reaper.close();
      for (const line of lines) line.end(1, 'over');
      bus.close();
      client.disconnect();
    },
  };
}

const remove = (id: string) => store.db.world.delete({ where: { id } });

test('what is said ends the instances of that world at once, in every process, and no others', async () => {
  const [gone, stays] = [await newWorld(), await newWorld()];
  const here = await startProcess([gone, stays], 60_000);
  const there = await startProcess([stays, gone], 60_000);
  try {
    await remove(gone);
    await here.bus.publish(WORLD_REMOVED, { world: gone });
    await until(() => here.ended.length > 0 && there.ended.length > 0, 1_000);
    expect([here.ended, there.ended]).toEqual([[gone], [gone]]);
  } finally {
    await here.close();
    await there.close();
  }
});

test('what was not said, because Redis was away, is found, and said to the instance once', async () => {
  const [gone, stays] = [await newWorld(), await newWorld()];
  const here = await startProcess([gone, stays], 200);
  try {
    await redis.kill();
    await remove(gone);
    await until(() => here.ended.length > 0, 2_000);
    await sleep(1_000);
    expect(here.ended).toEqual([gone]);
  } finally {
    await here.close();
    await redis.restart();
  }
});
