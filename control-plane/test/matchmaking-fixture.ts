// Matchmaking as it runs: any number of planes over one Redis, one database and one fleet, all real, with tiny processes
// in the fleet and fake instances on the line of one plane or the other. What a plane has of HTTP is left out.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Who } from '../src/accounts/who.ts';
import { Bus } from '../src/bus.ts';
import { listenGrpc } from '../src/h2c-server.ts';
import { InstanceRegistry } from '../src/instances/registry.ts';
import { instanceRoutes } from '../src/instances/service.ts';
import { TelemetryHub } from '../src/instances/telemetry.ts';
import { startMatchmaking } from '../src/matchmaking/feature.ts';
import type { QueueRules } from '../src/matchmaking/queue.ts';
import type { TicketAsk, TicketNews } from '../src/matchmaking/ticket.ts';
import { connectRedis } from '../src/redis.ts';
import { startSeats } from '../src/seats/feature.ts';
import { SceneCatalog } from '../src/worlds/scenes.ts';
import { Worlds } from '../src/worlds/worlds.ts';
import { worldsFolder } from './control-plane-fixture.ts';
import { FakeInstance, type FakeOptions } from './fake-instance.ts';
import { person } from './people.ts';
import { testDatabase, testRedis } from './stores.ts';
import { quiet, supervisorFixture } from './supervisor-fixture.ts';
import { until } from './until.ts';

const MASTER_KEY = new Uint8Array(32).fill(7);
const INSTANCE_RULES = { heartbeatIntervalMs: 500, heartbeatDeadlineMs: 20_000, telemetryIntervalMs: 0 };

export async function matchmakingFixture({ replicas = 1, planes = 1, rules }: FixtureOptions = {}) {
  const [database, redis, ground] = await Promise.all([
    testDatabase(),
    testRedis(),
    supervisorFixture({ replicas }),
  ]);
  const { fleet, data } = ground;
  const scenes = SceneCatalog.read(worldsFolder());
  const { db } = database;
  const scene = scenes.all()[0]?.sha256 as string;
  const started: Plane[] = [];
  const fakes: FakeInstance[] = [];

  const plane = async ({ works = true } = {}) => {
    const made = await startPlane({
      redisUrl: redis.url,
      fleet,
      works,
      rules,
      worlds: new Worlds(db, scenes),
    });
    started.push(made);
    return made;
  };
  for (let i = 0; i < planes; i += 1) await plane();

  return {
    fleet,
    redis,
    db,
    planes: started,
    plane,

    async world(more: { kind?: 'shared' | 'copies'; capacity?: number } = {}) {
      const slug = `w-${randomUUID()}`;
      return db.world.create({ data: { slug, name: slug, folded: slug, scene, kind: 'copies', ...more } });
    },

    people: (count: number): Promise<Who[]> =>
      Promise.all(Array.from({ length: count }, (_, i) => person(db, { name: `Guest ${i}`, guest: true }))),

    /** Puts a fake instance on the line of the next plane for each Ready process of the fleet that has none yet. */
    async populate(count = replicas, options: Partial<FakeOptions> = {}): Promise<FakeInstance[]> {
      const known = new Set(fakes.map(({ name }) => name));
      const servers = await until(async () => {
        const ready = (await fleet.list()).filter(({ state, name }) => state === 'Ready' && !known.has(name));
        return ready.length >= count && ready.slice(0, count);
      }, 30_000);
      const dialled = servers.map(({ name, uid }, at) => {
        const credential = readFileSync(join(data, 'fleet/identities', name), 'utf8');
        const { grpcPort } = started[at % started.length] as Plane;
        const controlUrl = `http://127.0.0.1:${grpcPort}`;
        return new FakeInstance({ controlUrl, name, uid, credential, heartbeatMs: 500, ...options });
      });
      fakes.push(...dialled);
      const { directory } = (started[0] as Plane).seating;
      await until(async () => {
        const seen = await directory.all();
        return dialled.every(({ name }) => seen.some((one) => one.name === name && one.reachable));
      });
      return dialled;
    },

    fakeOf: (name: string) => fakes.find((fake) => fake.name === name) as FakeInstance,

    async close() {
      for (const fake of fakes) fake.hangUp();
      for (const one of started) await one.close();
      await ground.supervisor.close();
      await redis.close();
      await database.close();
    },
  };
}

interface FixtureOptions {
  replicas?: number;
  planes?: number;
  rules?: QueueRules;
}

async function startPlane({ redisUrl, fleet, works, rules, worlds }: PlaneOptions) {
  const log = quiet;
  const redis = connectRedis(redisUrl);
  const bus = new Bus(redis);
  const registry = new InstanceRegistry();
  const telemetry = new TelemetryHub();
  const offers = { answerMs: 2_000, keepMs: 30_000 };
  const seating = startSeats({
    redis,
    bus,
    registry,
    telemetry,
    fleet,
    masterKey: MASTER_KEY,
    rules: offers,
    idleMs: 60_000,
    log,
  });
  const grpc = await listenGrpc({
    routes: instanceRoutes({ fleet, registry, telemetry, masterKey: MASTER_KEY, rules: INSTANCE_RULES, log }),
    host: '127.0.0.1',
    port: 0,
    readMaxBytes: 1 << 20,
  });
  const stopping = new AbortController();
  const following = (async () => {
    for await (const servers of fleet.watch(stopping.signal)) registry.observeFleet(servers);
  })();
  const matchmaking = startMatchmaking({
    ...seating,
    redisUrl,
    redis,
    bus,
    worlds,
    fleet,
    publicUrl: 'http://127.0.0.1:7400',
    works,
    ...(rules && { rules }),
    log,
  });
  await bus.subscribed();
  const { tickets } = matchmaking;
  return {
    bus,
    seating,
    tickets,
    grpcPort: grpc.port,

    /** Asks and waits, as a long poll does. */
    async seat(who: Who, ask: TicketAsk, waitMs = 20_000): Promise<TicketNews> {
      const { news } = await tickets.ask(ask, who);
      return tickets.decided(news, AbortSignal.timeout(waitMs));
    },

    async close() {
      stopping.abort();
      await matchmaking.close();
      await following;
      await grpc.close();
      seating.close();
      bus.close();
      redis.disconnect();
    },
  };
}

interface PlaneOptions {
  redisUrl: string;
  fleet: Awaited<ReturnType<typeof supervisorFixture>>['fleet'];
  works: boolean;
  rules: QueueRules | undefined;
  worlds: Worlds;
}

export type Plane = Awaited<ReturnType<typeof startPlane>>;
export type MatchmakingFixture = Awaited<ReturnType<typeof matchmakingFixture>>;
