// Runs one program of the set-up to its end. It gets a process group of its own, so that Ctrl-C reaches only us, and is
// killed with all its children when the set-up is stopped, or by the kernel when we are killed.
import { spawn } from 'node:child_process';

/**
 * @typedef {object} ToolOptions
 * @property {AbortSignal} signal
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] replaces the environment
 * @property {string} [input] written to its standard input
 * @property {(line: string) => void} [onOutput] each line of standard output as it comes
 * @property {(line: string) => void} [onErrors] each line of standard error as it comes
 *
 * @typedef {object} ToolResult
 * @property {number} code exit code; 128 + n for a signal
 * @property {string} output
 * @property {string} errors
 */

/** A program that ended badly; `errors` holds the end of what it said. */
export class ToolError extends Error {
  /** @param {string} file @param {ToolResult} result */
  constructor(file, result) {
    const said = `${result.errors}\n${result.output}`.trim().split('\n').slice(-25).join('\n');
    super(`${file} ended with code ${result.code}:\n${said}`);
    this.name = 'ToolError';
    this.result = result;
  }
}

/**
 * Runs a program and refuses a bad end.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {ToolOptions} options
 * @returns {Promise<ToolResult>}
 */
export async function runTool(file, args, options) {
  const result = await tryTool(file, args, options);
  if (result.code !== 0) throw new ToolError(file, result);
  return result;
}

/**
 * Runs a program and returns however it ended.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {ToolOptions} options
 * @returns {Promise<ToolResult>}
 */
export async function tryTool(file, args, { signal, cwd, env, input, onOutput, onErrors }) {
  signal.throwIfAborted();
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', file, ...args], {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {}); // it may end without reading
  child.stdin?.end(input);
  const output = collect(/** @type {import('node:stream').Readable} */ (child.stdout), onOutput);
  const errors = collect(/** @type {import('node:stream').Readable} */ (child.stderr), onErrors);
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const kill = () => {
    killGroup(child.pid, 'SIGTERM');
    timer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), 2000);
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, by) => resolve(exit ?? 128 + (by === 'SIGKILL' ? 9 : 15)));
    });
    signal.throwIfAborted();
    return { code, output: output(), errors: errors() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
}

/**
 * @param {number | undefined} pid leader of the group
 * @param {NodeJS.Signals} signal
 */
export function killGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {} // the group is gone
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {((line: string) => void) | undefined} onLine
 * @returns {() => string} all of it so far
 */
function collect(stream, onLine) {
  /** @type {string[]} */
  const parts = [];
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (/** @type {string} */ text) => {
    parts.push(text);
    if (!onLine) return;
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return () => parts.join('');
}
