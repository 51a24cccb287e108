// When to stop: a signal, or the death of the process that started us. A terminal sends Ctrl-C to the whole foreground
// group and npm passes it on as well, so signals closer together than a person's fingers count as one.
import { readFileSync } from 'node:fs';

const SAME_PRESS_MS = 400;
const SHELLS = new Set(['sh', 'dash', 'bash', 'zsh']);

/**
 * @typedef {object} StopRequest
 * @property {AbortSignal} signal aborted by the first request
 * @property {AbortSignal} force aborted by the second
 */

/** @returns {StopRequest} */
export function onStopRequest() {
  const first = new AbortController();
  const second = new AbortController();
  let last = 0;
  function request() {
    const now = Date.now();
    if (now - last < SAME_PRESS_MS) return;
    last = now;
    if (first.signal.aborted) second.abort();
    else first.abort();
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, request);
  process.stdout.on('error', request);
  watchAncestors(() => {
    if (!first.signal.aborted) first.abort();
  });
  return { signal: first.signal, force: second.signal };
}

/**
 * npm runs a script through a shell that outlives it, so the shell's parent is watched as well as our own.
 * @param {() => void} gone
 */
function watchAncestors(gone) {
  const parent = process.ppid;
  const viaShell = SHELLS.has(stat(parent)?.name ?? '');
  const grandparent = viaShell ? stat(parent)?.ppid : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (!viaShell || stat(parent)?.ppid === grandparent)) return;
    clearInterval(timer);
    gone();
  }, 500);
  timer.unref();
}

/**
 * @param {number} pid
 * @returns {{name: string, ppid: number} | undefined}
 */
function stat(pid) {
  try {
    const match = /\((.*)\) \S+ (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return match ? { name: match[1] ?? '', ppid: Number(match[2]) } : undefined;
  } catch {
    return undefined;
  }
}
