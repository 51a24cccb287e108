// A whole control plane over a whole supervisor, both real, with tiny processes in the fleet and fake instances on
// the line.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession } from '../src/accounts/sessions/open.ts';
import type { Role } from '../src/accounts/who.ts';
import { readConfig } from '../src/config.ts';
import { startControlPlane, type Tuning } from '../src/control-plane.ts';
import type { InstanceView } from '../src/http/views.ts';
import type { Db } from '../src/persistence/connect.ts';
import { transaction } from '../src/persistence/transaction.ts';
import { PLAZA_ID } from '../src/worlds/seed.ts';
import { FakeInstance, type FakeOptions } from './fake-instance.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from './stores.ts';
import { freePort, quiet, supervisorFixture } from './supervisor-fixture.ts';
import { until } from './until.ts';

const TUNING: Tuning = {
  instances: {
    heartbeatIntervalMs: 100,
    heartbeatDeadlineMs: 10_000,
    telemetryIntervalMs: 100,
  },
  offers: { answerMs: 5_000, keepMs: 30_000 },
};

export const WORLD = Buffer.from('glTF, as far as this test is concerned');

export function worldsFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ow-worlds-'));
  writeFileSync(join(directory, 'plaza.glb'), WORLD);
  return directory;
}

export interface Stores {
  readonly database: TestDatabase;
  readonly redis: TestRedis;
}

export async function controlPlaneFixture({
  replicas = 1,
  tuning = {} as Partial<Tuning>,
  /** Seats of an instance of the plaza. */
  capacity = 3,
  env = {},
  /** Those of another fixture, which closes them: two control planes over one of each. */
  stores: shared = undefined as Stores | undefined,
} = {}) {
  const stores = shared ?? { database: await testDatabase(), redis: await testRedis() };
  const ground = await supervisorFixture({ replicas });
  const { fleet, data } = ground;
  const consoleDir = join(data, 'console');
  mkdirSync(consoleDir);
  writeFileSync(join(consoleDir, 'index.html'), '<title>console</title>');
  const [http, grpc] = [await freePort(), await freePort()];
  const config = readConfig({
    OTHERWORLD_DATA: data,
    OTHERWORLD_PORT: String(http),
    OTHERWORLD_GRPC_PORT: String(grpc),
    OTHERWORLD_METRICS_PORT: '0',
    OTHERWORLD_RATE_LIMIT_ALLOW: '127.0.0.0/8',
    OTHERWORLD_FLEET_URL: ground.url,
    OTHERWORLD_WORLDS_DIR: worldsFolder(),
    OTHERWORLD_CONSOLE_DIR: consoleDir,
    DATABASE_URL: stores.database.url,
    REDIS_URL: stores.redis.url,
    ...env,
  });
  const start = () => startControlPlane(config, quiet, { ...TUNING, ...tuning });
  let plane = await start();
  await stores.database.db.world.update({ where: { id: PLAZA_ID }, data: { capacity } });
  const url = `http://127.0.0.1:${http}`;
  const controlUrl = `http://127.0.0.1:${grpc}`;
  const fakes: FakeInstance[] = [];

  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    return { status: response.status, headers: response.headers, text, body: jsonOf(text) as any };
  };
  const instances = async (): Promise<InstanceView[]> =>
    (await ask('GET', '/api/v1/instances')).body.instances;

  const operator = { authorization: `Bearer ${await signedIn(stores.database.db, 'admin')}` };

  return {
    ...ground,
    metricsUrl: () => `http://127.0.0.1:${plane.metricsPort}/metrics`,
    stores,
    url,
    controlUrl,
    config,
    ask,
    instances,
    /** An admin who is signed in. */
    operator,
    credential: (name: string) => readFileSync(join(data, 'fleet/identities', name), 'utf8'),
    /** Somebody new asks for a seat: 200 with the way in, or 202 when they would have to wait, which they do not. */
    async join(name = 'Ada', world = 'plaza', waitSeconds = 5) {
      const who = { authorization: `Bearer ${await signedIn(stores.database.db, 'player', name)}` };
      const wait = { ...who, prefer: `wait=${waitSeconds}` };
      const answer = await ask('POST', '/api/v1/tickets', { world }, wait);
      const { connect, id } = answer.body ?? {};
      if (connect) return { ...answer, status: 200, body: connect };
      if (!id) return answer;
      await ask('DELETE', `/api/v1/tickets/${id}`, undefined, who);
      return { ...answer, status: 202 };
    },

    /** Puts a fake instance on the line for each Ready process of the fleet. */
    async populate(options: Partial<FakeOptions> = {}) {
      const servers = await until(async () => {
        const ready = (await fleet.list()).filter(({ state }) => state === 'Ready');
        return ready.length === replicas && ready;
      }, 20_000);
      const dialled = servers.map(({ name, uid }) => {
        const credential = readFileSync(join(data, 'fleet/identities', name), 'utf8');
        return new FakeInstance({ controlUrl, name, uid, credential, ...options });
      });
      fakes.push(...dialled);
      await until(async () => {
        const seen = await instances();
        return servers.every(({ name }) => seen.some((one) => one.name === name && isReached(one)));
      });
      return dialled;
    },

    track(fake: FakeInstance) {
      fakes.push(fake);
      return fake;
    },

    /** The end of the control plane without a word to anybody, and its next start. */
    async restart() {
      await plane.close();
      plane = await start();
    },

    async close() {
      for (const fake of fakes) fake.hangUp();
      await plane.close();
      await ground.supervisor.close();
      if (shared) return;
      await stores.redis.close();
      await stores.database.close();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof controlPlaneFixture>>;

/** Without a world there is nothing to listen for. */
function isReached({ link, world }: InstanceView): boolean {
  return link === 'listening' || (link === 'registered' && world === null);
}

/** The token of somebody new with this role. */
export async function signedIn(db: Db, role: Role, name = `Some ${role}`): Promise<string> {
  const account = await db.account.create({ data: { name, role, guest: false } });
  return (await transaction(db, (tx) => openSession(tx, account))).token;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
