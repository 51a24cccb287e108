// `GET /api/v1/relay?ticket=…`: the WebSocket for players whose network lets no UDP through. One binary message is one netcode
// packet, either way.
import '@fastify/websocket'; // its types: request.ws, wsHandler
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import type { App } from '../http/route.ts';
import type { Relays } from './relays.ts';
import type { RelayClaim } from './ticket.ts';

const querystring = z.strictObject({ ticket: z.string().min(1).max(1_000) });

export function relayRoutes(app: App, { relays }: { relays: Relays }): void {
  const claims = new WeakMap<FastifyRequest, RelayClaim>();
  app.route({
    method: 'GET',
    url: '/api/v1/relay',
    schema: { hide: true, querystring },
    // Before the upgrade, so that a ticket that is none is answered as HTTP.
    preHandler: async (request) => {
      if (!request.ws) throw new ApiError('OW_ERR_UPGRADE');
      claims.set(request, relays.admit(request.query.ticket));
    },
    handler: async () => {
      throw new ApiError('OW_ERR_UPGRADE');
    },
    wsHandler: (socket, request) => relays.connect(socket, claims.get(request) as RelayClaim),
  });
}
