// The supervisor's HTTP side, which `provider.ts` speaks. It listens on loopback: whoever is on this machine may
// look, and whoever can read the token in the data folder may change something.
import sse from '@fastify/sse';
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify';
import { z } from 'zod';
import { isBearer } from '../../bearer.ts';
import { quietRequests } from '../../quiet-requests.ts';
import type { GameServerView } from '../game-server.ts';
import type { Credentials } from './credentials.ts';
import type { Fleet } from './fleet.ts';

const selectors = z.object({
  selectors: z
    .array(z.object({ matchLabels: z.record(z.string(), z.string()).exactOptional() }))
    .max(16)
    .default([]),
});
const scale = z.object({ replicas: z.int().min(0).max(1000) });
const credential = z.object({ credential: z.string().max(4096) });

export interface SupervisorApi {
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly token: string;
  readonly log: FastifyBaseLogger;
}

export async function buildSupervisorApi({
  fleet,
  credentials,
  token,
  log,
}: SupervisorApi): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    logController: quietRequests(),
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
  });
  await app.register(sse.default);
  app.setErrorHandler(async (error, _request, reply) => {
    const bad = error instanceof z.ZodError;
    const status = bad ? 400 : ((error as { statusCode?: number }).statusCode ?? 500);
    if (status >= 500) log.error({ err: error }, 'request failed');
    await reply.code(status).send({ message: bad ? z.prettifyError(error) : (error as Error).message });
  });
  looks(app, fleet);
  await app.register(async (guarded) => {
    guarded.addHook('onRequest', async (request, reply) => {
      if (!isBearer(request.headers.authorization, token))
        await reply.code(401).send({ message: 'token needed' });
    });
    changes(guarded, fleet, credentials);
  });
  return app;
}

function looks(app: FastifyInstance, fleet: Fleet): void {
  app.get('/healthz', async () => ({ ok: true, replicas: fleet.replicas }));
  app.get('/v1/gameservers', async () => ({ gameServers: fleet.list() }));
  app.get('/v1/gameservers/watch', { sse: 'only' }, async (_request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    await reply.sse.send(events(fleet.watch(gone.signal)));
  });
}

function changes(app: FastifyInstance, fleet: Fleet, credentials: Credentials): void {
  app.post('/v1/allocate', async (request, reply) => {
    const gameServer = fleet.allocate(selectors.parse(request.body ?? {}).selectors);
    if (gameServer === undefined) return reply.code(409).send({ message: 'no Ready GameServer matches' });
    return gameServer;
  });
  app.patch('/v1/fleet', async (request) => {
    fleet.scale(scale.parse(request.body).replicas);
    return { replicas: fleet.replicas };
  });
  app.post('/v1/identify', async (request, reply) => {
    const identity = credentials.identify(credential.parse(request.body).credential);
    return identity ?? reply.code(404).send({ message: "nobody's credential" });
  });
  app.delete<{ Params: { name: string } }>('/v1/gameservers/:name', async (request, reply) => {
    const removed = fleet.remove(request.params.name);
    return reply.code(removed ? 202 : 404).send({ removed });
  });
}

async function* events(lists: AsyncIterable<readonly GameServerView[]>) {
  for await (const gameServers of lists) yield { event: 'gameservers', data: { gameServers } };
}
