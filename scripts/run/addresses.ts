// Which port belongs to whom, all counted from the web port, so that a second copy only needs another `--port`.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Options } from '../bootstrap/options.mjs';
import { cannotListen } from '../bootstrap/page.mjs';

const LOCAL = '127.0.0.1';
const UDP_OFFSET = 20;

export type Address = { host: string; port: number; url: string };

export type Addresses = {
  /** HTTP API and console. */
  web: Address;
  /** The control plane's gRPC, which instances dial. */
  grpc: Address;
  /** The fleet supervisor's HTTP. */
  fleet: Address;
  postgres: Address;
  redis: Address;
  /** What the control plane counts, for Prometheus. */
  metrics: Address;
  /** The first instance's UDP; the others follow. */
  udp: Address;
};

export function planAddresses({ host, port }: Options): Addresses {
  const at = (offset: number, bind = LOCAL): Address => ({
    host: bind,
    port: port + offset,
    url: `http://${reachable(bind)}:${port + offset}`,
  });
  return {
    web: at(0, host),
    grpc: at(1),
    fleet: at(2),
    postgres: at(3),
    redis: at(4),
    metrics: at(5),
    udp: at(UDP_OFFSET, host),
  };
}

/** Where others reach the web port; bound to every address, that is this machine's first outside one. */
export function publicUrl({ host, port, url }: Address): string {
  if (host !== '0.0.0.0' && host !== '::') return url;
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => !internal && family === 'IPv4');
  return outside ? `http://${outside.address}:${port}` : url;
}

/** The address to dial from this machine for something that binds `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return LOCAL;
  return host.includes(':') ? `[${host}]` : host;
}

/** Refuses when a port is taken. The web port is not asked for: the set-up page holds it. */
export async function requirePorts({ grpc, fleet, postgres, redis, metrics, udp }: Addresses): Promise<void> {
  await requireTcp(grpc, "the control plane's gRPC");
  await requireTcp(fleet, 'the fleet supervisor');
  await requireTcp(postgres, 'PostgreSQL');
  await requireTcp(redis, 'Redis');
  await requireTcp(metrics, "the control plane's metrics");
  await requireUdp(udp, "the first instance's UDP");
}

function requireTcp({ host, port }: Address, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(cannotListen(error, host, port, what)));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

function requireUdp({ host, port }: Address, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => reject(cannotListen(error, host, port, what)));
    socket.bind(port, host, () => socket.close(() => resolve()));
  });
}
