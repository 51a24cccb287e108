// A lock between processes, held by flock(1) on our behalf. The kernel frees it when its holder dies, however it dies, so
// there is no stale lock to wait out (proper-lockfile and friends wait seconds for a timestamp to age after a kill -9).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const TAKEN = 75;

/**
 * @param {string} file
 * @returns {Promise<(() => Promise<void>) | undefined>} how to release it, or nothing when another process holds it
 */
export function tryLock(file) {
  return hold(file, ['--nonblock', '--conflict-exit-code', String(TAKEN)]);
}

/**
 * Does work while holding the lock.
 * @template T
 * @param {string} file
 * @param {{signal: AbortSignal, onWait?: () => void}} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { signal, onWait }, work) {
  let release = await tryLock(file);
  if (!release) {
    onWait?.();
    release = await hold(file, [], signal);
  }
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    await release?.();
  }
}

/**
 * The holder lives as long as our end of its standard input.
 * @param {string} file
 * @param {string[]} flags
 * @param {AbortSignal} [signal]
 * @returns {Promise<(() => Promise<void>) | undefined>}
 */
async function hold(file, flags, signal) {
  mkdirSync(path.dirname(file), { recursive: true });
  const child = spawn('flock', [...flags, file, 'sh', '-c', 'echo held; exec cat'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const abort = () => process.kill(-(child.pid ?? 0), 'SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  const first = await Promise.race([once(child.stdout, 'data').then(() => 'held'), exited]);
  signal?.removeEventListener('abort', abort);
  if (first === TAKEN) return undefined;
  signal?.throwIfAborted();
  if (first !== 'held') throw new Error(`flock ${file} ended with ${first}: ${child.stderr.read() ?? ''}`);
  child.stdin.on('error', () => {});
  return async () => {
    child.stdin.end();
    await exited;
  };
}
