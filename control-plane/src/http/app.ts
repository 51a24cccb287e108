// The HTTP side of the control plane, put together in order. What each route does lies beside this file; what it
// needs is handed in.
import { randomUUID } from 'node:crypto';
import sse from '@fastify/sse';
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify';
import type { FleetProvider } from '../fleet/provider.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { TelemetryHub } from '../instances/telemetry.ts';
import { quietRequests } from '../quiet-requests.ts';
import type { Seats } from '../seats/flow.ts';
import type { WorldCatalog } from '../worlds/catalog.ts';
import { apiRoutes } from './api.ts';
import { answerError, errorHandling } from './errors.ts';
import { fileRoutes } from './files.ts';
import { healthRoutes } from './health.ts';
import { operatorRoutes } from './operator.ts';

export interface Services {
  readonly fleet: FleetProvider;
  readonly registry: InstanceRegistry;
  readonly telemetry: TelemetryHub;
  readonly seats: Seats;
  readonly worlds: WorldCatalog;
  readonly publicUrl: string;
  readonly consoleDir: string | undefined;
  readonly operatorToken: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly isStopping: () => boolean;
  readonly log: FastifyBaseLogger;
}

const BODY_LIMIT_BYTES = 16 * 1024;

export async function buildApp(services: Services): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: services.log,
    logController: quietRequests(),
    frameworkErrors: answerError,
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: () => randomUUID(),
    // Live streams never end by themselves.
    forceCloseConnections: true,
  });
  errorHandling(app);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
  });
  await app.register(sse.default);
  healthRoutes(app, services);
  apiRoutes(app, services);
  await app.register(async (guarded) => operatorRoutes(guarded, services));
  await fileRoutes(app, services);
  return app;
}
