// A Redis (or Valkey) process of the caller's own, set as `npm start` sets it: nothing is evicted, and what was written is there
// again after a kill.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { installedClosure } from '../../scripts/setup/debian/install.ts';
import { connectRedis } from '../src/redis.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface TestRedis {
  readonly url: string;
  readonly client: Redis;
  /** As if it had lost everything. */
  flush(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, with what it had written. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function testRedis(): Promise<TestRedis> {
  const program = await redisProgram();
  const folder = await mkdtemp(path.join(tmpdir(), 'ow-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = start(program, folder, port);
  const client = connectRedis(url);
  const ready = () => until(() => answers(client, child), 20_000);
  await ready();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    url,
    client,
    kill,
    async flush() {
      await client.flushall();
    },
    async restart() {
      await kill();
      child = start(program, folder, port);
      await ready();
    },
    async close() {
      client.disconnect();
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function start(program: string, folder: string, port: number): ChildProcess {
  const settings = {
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
  const command = ['--pdeathsig', 'KILL', program, '--port', String(port), ...args];
  return spawn('setpriv', command, { stdio: 'ignore' });
}

async function answers(client: Redis, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`Redis ended with ${child.exitCode}`);
  return client.ping().then(
    () => true,
    () => false,
  );
}

/** The one named by OTHERWORLD_TEST_REDIS, else one on PATH, else the one that the set-up has brought. */
async function redisProgram(): Promise<string> {
  const named = [process.env.OTHERWORLD_TEST_REDIS, 'redis-server', 'valkey-server'];
  for (const program of named) {
    if (program && spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0) return program;
  }
  const home = await installedClosure('redis');
  if (home) return path.join(home, 'bin/redis-server');
  throw new Error(
    'There is no Redis for the tests: run `npm run test:fast`, which brings one, or set OTHERWORLD_TEST_REDIS.',
  );
}
