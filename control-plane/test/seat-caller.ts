// A process that asks for seats as fast as it is answered, on instances whose lines others hold. Started by `fork`.
import { randomUUID } from 'node:crypto';
import { Bus } from '../src/bus.ts';
import { Directory } from '../src/instances/directory.ts';
import { Lines } from '../src/instances/lines.ts';
import { Orders } from '../src/instances/orders.ts';
import { InstanceRegistry } from '../src/instances/registry.ts';
import { connectRedis } from '../src/redis.ts';
import { SeatScripts } from '../src/seats/scripts.ts';
import { Seats } from '../src/seats/seats.ts';

export interface CallerTask {
  readonly redisUrl: string;
  readonly instances: readonly string[];
  readonly attempts: number;
  /** Requests under way at once. */
  readonly atOnce: number;
  readonly confirm: boolean;
  readonly rules: { readonly answerMs: number; readonly keepMs: number };
}

export interface CallerReport {
  /** How often each answer came. */
  readonly answers: Readonly<Record<string, number>>;
  /** Of each request that was not refused outright (unit: milliseconds). */
  readonly latencies: readonly number[];
  readonly seconds: number;
}

process.once('message', async (task: CallerTask) => {
  const redis = connectRedis(task.redisUrl);
  const bus = new Bus(redis);
  const scripts = new SeatScripts(redis);
  const registry = new InstanceRegistry();
  const lines = new Lines({ bus, registry, orders: new Orders(registry, async () => true) });
  const directory = new Directory({ scripts, registry, bus });
  const masterKey = new Uint8Array(32);
  const seats = new Seats({ scripts, lines, directory, masterKey, rules: task.rules });
  await bus.subscribed();

  const answers: Record<string, number> = {};
  const latencies: number[] = [];
  const attempt = async (number: number): Promise<string> => {
    const name = task.instances[number % task.instances.length] as string;
    const holders = [{ account: randomUUID(), name: 'Ada', role: 'player' } as const];
    const begun = performance.now();
    const reservation = await seats.reserve(name, holders);
    if (typeof reservation === 'string') return reservation;
    const answer = task.confirm ? await seats.confirm(name, reservation, holders) : 'reserved';
    latencies.push(performance.now() - begun);
    return typeof answer === 'string' ? answer : `refused: ${answer.refused}`;
  };
  let next = 0;
  const caller = async () => {
    while (next < task.attempts) {
      next += 1;
      const answer = await attempt(next).catch((error: { code?: string }) => error.code ?? String(error));
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  process.send?.('ready');
  process.once('message', async () => {
    const begun = performance.now();
    await Promise.all(Array.from({ length: task.atOnce }, caller));
    const seconds = (performance.now() - begun) / 1000;
    process.send?.({ answers, latencies, seconds } satisfies CallerReport);
  });
});
process.once('disconnect', () => process.exit());
