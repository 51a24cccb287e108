// What an operator may do. Each action needs the token from the data folder, compared in constant time.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isBearer } from '../bearer.ts';
import { ApiError } from '../errors.ts';
import { type Instance, lineOf } from '../instances/instance.ts';
import type { Line } from '../instances/line.ts';
import { outgoing } from '../instances/messages.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { Services } from './app.ts';

const decimal = z.string().regex(/^[0-9]{1,20}$/);
const kickBody = z.object({ seat: decimal.transform(BigInt), reason: z.string().max(256).default('') });
const scaleBody = z.object({ replicas: z.int().min(0).max(1000) });

export function operatorRoutes(app: FastifyInstance, { registry, fleet, operatorToken }: Services): void {
  app.addHook('onRequest', async (request) => {
    if (!isBearer(request.headers.authorization, operatorToken)) throw new ApiError('OW_ERR_OPERATOR_TOKEN');
  });

  app.post<{ Params: { name: string } }>('/api/v1/instances/:name/kick', async (request) => {
    const { seat, reason } = kickBody.parse(request.body);
    const { instance, line } = reach(registry, request.params.name);
    if (!instance.seats.has(seat)) throw new ApiError('OW_ERR_UNKNOWN_SEAT');
    line.send(outgoing({ case: 'kick', value: { seat, reason } }));
    return { kicked: String(seat) };
  });

  app.post<{ Params: { name: string } }>('/api/v1/instances/:name/drain', async (request) => {
    const { instance, line } = reach(registry, request.params.name);
    line.send(outgoing({ case: 'drain', value: {} }));
    instance.draining = true;
    registry.changed();
    return { draining: instance.name };
  });

  app.post('/api/v1/fleet/scale', async (request) => {
    const { replicas } = scaleBody.parse(request.body);
    await fleet.scale(replicas);
    return { replicas };
  });
}

function reach(registry: InstanceRegistry, name: string): { instance: Instance; line: Line } {
  const instance = registry.get(name);
  if (instance === undefined) throw new ApiError('OW_ERR_UNKNOWN_INSTANCE');
  const line = lineOf(instance);
  if (line === undefined) throw new ApiError('OW_ERR_INSTANCE_SILENT');
  return { instance, line };
}
