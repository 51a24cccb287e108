// Matchmaking of one process, put together: tickets for whoever serves players, and the worker where this process has
// that role.
import { Queue } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Bus } from '../bus.ts';
import type { FleetProvider } from '../fleet/provider.ts';
import type { Directory } from '../instances/directory.ts';
import type { Lines } from '../instances/lines.ts';
import { connectForQueue } from '../redis.ts';
import type { Seats } from '../seats/seats.ts';
import type { Worlds } from '../worlds/worlds.ts';
import { Matchmaking } from './flow.ts';
import { Opener } from './open.ts';
import { QUEUE_RULES, type QueueRules, TicketQueue } from './queue.ts';
import { Tickets } from './tickets.ts';
import { BULL_PREFIX, MATCH_QUEUE, type MatchJob, Wake } from './wake.ts';
import { MatchWorker } from './worker.ts';

export interface MatchmakingDeps {
  readonly redisUrl: string;
  readonly redis: Redis;
  readonly bus: Bus;
  readonly worlds: Worlds;
  readonly fleet: FleetProvider;
  readonly directory: Directory;
  readonly lines: Lines;
  readonly seats: Seats;
  readonly publicUrl: string;
  /** Whether this process runs passes. */
  readonly works: boolean;
  readonly rules?: QueueRules;
  readonly log: FastifyBaseLogger;
}

export interface MatchmakingFeature {
  readonly tickets: Tickets;
  close(): Promise<void>;
}

/** What the moderators say when they keep somebody out. */
const BANNED = 'ow:banned';

export function startMatchmaking(deps: MatchmakingDeps): MatchmakingFeature {
  const { redis, bus, log } = deps;
  const queue = new TicketQueue(redis, deps.rules ?? QUEUE_RULES);
  const jobs = new Queue<MatchJob>(MATCH_QUEUE, {
    connection: redis,
    prefix: BULL_PREFIX,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  jobs.on('error', () => {}); // whoever adds a job is told
  const wake = new Wake(jobs, log);
  const tickets = new Tickets({ ...deps, queue, wake });
  const worker = deps.works ? startWorker(deps, queue, wake) : undefined;
  const stopListening = bus.subscribe(BANNED, ({ account, reason }: { account: string; reason: string }) => {
    tickets
      .endOf(account, reason)
      .catch((error: unknown) =>
        log.warn({ err: error, account }, 'the ticket of a banned account lives on'),
      );
  });
  return {
    tickets,
    async close() {
      stopListening();
      tickets.close();
      await worker?.close();
      await jobs.close();
    },
  };
}

function startWorker(deps: MatchmakingDeps, queue: TicketQueue, wake: Wake): { close(): Promise<void> } {
  const { redisUrl, directory, log } = deps;
  const opener = new Opener(deps);
  const matchmaking = new Matchmaking({ ...deps, queue, opener, wake });
  const connection = connectForQueue(redisUrl, log);
  const worker = new MatchWorker({ matchmaking, queue, wake, directory, connection, log });
  return {
    async close() {
      await worker.close();
      connection.disconnect();
    },
  };
}
