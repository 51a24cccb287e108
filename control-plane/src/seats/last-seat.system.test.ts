// The last seat of an instance, 100 callers for it by the public API of two whole control planes, Redis emptied and the
// process that holds the instance's line killed with -9 while they ask.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { worldsFolder } from '../../test/control-plane-fixture.ts';
import { freePort } from '../../test/free-port.ts';
import { SeatedInstance } from '../../test/seated-instance.ts';
import { testDatabase, testRedis } from '../../test/stores.ts';
import { supervisorFixture } from '../../test/supervisor-fixture.ts';
import { until } from '../../test/until.ts';

const SEATS = 100;
const CALLERS = 100;
const MAIN = join(import.meta.dirname, '../main.ts');

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Process {
  readonly child: ChildProcess;
  readonly url: string;
  readonly grpcUrl: string;
}

async function twoControlPlanes() {
  const [database, redis, ground] = await Promise.all([testDatabase(), testRedis(), supervisorFixture()]);
  closing.push(
    () => database.close(),
    () => redis.close(),
    () => ground.supervisor.close(),
  );
  const worlds = worldsFolder();
  const start = async (): Promise<Process> => {
    const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
    const url = `http://127.0.0.1:${http}`;
    const child = spawn(process.execPath, [MAIN], {
      stdio: 'ignore',
      env: {
        ...process.env,
        OTHERWORLD_DATA: ground.data,
        OTHERWORLD_PORT: String(http),
        OTHERWORLD_GRPC_PORT: String(grpc),
        OTHERWORLD_METRICS_PORT: String(metrics),
        OTHERWORLD_FLEET_URL: ground.url,
        OTHERWORLD_WORLDS_DIR: worlds,
        OTHERWORLD_RATE_LIMIT_ALLOW: '127.0.0.1/32',
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
      },
    });
    closing.push(() => child.kill('SIGKILL'));
    await until(() => isReady(url), 60_000);
    return { child, url, grpcUrl: `http://127.0.0.1:${grpc}` };
  };
  return { redis, ground, doomed: await start(), staying: await start() };
}

const isReady = (url: string) =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status: response.status, body: (await response.json()) as any };
}

async function guests(url: string, count: number): Promise<{ token: string; account: { id: string } }[]> {
  const made: { token: string; account: { id: string } }[] = [];
  while (made.length < count) {
    const some = Array.from({ length: 20 }, () => post(`${url}/api/v1/guests`, { name: 'Ada' }));
    made.push(...(await Promise.all(some)).map(({ body }) => body));
  }
  return made.slice(0, count);
}

/** As a client does: asks one process after the other until it is in, or the test is over. */
async function come(
  urls: readonly string[],
  token: string,
  instance: SeatedInstance,
  over: AbortSignal,
): Promise<boolean> {
  for (let at = 0; !over.aborted; at += 1) {
    const url = urls[at % urls.length];
    const headers = { authorization: `Bearer ${token}`, prefer: 'wait=3' };
    const answer = await post(`${url}/api/v1/tickets`, { world: 'plaza' }, headers).catch(() => undefined);
    const seat = answer?.body.connect?.seat as string | undefined;
    if (seat !== undefined && instance.connect(BigInt(seat))) return true;
    if (answer === undefined || answer.status >= 500 || seat !== undefined) await sleep(100);
  }
  return false;
}

test('100 callers for the last seat, FLUSHALL and kill -9 between: never 101, and 100 at the end', async () => {
  const { redis, ground, doomed, staying } = await twoControlPlanes();
  const ready = await until(
    async () => (await ground.fleet.list()).find(({ state }) => state === 'Ready'),
    30_000,
  );
  const credential = readFileSync(join(ground.data, 'fleet/identities', ready.name), 'utf8');
  const { name, uid } = ready;
  // Its line is at the process that will be killed.
  const instance = new SeatedInstance([doomed.grpcUrl, staying.grpcUrl], { name, uid, credential });
  closing.push(() => instance.hangUp());

  const over = new AbortController();
  const everybody = await guests(staying.url, SEATS - 1 + CALLERS);
  const early = everybody
    .slice(0, SEATS - 1)
    .map(({ token }) => come([staying.url], token, instance, over.signal));
  expect((await Promise.all(early)).every(Boolean)).toBe(true);
  const rules = instance.rules;
  expect(rules?.capacity).toBe(SEATS);
  expect(rules?.held.size).toBe(SEATS - 1);

  let inside = 0;
  const callers = everybody.slice(SEATS - 1).map(async ({ token }, at) => {
    const urls = at % 2 === 0 ? [doomed.url, staying.url] : [staying.url, doomed.url];
    if (await come(urls, token, instance, over.signal)) inside += 1;
  });
  await redis.flush();
  await until(() => rules?.held.size === SEATS, 60_000); // the last seat is given: its token is on its way
  await redis.flush();
  doomed.child.kill('SIGKILL');
  await sleep(300);
  await redis.flush();
  await until(() => inside === 1, 90_000);
  await sleep(6_000); // a whole list or two later
  over.abort();
  await Promise.all(callers);

  expect(inside).toBe(1);
  expect(rules?.most).toBe(SEATS);
  expect(rules?.doubles).toBe(0);
  expect([...(rules?.held.keys() ?? [])].filter((seat) => rules?.isConnected(seat))).toHaveLength(SEATS);
  const shown = (await (await fetch(`${staying.url}/api/v1/instances`)).json()) as {
    instances: { name: string; players: number }[];
  };
  expect(shown.instances.find((one) => one.name === name)?.players).toBe(SEATS);
});
