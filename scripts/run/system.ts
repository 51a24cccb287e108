// The running system: its services in the order they start, which is the reverse of the order they stop.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from '../bootstrap/options.mjs';
import type { Run } from '../lib/launcher.ts';
import type { Parts } from '../setup/flow.ts';
import type { Addresses } from './addresses.ts';
import { bots } from './bots.ts';
import { controlPlane } from './control-plane.ts';
import { migrateDatabase } from './database.ts';
import { forgetFirstAdmin, readFirstAdmin } from './first-admin.ts';
import { fleet } from './fleet.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { type Service, type Supervised, supervise } from './service.ts';
import { type InstanceRow, table } from './table.ts';

const INSTANCE_DEADLINE_MS = 60_000;

/** What a play on the running system is given. */
export type Running = { services: readonly Supervised[]; instances: readonly InstanceRow[] };

/** Starts the system, plays, and stops it; without a play it runs until it is asked to stop. */
export async function runSystem(
  run: Run,
  options: Options,
  addresses: Addresses,
  parts: Parts,
  play?: (running: Running) => Promise<void>,
): Promise<number> {
  const { data } = options;
  const running: Supervised[] = [];
  const start = async (service: Service) => {
    const supervised = supervise(run, service);
    running.push(supervised);
    await run.step(`Start ${service.name}`, () => supervised.start());
  };
  try {
    const database = await postgres(run, data, addresses.postgres);
    const memory = await redis(parts.redis, data, addresses.redis);
    await Promise.all([
      start(database.service),
      start(memory.service),
      start(fleet(options, addresses, parts.godot)),
    ]);
    await migrateDatabase(run, database.url);
    await run.takeWebPort();
    await start(controlPlane(options, addresses, parts, { databaseUrl: database.url, redisUrl: memory.url }));
    const instances =
      options.instances > 0 ? await run.step('Wait for an instance', () => firstReady(run, addresses)) : [];
    if (options.bots > 0) await start(bots(run, options.bots, parts.netcode.bot, data, addresses.web));
    if (play) {
      await play({ services: running, instances });
      return 0;
    }
    run.print(table(running, instances, addresses, data, await readFirstAdmin(data)));
    await forgetFirstAdmin(data);
    await once(run.signal, 'abort');
    return 0;
  } finally {
    await stopAll(run, running);
  }
}

async function firstReady(run: Run, { web, fleet: supervisor }: Addresses): Promise<InstanceRow[]> {
  const deadline = Date.now() + INSTANCE_DEADLINE_MS;
  while (Date.now() < deadline) {
    run.signal.throwIfAborted();
    const rows = await instancesOf(web.url).catch(() => []);
    if (rows.some((row) => row.state === 'Ready' || row.state === 'Allocated')) return rows;
    await sleep(50);
  }
  throw new Error(
    `no Godot instance became ready within ${INSTANCE_DEADLINE_MS / 1000} s; ask ${supervisor.url}/v1/gameservers what became of it`,
  );
}

async function instancesOf(url: string): Promise<InstanceRow[]> {
  const response = await fetch(`${url}/api/v1/instances`, { signal: AbortSignal.timeout(2000) });
  const body = (await response.json()) as InstanceRow[] | { instances: InstanceRow[] };
  return Array.isArray(body) ? body : body.instances;
}

async function stopAll(run: Run, running: Supervised[]): Promise<void> {
  const started = Date.now();
  for (const supervised of running.toReversed()) await supervised.stop();
  if (running.length > 0)
    run.print(`Stopped in ${((Date.now() - started) / 1000).toFixed(1)} s; nothing is left running.`);
}
