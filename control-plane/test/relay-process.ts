// The relay by itself: the real one behind real HTTP. Run as a program (`node control-plane/test/relay-process.ts`) it is a process
// whose cost can be measured: it says its port, and its CPU time at each line that it is sent.
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import websocket from '@fastify/websocket';
import { server } from '../src/http/app.ts';
import { webSockets } from '../src/http/web-sockets.ts';
import { Relays } from '../src/relay/relays.ts';
import { relayRoutes } from '../src/relay/routes.ts';
import { RELAY_RULES, type RelayRules } from '../src/relay/rules.ts';

export const RELAY_KEY: Uint8Array = new Uint8Array(32).fill(7);
/** As in the control plane, where the gateway's messages are larger than a packet. */
const MAX_MESSAGE_BYTES = 16 * 1024;

export async function relayServer(rules: Partial<RelayRules> = {}) {
  const relays = new Relays(RELAY_KEY, { ...RELAY_RULES, ...rules });
  const app = server();
  await app.register(websocket, webSockets(MAX_MESSAGE_BYTES));
  relayRoutes(app, { relays });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    relays,
    port,
    async close() {
      relays.close();
      await app.close();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { port, relays, close } = await relayServer();
  const say = (text: object) => process.stdout.write(`${JSON.stringify(text)}\n`);
  say({ port });
  for await (const _ of createInterface(process.stdin))
    say({ cpu: process.cpuUsage(), counts: relays.counts, open: relays.open, memory: process.memoryUsage() });
  await close();
}
