// Puts the control plane together: secrets, worlds, the fleet's provider, the instances' gRPC, the public HTTP;
// and takes it apart in the opposite order. Instances and players do not notice either: they go on without it.
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { startAccounts } from './accounts/feature.ts';
import { whoAsks } from './accounts/who.ts';
import { Bus } from './bus.ts';
import { type Config, publicUrl } from './config.ts';
import { LocalFleet } from './fleet/local/provider.ts';
import { startGateway } from './gateway/feature.ts';
import { listenGrpc } from './h2c-server.ts';
import { AddressRanges } from './http/address-ranges.ts';
import { buildApp } from './http/app.ts';
import { listenMetrics } from './http/metrics.ts';
import { drain, Stopping } from './http/stopping.ts';
import { InstanceRegistry } from './instances/registry.ts';
import { type InstanceRules, instanceRoutes } from './instances/service.ts';
import { TelemetryHub } from './instances/telemetry.ts';
import { startMatchmaking } from './matchmaking/feature.ts';
import { startModeration } from './moderation/feature.ts';
import { connect } from './persistence/connect.ts';
import { requireMigrated } from './persistence/migrate/flow.ts';
import { connectRedis } from './redis.ts';
import { measureRelays } from './relay/metrics.ts';
import { Relays } from './relay/relays.ts';
import { startSeats } from './seats/feature.ts';
import { secretBytes, secretToken } from './secret-file.ts';
import { startWorlds } from './worlds/feature.ts';
import { SceneCatalog } from './worlds/scenes.ts';

const INSTANCE_RULES: InstanceRules = {
  heartbeatIntervalMs: 1_000,
  heartbeatDeadlineMs: 5_000,
  telemetryIntervalMs: 100,
};
/** Of every instance, until worlds have settings of their own. */
const OFFER_RULES = { answerMs: 2_000, keepMs: 30_000 };
/** The biggest message is telemetry: 200 bodies and 100 players are 10 KiB. */
const GRPC_MAX_BYTES = 1024 * 1024;

export interface Tuning {
  readonly instances: InstanceRules;
  readonly offers: typeof OFFER_RULES;
}

export interface ControlPlane {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  close(): Promise<void>;
}

export async function startControlPlane(
  config: Config,
  log: FastifyBaseLogger,
  tuning: Tuning = { instances: INSTANCE_RULES, offers: OFFER_RULES },
): Promise<ControlPlane> {
  const secrets = (name: string) => join(config.OTHERWORLD_DATA, 'secrets', name);
  const masterKey = secretBytes(secrets('master.key'));
  const scenes = SceneCatalog.read(config.OTHERWORLD_WORLDS_DIR);
  const fleet = new LocalFleet(config.OTHERWORLD_FLEET_URL, secretToken(secrets('fleet.token')));
  await requireMigrated(config.DATABASE_URL);
  const db = connect(config.DATABASE_URL, log);
  const redis = connectRedis(config.REDIS_URL, log);
  const bus = new Bus(redis, log);
  const works = config.OTHERWORLD_ROLES.includes('worker');
  const accounts = await startAccounts({ config, publicUrl: publicUrl(config), db, redis, bus, log, works });
  const registry = new InstanceRegistry();
  const telemetry = new TelemetryHub();
  const seating = startSeats({
    redis,
    bus,
    registry,
    telemetry,
    fleet,
    masterKey,
    relayUrl: `${publicUrl(config).replace(/^http/, 'ws')}/api/v1/relay`,
    rules: tuning.offers,
    idleMs: config.OTHERWORLD_IDLE_SECONDS * 1000,
    log,
  });
  const { directory, lines } = seating;
  const worlds = await startWorlds({
    db,
    bus,
    registry,
    directory,
    scenes,
    publicUrl: publicUrl(config),
    log,
  });
  const moderation = startModeration({ db, bus, registry, directory, lines, log });
  const relays = new Relays(masterKey);
  measureRelays(relays);
  const matchmaking = startMatchmaking({
    ...seating,
    redisUrl: config.REDIS_URL,
    redis,
    bus,
    worlds: worlds.worlds,
    fleet,
    publicUrl: publicUrl(config),
    works,
    log,
  });
  const gateway = startGateway({
    ...seating,
    db,
    redis,
    bus,
    accounts: accounts.accounts,
    tickets: matchmaking.tickets,
    worlds: worlds.worlds,
    telemetry,
    log,
  });
  const stopping = new Stopping();
  stopping.signal.addEventListener('abort', () => relays.close(), { once: true });
  stopping.signal.addEventListener('abort', () => void gateway.close(), { once: true });

  const app = await buildApp({
    fleet,
    directory: seating.directory,
    lines: seating.lines,
    telemetry,
    worlds,
    moderation,
    tickets: matchmaking.tickets,
    publicUrl: publicUrl(config),
    consoleDir: config.OTHERWORLD_CONSOLE_DIR,
    gateway,
    relays,
    accounts,
    who: whoAsks(accounts.accounts),
    db,
    redis,
    stopping,
    unlimited: new AddressRanges(config.OTHERWORLD_RATE_LIMIT_ALLOW ?? []),
    trustedProxies: config.OTHERWORLD_TRUST_PROXY ?? [],
    log,
  });
  await app.listen({ host: config.OTHERWORLD_HOST, port: config.OTHERWORLD_PORT });
  const grpc = await listenGrpc({
    routes: instanceRoutes({
      fleet,
      registry,
      telemetry,
      masterKey,
      rules: tuning.instances,
      log,
    }),
    host: config.OTHERWORLD_GRPC_HOST,
    port: config.OTHERWORLD_GRPC_PORT,
    readMaxBytes: GRPC_MAX_BYTES,
  });
  const measured = await listenMetrics(config.OTHERWORLD_METRICS_HOST, config.OTHERWORLD_METRICS_PORT);
  void follow(fleet.watch(stopping.signal), registry);

  return {
    httpPort: (app.server.address() as AddressInfo).port,
    grpcPort: grpc.port,
    metricsPort: measured.port,
    close: async () => {
      await drain(app, stopping, config.OTHERWORLD_STOP_NOTICE_SECONDS * 1000);
      await gateway.close();
      await grpc.close();
      await matchmaking.close();
      await moderation.close();
      await worlds.close();
      seating.close();
      await accounts.close();
      bus.close();
      redis.disconnect();
      await db.$disconnect();
      await measured.close();
    },
  };
}

async function follow(lists: ReturnType<LocalFleet['watch']>, registry: InstanceRegistry): Promise<void> {
  for await (const gameServers of lists) registry.observeFleet(gameServers);
}
