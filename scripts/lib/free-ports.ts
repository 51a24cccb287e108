// Ports for a private system beside others, as tests and load tests start them.
import { createServer } from 'node:net';

/** A web port whose neighbours are free too. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 200) * 50;
    const free = await Promise.all([0, 1, 2, 3, 4, 20, 21].map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
