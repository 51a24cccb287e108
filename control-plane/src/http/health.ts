// Health: this process answers. Readiness: it can do its work, and what it depends on answers too, each asked now
// and named.
import { setTimeout as sleep } from 'node:timers/promises';
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

function checksOf({ fleet, stopping, db, redis }: Services): Record<string, Check> {
  return {
    stopping: async () => {
      if (stopping.isAnnounced) throw new Error('this process is stopping');
    },
    fleet: () => fleet.list(),
    database: () => db.$queryRaw`SELECT 1`,
    redis: () => redis.ping(),
  };
}

async function run([name, check]: [string, Check]): Promise<[string, string]> {
  try {
    await Promise.race([check(), timeout()]);
    return [name, 'ok'];
  } catch (error) {
    return [name, error instanceof Error ? error.message.trim() : String(error)];
  }
}

async function timeout(): Promise<never> {
  await sleep(CHECK_TIMEOUT_MS, undefined, { ref: false });
  throw new Error('no answer in time');
}
