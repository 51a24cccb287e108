// What an admin may do with instances and the fleet. Each has its entry in the audit log first.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Who } from '../accounts/who.ts';
import { ApiError } from '../errors.ts';
import type { Directory } from '../instances/directory.ts';
import { audit, type Deed } from '../moderation/audit.ts';
import { transaction } from '../persistence/transaction.ts';
import type { Services } from './app.ts';
import { type App, problems, SIGNED_IN } from './route.ts';
import { instanceName } from './schemas.ts';

const MOST_REPLICAS = 1000;
const REFUSED = ['OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_FORBIDDEN', 'OW_ERR_BUSY'] as const;

const named = z.strictObject({ name: instanceName });
const scaleBody = z.strictObject({ replicas: z.int().min(0).max(MOST_REPLICAS) });

export function operatorRoutes(app: App, { db, directory, lines, fleet, who }: Services): void {
  const write = (actor: Who, deed: Omit<Deed, 'actor'>) =>
    transaction(db, (tx) => audit(tx, { actor: actor.account.id, ...deed }));
  // Before anything of the request is looked at.
  const onRequest = async (request: FastifyRequest) => void (await who.atLeast(request, 'admin'));
  const guarded = { tags: ['operations'], security: SIGNED_IN };

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
    async (request) => {
      const admin = await who.signedIn(request);
      const { params } = request;
      await known(directory, params.name);
      await write(admin, { action: 'instance.drain', target: params.name });
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
    async (request) => {
      const admin = await who.signedIn(request);
      const { body } = request;
      await write(admin, { action: 'fleet.scale', target: 'fleet', detail: body });
      await fleet.scale(body.replicas);
      return body;
    },
  );
}

async function known(directory: Directory, name: string): Promise<void> {
  const instances = await directory.known();
  if (!instances.some((one) => one.name === name)) throw new ApiError('OW_ERR_UNKNOWN_INSTANCE');
}

function passedOn(outcome: 'done' | 'lost'): void {
  if (outcome === 'lost') throw new ApiError('OW_ERR_INSTANCE_SILENT');
}
