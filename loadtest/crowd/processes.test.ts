import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { coresBetween, processOf, usageOf } from './processes.ts';

test('a name in brackets may hold anything', () => {
  const rest = '7 1 1 0 -1 4194560 1 0 0 0 120 30 5 5 20 0 1 0 100 1000000 200';
  expect(processOf(`42 (a) b (c) S ${rest}`)).toEqual({ pid: 42, parent: 7, cpuSeconds: 1.6 });
});

test('a process counts with its children, but not with those that are another role', async () => {
  const busy = 'while (process.cpuUsage().user < 5e5); ';
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${busy}setTimeout(() => {}, 60000)`)}]); setTimeout(() => {}, 60000)`;
  const child = spawn(process.execPath, ['-e', parent], { detached: true });
  try {
    const pid = child.pid ?? 0;
    for (let patience = 100; (usageOf({ all: pid }).cpuSeconds.all ?? 0) < 0.5 && patience > 0; patience -= 1)
      await sleep(200);
    const { cpuSeconds, memoryMiB, atMs } = usageOf({ all: pid });
    expect(cpuSeconds.all).toBeGreaterThanOrEqual(0.5);
    expect(memoryMiB.all).toBeGreaterThan(20);
    const start = { atMs: atMs - 1000, cpuSeconds: { all: 0 }, memoryMiB: {} };
    expect(coresBetween(start, { atMs, cpuSeconds, memoryMiB }).all).toBeCloseTo(cpuSeconds.all ?? 0, 6);
    const own = usageOf({ test: process.pid, all: pid });
    expect(own.cpuSeconds.all).toBeGreaterThanOrEqual(cpuSeconds.all ?? 0);
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  }
});
