// `GET /api/v1/gateway`: from HTTP to a socket. `docs/reference/gateway.md` tells clients the rest, as OpenAPI has no
// words for it.
import '@fastify/websocket'; // its types: request.ws, wsHandler
import type { FastifyRequest } from 'fastify';
import type { Who, WhoAsks } from '../accounts/who.ts';
import { ApiError } from '../errors.ts';
import type { App } from '../http/route.ts';
import type { Gateway } from './gateway.ts';

export function gatewayRoutes(app: App, { gateway, who }: { gateway: Gateway; who: WhoAsks }): void {
  const signedIn = new WeakMap<FastifyRequest, Who>();
  app.route({
    method: 'GET',
    url: '/api/v1/gateway',
    schema: { hide: true },
    // Before the upgrade, so that a bad token is answered as HTTP.
    onRequest: async (request) => {
      if (!request.ws) throw new ApiError('OW_ERR_UPGRADE');
      if (request.headers.authorization !== undefined) signedIn.set(request, await who.signedIn(request));
    },
    handler: async () => {
      throw new ApiError('OW_ERR_UPGRADE');
    },
    wsHandler: (socket, request) => gateway.connect(socket, signedIn.get(request)),
  });
}
