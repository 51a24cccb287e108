// The work of accounts that nobody waits for, on whichever process has the role `worker`: mails, and the sweep. Timers of
// each process put the regular jobs into the queue under names that hold the time, so that they are done once
// whatever the number of processes, and come back by themselves after a Redis that has forgotten everything.
import { type Job, type Queue, Worker } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Db } from '../persistence/connect.ts';
import { type DeliverDeps, deliver } from './mail/deliver.ts';
import type { Outbox } from './mail/outbox.ts';
import { sweep } from './sweep.ts';

export const QUEUE = 'accounts';
export const QUEUE_PREFIX = 'ow:bull';

const LOOK_MS = 30_000;
const SWEEP_MS = 3600 * 1000;
/** A mail server is slow, not busy. */
const AT_ONCE = 8;

export interface WorkerDeps extends DeliverDeps {
  readonly db: Db;
  readonly redis: Redis;
  /** A connection of its own, which waits. */
  readonly connection: Redis;
  readonly queue: Queue;
  readonly outbox: Outbox;
  readonly log: FastifyBaseLogger;
}

export function startAccountsWorker(deps: WorkerDeps): { close(): Promise<void> } {
  const { queue, connection, log } = deps;
  const worker = new Worker(QUEUE, (job) => work(deps, job), {
    connection,
    prefix: QUEUE_PREFIX,
    concurrency: AT_ONCE,
  });
  worker.on('error', (error) => log.warn({ err: error }, "accounts' worker has trouble with Redis"));
  worker.on('failed', (job, error) => {
    log.warn({ err: error, job: job?.name, id: job?.id, attempt: job?.attemptsMade }, 'a job failed');
  });
  const stops = [regularly(queue, 'look', LOOK_MS, log), regularly(queue, 'sweep', SWEEP_MS, log)];
  return {
    async close() {
      for (const stop of stops) stop();
      await worker.close();
    },
  };
}

async function work(deps: WorkerDeps, { name, data }: Job): Promise<void> {
  switch (name) {
    case 'mail':
      return deliver(deps, data.id);
    case 'look':
      return deps.outbox.look();
    case 'sweep': {
      const swept = await sweep(deps.db, deps.redis);
      deps.log.info(swept, 'swept');
      return;
    }
    default:
      throw new Error(`there is no work called ${name}`);
  }
}

function regularly(queue: Queue, name: string, everyMs: number, log: FastifyBaseLogger): () => void {
  const add = () => {
    const jobId = `${name}-${Math.floor(Date.now() / everyMs)}`;
    const kept = { removeOnComplete: { age: (2 * everyMs) / 1000 }, removeOnFail: true };
    queue.add(name, {}, { jobId, ...kept }).catch((error) => log.warn({ err: error }, `${name} is late`));
  };
  add();
  const timer = setInterval(add, everyMs);
  return () => clearInterval(timer);
}
