// A TCP port on loopback that nobody listens on. Below the range from which the kernel takes the ports of outgoing connections: one
// of those could be taken again between our look and its user's start. Each process begins elsewhere, so that two that look
// at the same time do not find the same one.
import { createServer } from 'node:net';

const [FIRST, LAST] = [10_000, 32_000];
const APART = 97;
let last = FIRST + ((process.pid * APART) % (LAST - FIRST));

export async function freePort(): Promise<number> {
  for (;;) {
    last = last + 1 < LAST ? last + 1 : FIRST;
    if (await isFree(last)) return last;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
