// What the bench stands on: stores, a fleet, control planes as processes, fake instances that are large and answer at once
// and whose people leave a moment after they have come, and guests with their tokens.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashToken, newToken } from '../../src/accounts/token.ts';
import type { Db } from '../../src/persistence/connect.ts';
import { SceneCatalog } from '../../src/worlds/scenes.ts';
import { worldsFolder } from '../../test/control-plane-fixture.ts';
import { FakeInstance } from '../../test/fake-instance.ts';
import { testDatabase, testRedis } from '../../test/stores.ts';
import { freePort, supervisorFixture } from '../../test/supervisor-fixture.ts';
import { until } from '../../test/until.ts';

const GUESTS = 4_000;
const CAPACITY = 1_000;
/** How long somebody stays (unit: milliseconds). */
const STAY_MS = 300;
const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface GroundOptions {
  readonly apis: number;
  readonly workers: number;
  readonly instances: number;
  /** Folder for the profiles of the control planes. */
  readonly profile: string | undefined;
}

export async function ticketGround({ apis, workers, instances, profile }: GroundOptions) {
  const [database, redis, ground] = await Promise.all([
    testDatabase(),
    testRedis(),
    supervisorFixture({ replicas: instances }),
  ]);
  const { fleet, data } = ground;
  const worldsDir = worldsFolder();
  const planes: Plane[] = [];
  const plane = async (roles: string) => {
    const env = {
      OTHERWORLD_ROLES: roles,
      OTHERWORLD_DATA: data,
      OTHERWORLD_FLEET_URL: ground.url,
      OTHERWORLD_WORLDS_DIR: worldsDir,
      OTHERWORLD_RATE_LIMIT_ALLOW: '127.0.0.0/8',
      OTHERWORLD_LOG_LEVEL: 'warn',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
    };
    planes.push(await startPlane(env, profile));
  };
  await plane('api');
  await Promise.all([
    ...Array.from({ length: apis - 1 }, () => plane('api')),
    ...Array.from({ length: workers }, () => plane('worker')),
  ]);

  const slug = `bench-${randomUUID()}`;
  const scene = SceneCatalog.read(worldsDir).all()[0]?.sha256 as string;
  const settings = { slug, name: slug, folded: slug, scene, kind: 'copies', capacity: CAPACITY } as const;
  const { id: world } = await database.db.world.create({ data: settings });
  const tokens = await guests(database.db);
  const fakes = await Promise.all((await ready()).map(dial));

  async function ready() {
    return until(async () => {
      const found = (await fleet.list()).filter(({ state }) => state === 'Ready');
      return found.length === instances && found;
    }, 30_000);
  }

  async function dial({ name, uid }: { name: string; uid: string }, at: number) {
    const credential = readFileSync(join(data, 'fleet/identities', name), 'utf8');
    const controlUrl = (planes[at % planes.length] as Plane).grpcUrl;
    const fake: FakeInstance = new FakeInstance({
      controlUrl,
      name,
      uid,
      credential,
      heartbeatMs: 1_000,
      answer: (seat) => {
        setTimeout(() => fake.say({ case: 'playerLeft', value: { seat, cause: 'left' } }), STAY_MS);
        return 'accept';
      },
    });
    await fake.registered();
    return fake;
  }

  return {
    world,
    tokens,
    urls: planes.slice(0, apis).map(({ url }) => url),
    /** CPU seconds of each process so far. */
    cpu: () =>
      Object.fromEntries(planes.map(({ child, roles }, i) => [`${roles}${i}`, cpuSeconds(child.pid)])),
    async close() {
      for (const fake of fakes) fake.hangUp();
      await Promise.all(planes.map(({ stop }) => stop()));
      await ground.supervisor.close();
      await redis.close();
      await database.close();
    },
  };
}

interface Plane {
  readonly roles: string;
  readonly url: string;
  readonly grpcUrl: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

async function startPlane(env: Record<string, string>, profile: string | undefined): Promise<Plane> {
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const args = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(process.execPath, [...args, MAIN], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      ...env,
      OTHERWORLD_PORT: String(http),
      OTHERWORLD_GRPC_PORT: String(grpc),
      OTHERWORLD_METRICS_PORT: String(metrics),
    },
  });
  const url = `http://127.0.0.1:${http}`;
  const isUp = () =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(() => {
    if (child.exitCode !== null) throw new Error(`a control plane ended with ${child.exitCode}`);
    return isUp();
  }, 30_000);
  return {
    roles: env.OTHERWORLD_ROLES as string,
    url,
    grpcUrl: `http://127.0.0.1:${grpc}`,
    child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** Straight into the database: making guests is not what is measured. */
async function guests(db: Db): Promise<string[]> {
  const made = Array.from({ length: GUESTS }, (_, i) => ({
    id: randomUUID(),
    token: newToken(),
    name: `Guest ${i}`,
  }));
  const expiresAt = new Date(Date.now() + 24 * 3600 * 1000);
  await db.account.createMany({ data: made.map(({ id, name }) => ({ id, name, guest: true })) });
  await db.session.createMany({
    data: made.map(({ id, token }) => ({ accountId: id, tokenHash: hashToken(token), expiresAt })),
  });
  return made.map(({ token }) => token);
}

/** User and system time of a process, from /proc (clock ticks of 10 ms). */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
