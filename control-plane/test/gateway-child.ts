// `gateway-process.ts` as a process of its own, that can be killed and whose memory is its own.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { GatewayRules } from '../src/gateway/rules.ts';

export interface GatewayChild {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it holds now, after a collection (unit: bytes). One caller at a time. */
  memory(): Promise<NodeJS.MemoryUsage>;
  /** kill -9. */
  kill(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, 'gateway-process.ts');

export async function gatewayChild(
  redisUrl: string,
  rules: Partial<GatewayRules> = {},
): Promise<GatewayChild> {
  const child = fork(PROGRAM, [], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, REDIS_URL: redisUrl, RULES: JSON.stringify(rules) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return {
    url: String(line).trim(),
    process: child,
    async memory() {
      child.send('memory');
      const [usage] = (await once(child, 'message')) as [NodeJS.MemoryUsage];
      return usage;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
