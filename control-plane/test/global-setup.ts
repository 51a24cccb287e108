// One database server per run of vitest, started when the first test file asks for it: this process holds it, and the test
// processes ask over a socket whose path they find in their environment.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeTemplate, type Template } from './template-database.ts';

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ow-test-run-'));
  const socketPath = path.join(folder, 'stores.sock');
  let made: Promise<Template> | undefined;
  const server = createServer(async (socket) => {
    socket.on('error', () => {}); // the test process has gone
    made ??= makeTemplate();
    const answer = await made.then(
      ({ url, template }) => ({ url, template }),
      (error) => ({ error: String(error.stack ?? error) }),
    );
    socket.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  process.env.OTHERWORLD_TEST_STORES = socketPath;
  return async () => {
    server.close();
    await made?.then(
      (template) => template.close(),
      () => {},
    );
    await rm(folder, { recursive: true, force: true });
  };
}
