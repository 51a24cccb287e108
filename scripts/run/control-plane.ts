// The control plane, which also serves the console. It listens on the port that the set-up page has just left.
import path from 'node:path';
import type { Options } from '../bootstrap/options.mjs';
import { checkoutRoot } from '../bootstrap/places.mjs';
import type { Parts } from '../setup/flow.ts';
import { type Addresses, publicUrl } from './addresses.ts';
import { answers, type Service } from './service.ts';

export type Stores = { databaseUrl: string; redisUrl: string };

export function controlPlane(options: Options, addresses: Addresses, parts: Parts, stores: Stores): Service {
  const { web, grpc, fleet, metrics } = addresses;
  return {
    name: 'Control plane',
    address: web.url,
    logFile: path.join(options.data, 'logs/control-plane.log'),
    stopSignal: 'SIGTERM',
    async command() {
      const env = {
        OTHERWORLD_HOST: web.host,
        OTHERWORLD_PORT: String(web.port),
        OTHERWORLD_GRPC_PORT: String(grpc.port),
        OTHERWORLD_METRICS_PORT: String(metrics.port),
        // Bots and the tests of this machine; people on other machines are bounded.
        OTHERWORLD_RATE_LIMIT_ALLOW: '127.0.0.0/8,::1',
        OTHERWORLD_DATA: options.data,
        OTHERWORLD_FLEET_URL: fleet.url,
        OTHERWORLD_PUBLIC_URL: publicUrl(web),
        OTHERWORLD_CONSOLE_DIR: parts.consoleDir,
        OTHERWORLD_WORLDS_DIR: parts.worldsDir,
        DATABASE_URL: stores.databaseUrl,
        REDIS_URL: stores.redisUrl,
      };
      return { file: process.execPath, args: [path.join(checkoutRoot, 'control-plane/src/main.ts')], env };
    },
    healthy: () => answers(`${web.url}/readyz`),
  };
}
