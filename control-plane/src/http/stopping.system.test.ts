// A real process is told to stop while it is asked all the time: nobody gets a broken answer.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';
import { freePort } from '../../test/free-port.ts';
import { until } from '../../test/until.ts';
import { readEvents } from '../fleet/local/sse-reader.ts';

const CALLERS = 20;
const NOTICE_SECONDS = 0.5;
const STOPPING = '503 OW_ERR_STOPPING';

let fixture: Fixture;
let child: ChildProcess;
let url: string;
const answers: { at: number; what: string }[] = [];

beforeAll(async () => {
  fixture = await controlPlaneFixture({ replicas: 0 });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const settings = Object.entries(fixture.config).filter(([, value]) => value !== undefined);
  child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], {
    env: {
      ...process.env,
      ...Object.fromEntries(settings.map(([key, value]) => [key, String(value)])),
      OTHERWORLD_PORT: String(port),
      OTHERWORLD_GRPC_PORT: String(await freePort()),
      OTHERWORLD_METRICS_PORT: '0',
      OTHERWORLD_STOP_NOTICE_SECONDS: String(NOTICE_SECONDS),
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, 30_000);
}, 90_000);
afterAll(async () => {
  child.kill('SIGKILL');
  await fixture.close();
});

/** Asks without a pause until it is sent elsewhere, or nothing listens any more. */
async function ask(path: string): Promise<void> {
  for (;;) {
    const what = await fetch(url + path, { headers: fixture.operator }).then(
      async (response) => {
        const body = await response.text();
        return response.ok ? 'ok' : `${response.status} ${JSON.parse(body).code ?? 'red'}`;
      },
      (error) => String(error.cause?.code ?? error),
    );
    answers.push({ at: performance.now(), what });
    if (what === STOPPING || what === 'ECONNREFUSED') return;
  }
}

test('SIGTERM under load: red first, then refusals, and what runs is finished', async () => {
  const stream = await fetch(`${url}/api/v1/instances/stream`, { headers: fixture.operator });
  const told: string[] = [];
  const reading = (async () => {
    for await (const { event } of readEvents(stream.body as ReadableStream<Uint8Array>)) told.push(event);
  })();
  const red: number[] = [];
  const watching = (async () => {
    for (;;) {
      const response = await fetch(`${url}/readyz`).catch(() => undefined);
      if (response === undefined) return;
      if (response.status === 503) red.push(performance.now());
    }
  })();
  const asking = Array.from({ length: CALLERS }, () => ask('/api/v1/worlds'));
  await until(() => answers.length > 200, 20_000);

  const stoppedAt = performance.now();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(8_000);
  await Promise.all([...asking, watching, reading]);

  const kinds = new Set(answers.map(({ what }) => what));
  expect(kinds).toContain(STOPPING);
  expect([...kinds].filter((what) => !['ok', STOPPING, 'ECONNREFUSED'].includes(what))).toEqual([]);
  const firstRed = red[0] ?? Number.POSITIVE_INFINITY;
  const firstRefusal = answers.find(({ what }) => what !== 'ok')?.at ?? 0;
  expect(firstRefusal - firstRed).toBeGreaterThan(NOTICE_SECONDS * 500);
  expect(answers.some(({ at, what }) => what === 'ok' && at > firstRed)).toBe(true);
  expect(told.at(-1)).toBe('stopping');
});
