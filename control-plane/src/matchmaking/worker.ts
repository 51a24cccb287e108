// Runs the passes: a BullMQ worker in every process of this role, so that any of them may die. A pass is woken by new
// tickets, by seats that come free and instances that come or change, and by a sweep each second over all queues, which
// finds what a wake was lost for. It may run twice, or end in the middle: tickets are claimed before they are seated.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Directory } from '../instances/directory.ts';
import type { Matchmaking } from './flow.ts';
import type { TicketQueue } from './queue.ts';
import { BULL_PREFIX, MATCH_QUEUE, type MatchJob, type Wake } from './wake.ts';

/** Worlds that one process matches at the same time. */
const CONCURRENCY = 32;
/** After this long without a sign of its worker a pass is run again by another one (unit: milliseconds). */
const LOCK_MS = 3_000;
const STALLED_MS = 1_000;
/** A timer of each worker rather than a job, which would be lost with Redis (unit: milliseconds). */
const SWEEP_MS = 1_000;
/** Changes of instances closer together than this wake the queues once. */
const CHANGED_MS = 100;
/** A pass is followed by a rest in proportion to its cost: a long queue costs a quarter of a core, not all of it. */
const REST = 3;
const MAX_REST_MS = 500;

export interface WorkerContext {
  readonly matchmaking: Matchmaking;
  readonly queue: TicketQueue;
  readonly wake: Wake;
  readonly directory: Directory;
  /** A connection for this worker alone, which waits in blocking commands. */
  readonly connection: Redis;
  readonly log: FastifyBaseLogger;
}

export class MatchWorker {
  readonly #context: WorkerContext;
  readonly #worker: Worker<MatchJob>;
  readonly #sweep: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #changed: NodeJS.Timeout | undefined;

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#worker = new Worker<MatchJob>(MATCH_QUEUE, ({ data }) => this.#run(data.world), {
      connection: context.connection,
      prefix: BULL_PREFIX,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      // However often its worker dies: the queue is still there to be matched.
      maxStalledCount: 1_000_000,
    });
    this.#worker.on('error', (error) => context.log.debug({ err: error }, 'the match worker has an error'));
    this.#worker.on('failed', (job, error) =>
      context.log.warn({ err: error, world: job?.data.world }, 'a pass failed; the sweep asks for another'),
    );
    this.#sweep = setInterval(() => void this.#wakeAll(), SWEEP_MS);
    this.#stopListening = context.directory.onChange(() => {
      this.#changed ??= setTimeout(() => {
        this.#changed = undefined;
        void this.#wakeAll();
      }, CHANGED_MS);
    });
  }

  /** Lets a pass that runs finish, but while Redis is away there is nobody to say goodbye to. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    clearTimeout(this.#changed);
    this.#stopListening();
    await this.#worker.close(this.#context.connection.status !== 'ready');
    await this.#context.matchmaking.close();
  }

  async #run(world: string): Promise<void> {
    const costMs = await this.#context.matchmaking.pass(world);
    await sleep(Math.min(costMs * REST, MAX_REST_MS));
  }

  async #wakeAll(): Promise<void> {
    const worlds = await this.#context.queue.worlds().catch(() => []);
    for (const world of worlds) this.#context.wake.wake(world);
  }
}
