import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COLUMNS, recordRows } from './benchmarks.ts';
import { Samples } from './compare/samples.ts';
import { writeTruth, writeViews } from './compare/synthetic.ts';
import { compare } from './compare.ts';
import { BotLines } from './crowd/bot-lines.ts';
import { Heartbeats } from './crowd/heartbeats.ts';
import type { ProxyReport } from './crowd/impair.ts';
import { type Measured, makeReport } from './report.ts';
import { summaryOf } from './summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'otherworld-report-'));
const NOTHING = { datagrams_down: 0, datagrams_up: 0, bytes_down: 0, bytes_up: 0 };
const way = {
  received: 1000,
  received_bytes: 100_000,
  lost: 50,
  sent: 950,
  sent_bytes: 95_000,
  dropped: 0,
  overflowed: 0,
};
const PROXY: ProxyReport = {
  type: 'report',
  refused: 0,
  most_clients: 2,
  up: way,
  down: way,
  late_us: { p50: 60, p99: 300, max: 900 },
};

function measured(more: Partial<Measured> = {}): Measured {
  const [truth, views] = [join(folder, 'truth'), join(folder, 'views')];
  const players = { 1: () => [0, 0, 0] as const, 2: () => [1, 0, 0] as const };
  writeTruth(truth, { ticks: 200, players });
  writeViews(views, [
    { at: [60, 90, 120], bot: 0, own: 1, delay: 3, updates: 30, players: { 2: players[2] } },
  ]);
  const seatMs = new Samples();
  for (const tookMs of [30, 50]) seatMs.push(tookMs);
  const lines = new BotLines();
  for (const bot of [0, 1]) lines.take({ type: 'connected', bot });
  lines.take({ type: 'summary', disconnects: 0, returned: 0, playing: 2, ...NOTHING });
  const heartbeats = new Heartbeats('http://127.0.0.1:1');
  heartbeats.start();
  const times = { ticks: 30, late: 1, dropped: 0, p50Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: 3 };
  for (const [tick, tickAllocations] of [
    [30, 7],
    [30, 7],
    [60, 9],
  ] as const)
    heartbeats.take({ tick, players: 2, tickTimes: times, tickAllocations });
  const usage = (atMs: number, cpu: number) => ({
    atMs,
    cpuSeconds: { instance: cpu, bots: cpu },
    memoryMiB: { instance: 100 },
  });
  return {
    commit: 'abc',
    machine: '2 x "Xeon", fast',
    conditions: { bots: 2, seconds: 10, crowd: 'spread', network: null, pipe: 'udp', viewsEveryS: 1 },
    seatMs,
    lines,
    heartbeats,
    usage: { start: usage(0, 1), end: usage(10_000, 3) },
    proxy: undefined,
    comparison: compare(truth, views),
    ...more,
  };
}

test('a report holds what was measured, and a heartbeat counts once', () => {
  const report = makeReport(measured());
  expect(report.seatMs).toMatchObject({ p50: 30, max: 50 });
  expect(report.server).toMatchObject({ ticks: 60, lateTicks: 2, allocations: 2 });
  expect(report.cores).toEqual({ instance: 0.2, bots: 0.2, total: 0.4 });
  expect(report.client.near.updateHz).toBeCloseTo(30, 3);
  expect(report.aims.find(({ what }) => what === 'late ticks')).toMatchObject({ value: 2, met: false });
  expect(report.failures).toEqual([]);
  expect(summaryOf(report)).toContain('✗ late ticks: 2');
});

test('bots that never came in fail the run; counts that do not agree with the proxy raise a doubt', () => {
  const base = measured();
  const conditions = { ...base.conditions, bots: 3 };
  const { failures, doubts } = makeReport({ ...base, conditions, proxy: PROXY });
  expect(failures).toEqual(['1 bots never came in']);
  expect(doubts).toEqual([
    'the bots sent 0 bytes and the proxy had 128000',
    'the bots had 0 bytes and the proxy sent 121600',
  ]);
});

test('rows have the columns that the page describes, and are appended', () => {
  const file = join(folder, 'benchmarks.csv');
  recordRows(file, makeReport(measured()));
  recordRows(file, makeReport(measured()));
  const [heading, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(heading).toBe(COLUMNS.join(','));
  expect(rows.length % 2).toBe(0);
  expect(rows[0]).toMatch(
    /^\d{4}-\d\d-\d\d,abc,"2 x ""Xeon"", fast",crowd,2 bots; spread; 10 s; loopback,joined,2,bots$/,
  );
  const page = readFileSync(new URL('../docs/benchmarks.md', import.meta.url), 'utf8');
  for (const column of COLUMNS) expect(page).toContain(`\`${column}\``);
  rmSync(folder, { recursive: true });
});
