// The public API for players and viewers: worlds, joining, instances, the live stream.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { worldRef } from '../worlds/reference.ts';
import type { Services } from './app.ts';
import { liveFeed } from './live-feed.ts';
import { instanceView, joinedView } from './views.ts';

const joinBody = z.object({ name: z.string().max(256).default('') });

export function apiRoutes(
  app: FastifyInstance,
  { seats, registry, telemetry, worlds, publicUrl }: Services,
): void {
  app.get('/api/v1/worlds', async () => ({
    worlds: worlds.all().map((world) => ({ ...worldRef(world, publicUrl), bytes: world.bytes.length })),
  }));

  app.post<{ Params: { world: string } }>('/api/v1/worlds/:world/join', async (request) => {
    const { name } = joinBody.parse(request.body ?? {});
    if (worlds.byId(request.params.world) === undefined) throw new ApiError('OW_ERR_UNKNOWN_WORLD');
    return joinedView(await seats.join(request.params.world, name));
  });

  app.get('/api/v1/instances', async () => ({ instances: registry.all().map(instanceView) }));

  app.get('/api/v1/instances/stream', { sse: 'only' }, async (_request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    await reply.sse.send(liveFeed(registry, telemetry, gone.signal));
  });
}
