// The real local fleet for the crate's tests of its SDK side: one GameServer whose process only writes down its environment and
// sleeps, so that the test can speak to its SDK in that process's place. Arguments: a folder, health period and threshold.
// It ends with its standard input.
import { join } from 'node:path';
import { pino } from 'pino';
import { startSupervisor } from '../../../control-plane/src/fleet/local/supervisor.ts';

const [folder = '', periodMs, failureThreshold] = process.argv.slice(2);
const supervisor = await startSupervisor(
  {
    OTHERWORLD_FLEET_HOST: '127.0.0.1',
    OTHERWORLD_FLEET_PORT: 0,
    OTHERWORLD_DATA: folder,
    OTHERWORLD_INSTANCES: 1,
    OTHERWORLD_UDP_BASE_PORT: 17420,
    OTHERWORLD_UDP_HOST: '127.0.0.1',
    OTHERWORLD_CONTROL_URL: 'http://127.0.0.1:9',
    OTHERWORLD_INSTANCE_COMMAND: [
      'sh',
      '-c',
      'env > "$0.new" && mv "$0.new" "$0" && exec sleep 1000',
      join(folder, 'env'),
    ],
    OTHERWORLD_LOG_LEVEL: 'info',
  },
  pino(pino.destination(2)),
  {
    health: {
      disabled: false,
      initialDelayMs: 0,
      periodMs: Number(periodMs),
      failureThreshold: Number(failureThreshold),
    },
    graceMs: 1000,
  },
);
console.log(supervisor.port);
process.stdin.once('end', () => supervisor.close()).resume();
