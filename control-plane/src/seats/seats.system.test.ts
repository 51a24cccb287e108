// A hundred thousand attempts on seats from several processes at once, on instances whose lines other processes hold, over a
// real Redis. The instances are real lines with an instance's own rules of seats at their other end.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CallerReport, CallerTask } from '../../test/seat-caller.ts';
import type { HolderReport } from '../../test/seat-holder.ts';
import { seatCaller, seatHolder } from '../../test/seat-processes.ts';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { until } from '../../test/until.ts';
import { SeatScripts } from './scripts.ts';

const CAPACITY = 100;
const RULES = { answerMs: 2_000, keepMs: 30_000 };
/** How long the instances of these tests wait for a player; nobody comes, so that seats are free again all the time. */
const KEEP_MS = 500;

let redis: TestRedis;
let scripts: SeatScripts;
const processes: { close(): unknown }[] = [];
beforeEach(async () => {
  redis = await testRedis();
  scripts = new SeatScripts(redis.client);
});
afterEach(async () => {
  for (const one of processes.splice(0)) one.close();
  await redis.close();
});

async function holders(rulesCapacity: number) {
  const made = await Promise.all(
    [
      ['a', 'b'],
      ['c', 'd'],
    ].map((instances) =>
      seatHolder({ redisUrl: redis.url, instances, capacity: CAPACITY, rulesCapacity, keepMs: KEEP_MS }),
    ),
  );
  processes.push(...made);
  await until(async () => (await scripts.list(false)).filter(({ open }) => open).length === 4);
  return { made, report: async () => (await Promise.all(made.map((one) => one.report()))).flat() };
}

async function callers(count: number, task: Partial<CallerTask>) {
  const made = await Promise.all(
    Array.from({ length: count }, () =>
      seatCaller({
        redisUrl: redis.url,
        instances: ['a', 'b', 'c', 'd'],
        attempts: 25_000,
        atOnce: 64,
        confirm: true,
        rules: RULES,
        ...task,
      }),
    ),
  );
  processes.push(...made);
  return made;
}

function sum(reports: readonly CallerReport[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { answers } of reports)
    for (const [answer, count] of Object.entries(answers)) total[answer] = (total[answer] ?? 0) + count;
  return total;
}

const totalOf = (reports: readonly HolderReport[], what: 'accepted' | 'refused') =>
  reports.reduce((total, report) => total + report[what], 0);

/** When nobody asks any more, Redis says what the instances say. */
async function agrees(report: () => Promise<readonly HolderReport[]>): Promise<void> {
  await until(async () => {
    const [listed, told] = [await scripts.list(true), await report()];
    return told.every(({ name, held }) => {
      const seats = listed.find((one) => one.name === name)?.seats.map(({ id }) => id);
      return JSON.stringify(seats?.sort()) === JSON.stringify([...held].sort());
    });
  }, 20_000);
}

test('10^5 attempts from 4 processes: Redis alone gives no instance more seats than it has', async () => {
  // These would take everybody: what holds the line is the script, not their refusal.
  const { report } = await holders(Number.MAX_SAFE_INTEGER);
  const reports = await Promise.all((await callers(4, {})).map((caller) => caller.run()));
  const answers = sum(reports);
  const told = await report();
  for (const { most, name } of told)
    expect({ name, within: most <= CAPACITY }).toEqual({ name, within: true });
  expect(Object.values(answers).reduce((a, b) => a + b)).toBe(100_000);
  expect(Object.keys(answers).sort()).toEqual(['accepted', 'full']);
  expect(answers.accepted).toBe(totalOf(told, 'accepted'));
  expect(answers.accepted).toBeGreaterThan(4 * CAPACITY);
  await agrees(report);
});

test('10^5 attempts with FLUSHALL again and again: never more than there are, and all heals', async () => {
  const { report } = await holders(CAPACITY);
  let over = false;
  let flushes = 0;
  const flushing = (async () => {
    while (!over) {
      await sleep(400);
      await redis.flush();
      flushes += 1;
    }
  })();
  const reports = await Promise.all((await callers(4, {})).map((caller) => caller.run()));
  over = true;
  await flushing;
  const [answers, told] = [sum(reports), await report()];
  expect(flushes).toBeGreaterThan(3);
  for (const { most } of told) expect(most).toBeLessThanOrEqual(CAPACITY);
  // Whoever was told yes has had a seat that an instance gave; one that it gave may have been withdrawn.
  expect(answers.accepted).toBeGreaterThan(4 * CAPACITY);
  expect(answers.accepted).toBeLessThanOrEqual(totalOf(told, 'accepted'));
  await agrees(report);
});

test('a caller killed with -9 amid its attempts costs nobody a seat for long', async () => {
  const { report } = await holders(CAPACITY);
  const [victim, ...others] = await callers(3, { attempts: 10_000 });
  const running = others.map((caller) => caller.run());
  void victim?.run().catch(() => {});
  await sleep(500);
  victim?.child.kill('SIGKILL');
  await Promise.all(running);
  await agrees(report);
  for (const { most } of await report()) expect(most).toBeLessThanOrEqual(CAPACITY);
});

test('a holder killed with -9: nobody is seated on its instances, and nobody waits for it for long', async () => {
  const { made } = await holders(CAPACITY);
  const [caller] = await callers(1, { instances: ['a'], attempts: 200, atOnce: 50 });
  made[0]?.child.kill('SIGKILL');
  const begun = performance.now();
  const answers = (await caller?.run())?.answers ?? {};
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect(answers.accepted).toBeUndefined();
  await until(async () => (await scripts.list(false)).length === 2);
  const [later] = await callers(1, { instances: ['a'], attempts: 10 });
  expect((await later?.run())?.answers).toEqual({ gone: 10 });
});

test('while Redis is away no seat is given, and after it everything goes on', async () => {
  const { report } = await holders(CAPACITY);
  const [early] = await callers(1, { attempts: 20, atOnce: 5 });
  await redis.kill();
  expect((await early?.run())?.answers).toEqual({ OW_ERR_SEATS_AWAY: 20 });
  await redis.restart();
  await until(async () => (await scripts.list(false)).filter(({ open }) => open).length === 4);
  const [late] = await callers(1, { attempts: 400 });
  expect((await late?.run())?.answers.accepted).toBeGreaterThan(100);
  await agrees(report);
});
