// The HTTP side of the control plane, put together in order. What each route does lies beside this file; what it
// needs is handed in.
import sse from '@fastify/sse';
import websocket from '@fastify/websocket';
import { type FastifyBaseLogger, type FastifyServerOptions, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Redis } from 'ioredis';
import type { AccountsFeature } from '../accounts/feature.ts';
import { accountRoutes } from '../accounts/routes.ts';
import type { WhoAsks } from '../accounts/who.ts';
import type { FleetProvider } from '../fleet/provider.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { gatewayRoutes } from '../gateway/routes.ts';
import type { Directory } from '../instances/directory.ts';
import type { Lines } from '../instances/lines.ts';
import type { TelemetryHub } from '../instances/telemetry.ts';
import { ticketRoutes } from '../matchmaking/routes.ts';
import type { Tickets } from '../matchmaking/tickets.ts';
import type { ModerationFeature } from '../moderation/feature.ts';
import { moderationRoutes } from '../moderation/routes.ts';
import type { Db } from '../persistence/connect.ts';
import { quietRequests } from '../quiet-requests.ts';
import type { Relays } from '../relay/relays.ts';
import { relayRoutes } from '../relay/routes.ts';
import type { WorldsFeature } from '../worlds/feature.ts';
import { worldRoutes } from '../worlds/routes.ts';
import type { AddressRanges } from './address-ranges.ts';
import { apiRoutes } from './api.ts';
import { answerError, errorHandling } from './errors.ts';
import { fileRoutes } from './files.ts';
import { healthRoutes } from './health.ts';
import { measureRequests } from './metrics.ts';
import { openApi } from './open-api.ts';
import { operatorRoutes } from './operator.ts';
import { rateLimits } from './rate-limits.ts';
import { requestId } from './request-id.ts';
import { type App, checkRoute, declareCommonProblems } from './route.ts';
import { refuseWhenStopping, type Stopping } from './stopping.ts';
import { webSockets } from './web-sockets.ts';

export interface Services {
  readonly fleet: FleetProvider;
  readonly directory: Directory;
  readonly lines: Lines;
  readonly telemetry: TelemetryHub;
  readonly worlds: WorldsFeature;
  readonly moderation: ModerationFeature;
  readonly tickets: Tickets;
  readonly publicUrl: string;
  readonly consoleDir: string | undefined;
  readonly gateway: Gateway;
  readonly relays: Relays;
  readonly accounts: AccountsFeature;
  readonly who: WhoAsks;
  readonly db: Db;
  readonly redis: Redis;
  readonly stopping: Stopping;
  /** Addresses that no rate limit holds for. */
  readonly unlimited: AddressRanges;
  /** Proxies whose word on a client's address is believed. */
  readonly trustedProxies: readonly string[];
  readonly log: FastifyBaseLogger;
}

const BODY_LIMIT_BYTES = 16 * 1024;
const SOCKET_MESSAGE_BYTES = 16 * 1024;

export async function buildApp(services: Services): Promise<App> {
  const { log, trustedProxies, stopping, redis, unlimited } = services;
  const app = server({ loggerInstance: log, trustProxy: [...trustedProxies] });
  measureRequests(app);
  refuseWhenStopping(app, stopping);
  await rateLimits(app, redis, unlimited);
  await app.register(sse.default);
  await app.register(websocket, webSockets(SOCKET_MESSAGE_BYTES));
  await openApi(app);
  healthRoutes(app, services);
  apiRoutesOf(app, services);
  gatewayRoutes(app, services);
  relayRoutes(app, services);
  await fileRoutes(app, services);
  return app;
}

/** All that the OpenAPI document tells of, in the order of its chapters. */
export function apiRoutesOf(app: App, services: Services): void {
  accountRoutes(app, services.accounts);
  worldRoutes(app, services.worlds, services.who);
  apiRoutes(app, services);
  ticketRoutes(app, services);
  operatorRoutes(app, services);
  moderationRoutes(app, services.moderation, services.who);
}

/** What every request passes, whatever the routes are. */
export function server(own: Pick<FastifyServerOptions, 'loggerInstance' | 'trustProxy'> = {}): App {
  const app = fastify({
    ...own,
    logController: quietRequests(),
    frameworkErrors: answerError,
    bodyLimit: BODY_LIMIT_BYTES,
    requestIdHeader: false,
    genReqId: requestId,
    // While it stops, what runs may finish, and whoever comes is told by refuseWhenStopping.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  errorHandling(app);
  app.addHook('onRoute', checkRoute);
  app.addHook('onRoute', declareCommonProblems);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
  });
  return app;
}
