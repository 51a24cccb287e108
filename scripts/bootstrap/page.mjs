// The set-up page: from the first second it answers on the web port, so that a browser opened early shows how far things
// are. Any path answers with the page; `/setup/events` streams the steps; `/healthz` says 503 until the control plane has
// taken the port over, and the page then loads what is there instead.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Problem } from './problem.mjs';

/**
 * @typedef {object} Page
 * @property {() => Promise<void>} close gives the port back
 */

/**
 * @param {import('./progress.mjs').Progress} progress
 * @param {{port: number, host: string}} address
 * @returns {Promise<Page>}
 */
export async function servePage(progress, { port, host }) {
  const html = readFileSync(new URL('./page.html', import.meta.url));
  const startedAt = Date.now();
  const server = createServer((request, response) => {
    if (request.url === '/setup/events') return stream(progress, startedAt, response);
    const isPage = request.method === 'GET' && !/^\/(healthz|readyz|api\/)/.test(request.url ?? '');
    if (isPage)
      return void response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
        .end(html);
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '2' });
    response.end(JSON.stringify({ status: 'setting-up', steps: progress.rows() }));
  });
  await new Promise((resolve, reject) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      reject(cannotListen(error, host, port)),
    );
    server.listen(port, host, () => resolve(undefined));
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections?.(); // Node 18.2 and newer
      }),
  };
}

/**
 * @param {import('./progress.mjs').Progress} progress
 * @param {number} startedAt
 * @param {import('node:http').ServerResponse} response
 */
function stream(progress, startedAt, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = () =>
    response.write(
      `data: ${JSON.stringify({ now: Date.now(), startedAt, failure: progress.failure(), steps: progress.rows() })}\n\n`,
    );
  send();
  const unsubscribe = progress.subscribe(send);
  response.on('close', unsubscribe);
}

/**
 * @param {NodeJS.ErrnoException} error
 * @param {string} host
 * @param {number} port
 */
export function cannotListen(error, host, port, what = 'the web port') {
  if (error.code === 'EADDRINUSE') {
    return new Problem(
      `Port ${port} (${what}) is taken by another program`,
      `stop that program, or choose other ports with npm start -- --port ${port + 100}`,
    );
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new Problem(`${host} is not an address of this machine`, 'give one that is with --host');
  if (error.code === 'EACCES')
    return new Problem(
      `Port ${port} (${what}) may only be used by root`,
      'choose a port above 1023 with --port',
    );
  return error;
}
