// What an admin may do with instances and the fleet.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import type { Directory } from '../instances/directory.ts';
import type { Services } from './app.ts';
import { type App, problems, SIGNED_IN } from './route.ts';
import { decimal, instanceName, text } from './schemas.ts';

const MOST_REPLICAS = 1000;
const REFUSED = ['OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_FORBIDDEN'] as const;

const named = z.strictObject({ name: instanceName });
const kickBody = z.strictObject({ seat: decimal, reason: text(0, 256).default('') });
const scaleBody = z.strictObject({ replicas: z.int().min(0).max(MOST_REPLICAS) });

export function operatorRoutes(app: App, { directory, lines, fleet, who }: Services): void {
  const onRequest = async (request: FastifyRequest) => {
    await who.atLeast(request, 'admin');
  };
  const guarded = { tags: ['operations'], security: SIGNED_IN };

  app.post(
    '/api/v1/instances/:name/kick',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'kick',
        summary: 'Sends a player out of an instance',
        params: named,
        body: kickBody,
        response: {
          200: z.object({ kicked: decimal }),
          ...problems(...REFUSED, 'OW_ERR_UNKNOWN_INSTANCE', 'OW_ERR_UNKNOWN_SEAT', 'OW_ERR_INSTANCE_SILENT'),
        },
      },
    },
    async ({ params, body }) => {
      await known(directory, params.name);
      passedOn(await lines.kick(params.name, BigInt(body.seat), body.reason));
      return { kicked: body.seat };
    },
  );

  app.post(
    '/api/v1/instances/:name/drain',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'drain',
        summary: 'Lets nobody more into an instance; it ends when it is empty',
        params: named,
        response: {
          200: z.object({ draining: instanceName }),
          ...problems(...REFUSED, 'OW_ERR_UNKNOWN_INSTANCE', 'OW_ERR_INSTANCE_SILENT'),
        },
      },
    },
    async ({ params }) => {
      await known(directory, params.name);
      passedOn(await lines.drain(params.name));
      return { draining: params.name };
    },
  );

  app.post(
    '/api/v1/fleet/scale',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'scaleFleet',
        summary: 'Sets how many instances the fleet keeps',
        body: scaleBody,
        response: { 200: scaleBody, ...problems(...REFUSED, 'OW_ERR_FLEET_UNAVAILABLE') },
      },
    },
    async ({ body }) => {
      await fleet.scale(body.replicas);
      return body;
    },
  );
}

async function known(directory: Directory, name: string): Promise<void> {
  const instances = await directory.known();
  if (!instances.some((one) => one.name === name)) throw new ApiError('OW_ERR_UNKNOWN_INSTANCE');
}

function passedOn(outcome: 'done' | 'unknown_seat' | 'lost'): void {
  if (outcome === 'unknown_seat') throw new ApiError('OW_ERR_UNKNOWN_SEAT');
  if (outcome === 'lost') throw new ApiError('OW_ERR_INSTANCE_SILENT');
}
