// Health: this process answers. Readiness: it can do its work, and what it depends on answers too, each asked now
// and named.
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Services } from './app.ts';

const CHECK_TIMEOUT_MS = 1_000;

export function healthRoutes(app: FastifyInstance, services: Services): void {
  app.get('/healthz', async () => ({ ok: true }));

  app.get('/readyz', async (_request, reply) => {
    const checks = await Promise.all(Object.entries(checksOf(services)).map(run));
    const ready = checks.every(([, result]) => result === 'ok');
    return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(checks) });
  });
}

type Check = () => Promise<unknown>;

function checksOf({ fleet, isStopping, databaseUrl, redisUrl }: Services): Record<string, Check> {
  return {
    stopping: async () => {
      if (isStopping()) throw new Error('this process is stopping');
    },
    fleet: () => fleet.list(),
    ...(databaseUrl && { database: () => ask(databaseUrl, 5432, SSL_REQUEST, /^[SN]/) }),
    ...(redisUrl && { redis: () => ask(redisUrl, 6379, 'PING\r\n', /^(\+PONG|-NOAUTH)/) }),
  };
}

async function run([name, check]: [string, Check]): Promise<[string, string]> {
  try {
    await check();
    return [name, 'ok'];
  } catch (error) {
    return [name, error instanceof Error ? error.message : String(error)];
  }
}

/** PostgreSQL's SSLRequest, which a server answers with one letter before any password. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** The smallest question that only such a server answers. Clients come with the features that use them. */
function ask(url: string, defaultPort: number, question: string | Buffer, expected: RegExp): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || defaultPort) }, () =>
      socket.write(question),
    );
    const end = (error?: Error) => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.setTimeout(CHECK_TIMEOUT_MS, () => end(new Error('no answer in time')));
    socket.once('error', end);
    socket.once('data', (data) =>
      end(expected.test(data.toString('latin1')) ? undefined : new Error('not such a server')),
    );
  });
}
