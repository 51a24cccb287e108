// The public API for players and viewers: instances, the live stream.
import type { Services } from './app.ts';
import { liveFeed } from './live-feed.ts';
import { type App, eventStream } from './route.ts';
import { instanceListSchema, instanceView } from './views.ts';

export function apiRoutes(app: App, { directory, telemetry, stopping }: Services): void {
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
