// Redis (or Valkey), as BullMQ and the seat reservation want it: nothing is evicted, every write goes to the append-only file.
// The settings go in by standard input, so that the password shows in no process list.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import type { Address } from './addresses.ts';
import { localSecret } from './secrets.ts';
import type { Service } from './service.ts';

export async function redis(
  program: string,
  data: string,
  { host, port }: Address,
): Promise<{ service: Service; url: string }> {
  const password = await localSecret(data, 'redis.password');
  const home = path.join(data, 'redis');
  const url = `redis://:${password}@${host}:${port}`;
  const settings = {
    bind: host,
    port,
    dir: JSON.stringify(home),
    requirepass: password,
    appendonly: 'yes',
    save: '""',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const input = Object.entries(settings)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');
  const service: Service = {
    name: 'Redis',
    address: `${host}:${port}`,
    logFile: path.join(data, 'logs/redis.log'),
    stopSignal: 'SIGTERM',
    async command() {
      await mkdir(home, { recursive: true });
      return { file: program, args: ['-'], input };
    },
    healthy: () => pings(url),
  };
  return { service, url };
}

async function pings(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000 });
  client.on('error', () => {}); // not there yet
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}
