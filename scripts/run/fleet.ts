// The fleet supervisor, which starts the Godot instances and serves each the Agones SDK.
import path from 'node:path';
import type { Options } from '../bootstrap/options.mjs';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { godotServer } from '../setup/project.ts';
import type { Addresses } from './addresses.ts';
import { answers, type Service } from './service.ts';

export function fleet(options: Options, addresses: Addresses, godot: string): Service {
  const { fleet: at, grpc, udp } = addresses;
  return {
    name: 'Fleet supervisor',
    address: at.url,
    logFile: path.join(options.data, 'logs/fleet.log'),
    stopSignal: 'SIGTERM',
    async command() {
      const env = {
        OTHERWORLD_FLEET_PORT: String(at.port),
        OTHERWORLD_DATA: options.data,
        OTHERWORLD_INSTANCES: String(options.instances),
        OTHERWORLD_UDP_BASE_PORT: String(udp.port),
        OTHERWORLD_UDP_HOST: udp.host,
        OTHERWORLD_CONTROL_URL: grpc.url,
        OTHERWORLD_INSTANCE_COMMAND: JSON.stringify([godot, '--headless', '--path', godotServer]),
      };
      return {
        file: process.execPath,
        args: [path.join(checkoutRoot, 'control-plane/src/fleet/local/main.ts')],
        env,
      };
    },
    healthy: () => answers(`${at.url}/healthz`),
  };
}
