// The public API for players and viewers: joining, instances, the live stream.
import { z } from 'zod';
import type { Services } from './app.ts';
import { liveFeed } from './live-feed.ts';
import { type App, eventStream, problems } from './route.ts';
import { text } from './schemas.ts';
import { instanceListSchema, instanceView, joinedSchema } from './views.ts';

const joinParams = z.strictObject({ world: text(1, 64) });
const joinBody = z.strictObject({ name: text(0, 256).default('') });

export function apiRoutes(app: App, { joining, directory, telemetry, worlds, stopping }: Services): void {
  app.post(
    '/api/v1/worlds/:world/join',
    {
      schema: {
        operationId: 'joinWorld',
        tags: ['worlds'],
        summary: 'A seat for a guest, and the tokens that open it',
        params: joinParams,
        body: joinBody,
        response: {
          200: joinedSchema,
          ...problems(
            'OW_ERR_UNKNOWN_WORLD',
            'OW_ERR_NO_ROOM',
            'OW_ERR_SEAT_TIMEOUT',
            'OW_ERR_SEATS_AWAY',
            'OW_ERR_FLEET_UNAVAILABLE',
          ),
        },
      },
    },
    async ({ params, body }) => {
      const world = await worlds.worlds.visit(params.world, undefined);
      return joining.join(worlds.assignmentOf(world), body.name);
    },
  );

  app.get(
    '/api/v1/instances',
    {
      schema: {
        operationId: 'listInstances',
        tags: ['instances'],
        summary: 'The instances of the fleet',
        response: { 200: instanceListSchema },
      },
    },
    async () => ({ instances: (await directory.known()).map(instanceView) }),
  );

  app.get(
    '/api/v1/instances/stream',
    {
      sse: 'only',
      schema: {
        operationId: 'followInstances',
        tags: ['instances'],
        summary: 'The instances and what moves in them, as it happens',
        response: {
          200: eventStream(
            'Events `instances` (InstanceList) at each change and `telemetry` (Telemetry); `stopping` before this process ends it.',
          ),
        },
      },
    },
    async (_request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      await reply.sse.send(liveFeed(directory, telemetry, gone.signal, stopping.signal));
    },
  );
}
