// Something done again and again until its owner stops. A failure is told once and tried again: what is looked after here must not
// end because a database was away for a moment.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';

export interface Routine {
  /** Resolves when the round that was under way is over. */
  stop(): Promise<void>;
}

/** `pauseMs` lies between the end of a round and the next; the first one begins now. */
export function every(
  pauseMs: number,
  round: () => Promise<void>,
  { log, failure }: { log: FastifyBaseLogger; failure: string },
): Routine {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    let fails = false;
    while (!signal.aborted) {
      try {
        await round();
        fails = false;
      } catch (error) {
        if (!fails) log.warn({ err: error }, failure);
        fails = true;
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
