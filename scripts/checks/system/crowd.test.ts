// Small crowds on a real instance, with the truth beside what the bots saw: everybody sees what moves, in time and in place,
// and nobody loses a body to the network.
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../../loadtest/report.ts';
import { checkoutRoot } from '../../bootstrap/places.mjs';
import { temporaryFolder } from './harness.ts';

const RTT_MS = 80;

type Outcome = { code: number; said: string; report: Report };

async function crowd(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const folder = await temporaryFolder('crowd');
  try {
    const script = path.join(checkoutRoot, 'scripts/bootstrap.mjs');
    const child = spawn(process.execPath, [script, 'crowd', ...args, '--report', folder], {
      cwd: checkoutRoot,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => (said += part));
    const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? -1)));
    const file = path.join(folder, 'report.json');
    const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Report;
    return { code, said, report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const BALL = ['--crowd', 'ball', '--bots', '10', '--views', '0.02', '--rtt', String(RTT_MS)];
/** The push begins some 20 s after the start, and a ball rolls for half a minute (godot-server/project.godot says when it may sleep). */
const UNTIL_IT_RESTS = ['--seconds', '80'];
const UNTIL_IT_ROLLS = ['--seconds', '40'];

test('a ball that a bot pushes is seen by all others in time, and lies where it lies', async () => {
  const { code, said, report } = await crowd([...BALL, ...UNTIL_IT_RESTS]);
  expect([code, said, report.failures]).toEqual([0, said, []]);
  const pushed = report.bodies.filter(({ watched }) => watched >= 9);
  expect(pushed.length, said).toBeGreaterThanOrEqual(1);
  for (const ball of pushed) {
    expect(ball.saw).toBe(ball.watched);
    expect(ball.delayMs.max).toBeLessThan(RTT_MS / 2 + 150);
    expect(ball.rested).toBe(true);
    expect(ball.restErrorM.bots).toBeGreaterThanOrEqual(9);
    expect(ball.restErrorM.max).toBeLessThan(0.01);
  }
  expect(report.client.corrections.static).toEqual({ count: 0, maxMm: 0 });
});

test('and when bodies are frozen the same crowd notices', async () => {
  const { code, report } = await crowd([...BALL, ...UNTIL_IT_ROLLS], { OTHERWORLD_BREAK: 'bodies' });
  expect(code).toBe(1);
  expect(report.failures.join('\n')).toMatch(/never saw it move/);
});

test('a socket with another address, and one that was silent for 10 s, come back to the same body', async () => {
  const { code, said, report } = await crowd(['--crowd', 'outages', '--bots', '4', '--seconds', '35']);
  expect([code, said, report.failures]).toEqual([0, said, []]);
  expect([report.joined, report.returned, report.disconnects]).toEqual([4, 2, 2]);
});

test('on a bad network nobody is lost and nothing is corrected without reason, and the bytes are counted at both ends', async () => {
  const small = ['--crowd', 'pushers', '--bots', '12', '--seconds', '20'];
  const bad = ['--rtt', String(RTT_MS), '--jitter', '30', '--loss', '5'];
  const { code, said, report } = await crowd([...small, ...bad]);
  expect([code, said, report.failures]).toEqual([0, said, []]);
  expect([report.joined, report.disconnects]).toEqual([12, 0]);
  expect(report.client.corrections.static).toEqual({ count: 0, maxMm: 0 });
  const { lost = 0, received = 1 } = report.proxy?.up ?? {};
  expect(lost / received).toBeGreaterThan(0.04);
  expect(lost / received).toBeLessThan(0.06);
  expect(report.doubts.filter((doubt) => doubt.includes(' bytes '))).toEqual([]);
});
