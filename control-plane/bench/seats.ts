// How many seats a second the control plane gives, from several processes over one Redis. `node control-plane/bench/seats.ts`.
//
// reserve: one Lua decision each, an account of its own each, on instances with room. reserve + confirm: the same, then
// the offer over the bus to the process that holds the line, an instance's own rules at its end, the seat written down as
// held, and the answer back. Clients wait for each answer before they ask again; latency is what one of them waits.
//
// At last a million attempts at four instances of a hundred seats, which would take everybody: the limit is the script's.
import { cpus, loadavg } from 'node:os';
import { SeatScripts } from '../src/seats/scripts.ts';
import type { CallerReport } from '../test/seat-caller.ts';
import { seatCaller, seatHolder } from '../test/seat-processes.ts';
import { testRedis } from '../test/stores.ts';
import { until } from '../test/until.ts';

const CALLERS = 4;
const INSTANCES = Array.from({ length: 48 }, (_, at) => `instance-${at}`);
const RULES = { answerMs: 5_000, keepMs: 30_000 };
const ROOM = 1_000_000;

const redis = await testRedis();
const scripts = new SeatScripts(redis.client);
const load = loadavg()[0]?.toFixed(1);
const { model } = cpus()[0] ?? { model: 'unknown' };
console.log(
  `${CALLERS} client processes, ${INSTANCES.length} instances held by 2 more, one Redis with its append-only file`,
);
console.log(`${cpus().length} cores of ${model}; load before: ${load}; Node ${process.version}`);
try {
  const holding = { redisUrl: redis.url, capacity: ROOM, rulesCapacity: ROOM, keepMs: 120_000 };
  const holders = [
    await seatHolder({ ...holding, instances: INSTANCES.slice(0, 24) }),
    await seatHolder({ ...holding, instances: INSTANCES.slice(24) }),
  ];
  for (const atOnce of [1, 16, 64]) await measure('reserve', false, atOnce, 20_000);
  for (const atOnce of [1, 16, 64]) await measure('reserve + confirm', true, atOnce, 4_000);
  for (const holder of holders) holder.close();
  await contend(1_000_000);
} finally {
  await redis.close();
}

async function isOpen(): Promise<boolean> {
  return (await scripts.list(false)).filter(({ open }) => open).length === INSTANCES.length;
}

async function measure(what: string, confirm: boolean, atOnce: number, attempts: number): Promise<void> {
  // The reservations of the round before would run out in the middle of this one.
  await redis.flush();
  await until(isOpen);
  const task = { redisUrl: redis.url, instances: INSTANCES, atOnce, confirm, rules: RULES };
  const share = Math.ceil((attempts * Math.min(1, atOnce / 16)) / CALLERS);
  const callers = await Promise.all(
    Array.from({ length: CALLERS }, () => seatCaller({ ...task, attempts: share })),
  );
  const reports = await Promise.all(callers.map((caller) => caller.run()));
  for (const caller of callers) caller.close();
  tell(what, atOnce, reports);
  console.log(`  Redis: ${await scriptCost()} µs a script`);
  await redis.client.config('RESETSTAT');
}

/** Fails when any instance has ever had more people than it has seats. */
async function contend(attempts: number): Promise<void> {
  await redis.flush();
  const [instances, capacity] = [['a', 'b', 'c', 'd'], 100];
  const rulesCapacity = Number.MAX_SAFE_INTEGER;
  const holder = await seatHolder({ redisUrl: redis.url, instances, capacity, rulesCapacity, keepMs: 500 });
  await until(async () => (await scripts.list(false)).filter(({ open }) => open).length === instances.length);
  const task = { redisUrl: redis.url, instances, attempts: attempts / CALLERS, atOnce: 64, confirm: true };
  const callers = await Promise.all(
    Array.from({ length: CALLERS }, () => seatCaller({ ...task, rules: RULES })),
  );
  const reports = await Promise.all(callers.map((caller) => caller.run()));
  const most = Math.max(...(await holder.report()).map((report) => report.most));
  for (const one of [holder, ...callers]) one.close();
  const given = reports.reduce((total, { answers }) => total + (answers.accepted ?? 0), 0);
  const seconds = Math.max(...reports.map((report) => report.seconds)).toFixed(0);
  console.log(`${attempts} attempts in ${seconds} s, ${given} given, at most ${most} of ${capacity} at once`);
  if (most > capacity) throw new Error('more seats were given than there are');
}

/** What Redis itself needs: its one thread is the limit that more processes do not move (unit: microseconds). */
async function scriptCost(): Promise<string> {
  const stats = await redis.client.info('commandstats');
  return /cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(stats)?.[1] ?? '?';
}

function tell(what: string, atOnce: number, reports: readonly CallerReport[]): void {
  const wanted = what === 'reserve' ? 'reserved' : 'accepted';
  const given = reports.reduce((total, { answers }) => total + (answers[wanted] ?? 0), 0);
  const asked = reports.flatMap(({ answers }) => Object.values(answers)).reduce((a, b) => a + b);
  const seconds = Math.max(...reports.map((report) => report.seconds));
  const latencies = reports.flatMap((report) => report.latencies).sort((a, b) => a - b);
  const at = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
  const rate = Math.round(given / seconds);
  console.log(
    `${what}, ${CALLERS} × ${atOnce} at once: ${rate} seats/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${given} of ${asked})`,
  );
}
