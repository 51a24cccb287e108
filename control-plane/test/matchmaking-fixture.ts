// Matchmaking as it runs: any number of planes over one Redis, one database and one fleet, all real, with tiny processes
// in the fleet and fake instances on the line of one plane or the other. What a plane has of HTTP is left out.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Who } from '../src/accounts/who.ts';
import { Bus } from '../src/bus.ts';
import { listenGrpc } from '../src/h2c-server.ts';
import type { InstanceEntry } from '../src/instances/directory.ts';
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
import { testDatabase, testRedis } from './stores.ts';
import { quiet, supervisorFixture } from './supervisor-fixture.ts';
import { until } from './until.ts';

const MASTER_KEY = new Uint8Array(32).fill(7);
const INSTANCE_RULES = { heartbeatIntervalMs: 500, heartbeatDeadlineMs: 20_000, telemetryIntervalMs: 0 };

export async function matchmakingFixture({ replicas = 1, planes = 1, rules, instance }: FixtureOptions = {}) {
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

  /** Each process of the fleet has a fake instance, on the line of one plane or another. */
  const stopping = new AbortController();
  const attending = (async () => {
    for await (const servers of fleet.watch(stopping.signal)) {
      for (const { state, name, uid } of servers) {
        if (state !== 'Ready' || fakes.some((fake) => fake.name === name)) continue;
        const credential = readFileSync(join(data, 'fleet/identities', name), 'utf8');
        const { grpcPort } = started[fakes.length % planes] as Plane;
        const controlUrl = `http://127.0.0.1:${grpcPort}`;
        fakes.push(new FakeInstance({ controlUrl, name, uid, credential, heartbeatMs: 500, ...instance }));
      }
    }
  })();

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

    async people(count: number): Promise<Who[]> {
      const made = Array.from({ length: count }, (_, i) => ({ id: randomUUID(), name: `Guest ${i}` }));
      await db.account.createMany({ data: made.map((one) => ({ ...one, guest: true })) });
      return made.map((one) => ({
        account: { ...one, role: 'player', guest: true },
        session: randomUUID(),
      }));
    },

    /** Resolves when so many instances are Ready and on the line. */
    async ready(count = replicas): Promise<void> {
      const { directory } = (started[0] as Plane).seating;
      const isSpare = ({ state, reachable }: InstanceEntry) => state === 'Ready' && reachable;
      await until(async () => (await directory.all()).filter(isSpare).length === count, 60_000);
    },

    fakeOf: (name: string) => fakes.find((fake) => fake.name === name) as FakeInstance,

    async close() {
      stopping.abort();
      await attending;
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
  instance?: Partial<FakeOptions>;
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
