// A whole supervisor with tiny instances, in this process or in one of its own, on free ports and a folder of its
// own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { LocalFleet } from '../src/fleet/local/provider.ts';
import { startSupervisor, type Tuning } from '../src/fleet/local/supervisor.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export { freePort };

/** No deadline that a busy machine could miss, and little grace. */
export const PATIENT: Tuning = {
  health: { disabled: false, initialDelayMs: 60_000, periodMs: 5_000, failureThreshold: 3 },
  graceMs: 500,
};
export const SWIFT: Tuning = {
  health: { disabled: false, initialDelayMs: 4_000, periodMs: 300, failureThreshold: 3 },
  graceMs: 500,
};

export const quiet = pino({ level: 'silent' });

const tinyInstance = join(import.meta.dirname, 'tiny-instance.ts');
const tinyCommand = (behaviour: string): [string, ...string[]] => [process.execPath, tinyInstance, behaviour];

export const freshFolder = () => mkdtempSync(join(tmpdir(), 'ow-fleet-'));

export async function supervisorFixture({
  behaviour = 'healthy',
  replicas = 1,
  tuning = PATIENT,
  controlUrl = 'http://127.0.0.1:9',
  data = freshFolder(),
  command = tinyCommand(behaviour),
  port = 0,
  recordDir,
}: {
  behaviour?: string;
  replicas?: number;
  tuning?: Tuning;
  controlUrl?: string;
  data?: string;
  command?: [string, ...string[]];
  port?: number;
  recordDir?: string;
} = {}) {
  const supervisor = await startSupervisor(
    {
      OTHERWORLD_FLEET_HOST: '127.0.0.1',
      OTHERWORLD_FLEET_PORT: port,
      OTHERWORLD_DATA: data,
      OTHERWORLD_INSTANCES: replicas,
      OTHERWORLD_UDP_BASE_PORT: 27_420,
      OTHERWORLD_UDP_HOST: '127.0.0.1',
      OTHERWORLD_CONTROL_URL: controlUrl,
      OTHERWORLD_INSTANCE_COMMAND: command,
      OTHERWORLD_RECORD_DIR: recordDir,
      OTHERWORLD_LOG_LEVEL: 'info',
    },
    quiet,
    tuning,
  );
  const url = `http://127.0.0.1:${supervisor.port}`;
  return { supervisor, data, url, fleet: fleetClient(url, data) };
}

export function fleetClient(url: string, data: string): LocalFleet {
  return new LocalFleet(url, readFileSync(join(data, 'secrets/fleet.token'), 'utf8'));
}

/** The real `main.ts` as a process, for what happens when it is killed. */
export async function supervisorProcess(
  data: string,
  replicas: number,
): Promise<{ child: ChildProcess; url: string }> {
  const port = await freePort();
  const main = join(import.meta.dirname, '../src/fleet/local/main.ts');
  const child = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      ...process.env,
      OTHERWORLD_FLEET_PORT: String(port),
      OTHERWORLD_DATA: data,
      OTHERWORLD_INSTANCES: String(replicas),
      OTHERWORLD_UDP_BASE_PORT: '28420',
      OTHERWORLD_CONTROL_URL: 'http://127.0.0.1:9',
      OTHERWORLD_INSTANCE_COMMAND: JSON.stringify(tinyCommand('stubborn')),
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    15_000,
  );
  return { child, url };
}
