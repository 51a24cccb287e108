// The real `main.ts` as a process with the role `worker` over a fixture's stores and fleet, for what happens when it is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Fixture } from './control-plane-fixture.ts';
import { freePort } from './supervisor-fixture.ts';
import { until } from './until.ts';

export interface WorkerProcess {
  /** kill -9. */
  kill(): Promise<void>;
}

export async function workerProcess({ config }: Fixture): Promise<WorkerProcess> {
  const [http, grpc] = [await freePort(), await freePort()];
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      OTHERWORLD_ROLES: 'worker',
      OTHERWORLD_PORT: String(http),
      OTHERWORLD_GRPC_PORT: String(grpc),
      OTHERWORLD_METRICS_PORT: '0',
      OTHERWORLD_DATA: config.OTHERWORLD_DATA,
      OTHERWORLD_FLEET_URL: config.OTHERWORLD_FLEET_URL,
      OTHERWORLD_WORLDS_DIR: config.OTHERWORLD_WORLDS_DIR,
      OTHERWORLD_LOG_LEVEL: 'error',
      DATABASE_URL: config.DATABASE_URL,
      REDIS_URL: config.REDIS_URL,
    },
  });
  const isUp = () =>
    fetch(`http://127.0.0.1:${http}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isUp, 60_000);
  return {
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
