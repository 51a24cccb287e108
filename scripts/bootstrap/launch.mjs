// Runs the real program under Node 24 and stands between it and the outside: its progress goes to the terminal and the
// page, a stop request goes down to it, and the web port goes over to it when the control plane is about to listen.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { checkoutRoot } from './places.mjs';

const STOP_DEADLINE_MS = 40_000;

/**
 * @typedef {import('./progress.mjs').ChildMessage} ChildMessage
 * @typedef {import('./progress.mjs').ParentMessage} ParentMessage
 */

/**
 * @param {object} parts
 * @param {string} parts.node
 * @param {import('./options.mjs').Options} parts.options
 * @param {import('./progress.mjs').Progress} parts.progress
 * @param {import('./terminal.mjs').Terminal} parts.terminal
 * @param {{close(): Promise<void>} | undefined} parts.page
 * @param {import('./stop-request.mjs').StopRequest} parts.stop
 * @returns {Promise<number>} exit code
 */
export async function launch({ node, options, progress, terminal, page, stop }) {
  stop.signal.throwIfAborted();
  const script = path.join(checkoutRoot, 'scripts', `${options.command}.ts`);
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', node, script, ...options.rest], {
    cwd: checkoutRoot,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}` },
  });
  /** @param {ParentMessage} message */
  const send = (message) => {
    if (child.connected) child.send(message, () => {});
  };
  child.on('message', async (/** @type {ChildMessage} */ message) => {
    switch (message.type) {
      case 'step':
        return progress.apply(message.row);
      case 'print':
        return terminal.line(message.text);
      case 'warn':
        return terminal.warn(message.text);
      case 'failed':
        return progress.fail(message.text);
      case 'handover':
        await page?.close();
        return send({ type: 'handed-over' });
    }
  });
  const kill = () => child.kill('SIGKILL');
  stop.signal.addEventListener('abort', () => {
    send({ type: 'stop', force: false });
    setTimeout(kill, STOP_DEADLINE_MS).unref();
  });
  stop.force.addEventListener('abort', kill);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exit, signal) => {
      if (signal && !stop.signal.aborted)
        progress.fail(`The launcher was killed (${signal}); everything it had started was stopped.`);
      resolve(exit ?? 1);
    });
  });
  return code;
}
