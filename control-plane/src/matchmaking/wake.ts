// Says that the queue of a world is to be matched, to whichever worker takes it. One job of a world waits or runs at a
// time, and one that is asked for while it runs comes right after it. Of the many wakes of a busy moment each process
// passes on one, and another one at its end.
import type { Queue } from 'bullmq';

export interface MatchJob {
  readonly world: string;
}

export const MATCH_QUEUE = 'match';
/** Where BullMQ keeps what is its own. */
export const BULL_PREFIX = 'ow:bull';

/** Wakes of the same world closer together than this are one (unit: milliseconds). */
const GAP_MS = 10;

interface Log {
  warn(details: object, message: string): void;
}

export class Wake {
  readonly #jobs: Queue<MatchJob>;
  readonly #log: Log;
  readonly #resting = new Set<string>();
  readonly #again = new Set<string>();

  constructor(jobs: Queue<MatchJob>, log: Log) {
    this.#jobs = jobs;
    this.#log = log;
  }

  wake(world: string): void {
    if (this.#resting.has(world)) {
      this.#again.add(world);
      return;
    }
    this.#resting.add(world);
    void this.#add(world).finally(() => setTimeout(() => this.#rested(world), GAP_MS));
  }

  #rested(world: string): void {
    this.#resting.delete(world);
    if (this.#again.delete(world)) this.wake(world);
  }

  async #add(world: string): Promise<void> {
    try {
      await this.#jobs.add('match', { world }, { deduplication: { id: world, keepLastIfActive: true } });
    } catch (error) {
      // The sweep of the workers finds the queue.
      this.#log.warn({ err: error, world }, 'a match could not be asked for');
    }
  }
}
