// How WebSockets are taken, whatever they carry: small messages of small clients, and an end that waits for nobody.
import type { WebsocketPluginOptions } from '@fastify/websocket';

/** Between saying that this process stops and cutting off who does not go (unit: milliseconds). */
const CLOSE_MS = 1_000;
const RESTART = 1012;

/** Register this before the routes; `maxBytes` of a message, more closes the socket with 1009. */
export function webSockets(maxBytes: number): WebsocketPluginOptions {
  return {
    options: { maxPayload: maxBytes, perMessageDeflate: false, clientTracking: true },
    preClose(done) {
      const { clients } = this.websocketServer;
      for (const client of clients) client.close(RESTART, 'this process is stopping');
      setTimeout(() => {
        for (const client of clients) client.terminate();
      }, CLOSE_MS).unref();
      this.websocketServer.close(() => {});
      done();
    },
    // The socket's owner hears of it too, and of its close.
    errorHandler(error, socket, request) {
      request.log.debug({ err: error }, 'a socket failed');
      socket.terminate();
    },
  };
}
