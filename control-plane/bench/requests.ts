// What a request costs before it does anything: `node control-plane/bench/requests.ts [seconds]`. A control plane in a process
// of its own, over a real database and Redis; this process asks over 32 connections that stay open. With a session the token
// is looked up (cached for a second); with limits three counters are counted in Redis.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { controlPlaneFixture } from '../test/control-plane-fixture.ts';
import { freePort } from '../test/free-port.ts';
import { until } from '../test/until.ts';

const CONNECTIONS = 32;
const seconds = Number(process.argv[2] ?? 5);
const SOMEBODY_ELSE = '10.0.0.0/8';

const fixture = await controlPlaneFixture({ replicas: 0 });
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const children: ChildProcess[] = [];

try {
  const free = await start('127.0.0.0/8');
  const limited = await start(SOMEBODY_ELSE);
  await measure('GET /healthz', `${free}/healthz`, {});
  await measure('GET /api/v1/account, signed in', `${free}/api/v1/account`, fixture.operator);
  await measure('the same, counted', `${limited}/api/v1/account`, fixture.operator, 400);
} finally {
  agent.destroy();
  for (const child of children) child.kill('SIGKILL');
  await fixture.close();
}

async function start(unlimited: string): Promise<string> {
  const port = await freePort();
  const settings = Object.entries(fixture.config).filter(([, value]) => value !== undefined);
  const env = {
    ...process.env,
    ...Object.fromEntries(settings.map(([key, value]) => [key, String(value)])),
    OTHERWORLD_PORT: String(port),
    OTHERWORLD_GRPC_PORT: String(await freePort()),
    OTHERWORLD_RATE_LIMIT_ALLOW: unlimited,
    OTHERWORLD_LOG_LEVEL: 'error',
  };
  children.push(
    spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], { env, stdio: 'inherit' }),
  );
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, 30_000);
  return url;
}

/** `most`: stops after so many, below the limit of the session. */
async function measure(what: string, url: string, headers: object, most = Number.POSITIVE_INFINITY) {
  const times: number[] = [];
  const begun = performance.now();
  const caller = async () => {
    while (performance.now() - begun < seconds * 1000 && times.length < most) {
      const at = performance.now();
      assert.equal(await ask(url, headers), 200);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, caller));
  const took = (performance.now() - begun) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  console.log(
    `${what}: ${Math.round(times.length / took)} requests/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${times.length})`,
  );
}

function ask(url: string, headers: object): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { ...headers } }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject);
  });
}
