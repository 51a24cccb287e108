// Where requests are counted: in Redis, for all processes together; and in this process while Redis does not answer, so
// that neither its loss stops the API nor a stranger who waits for it is unbounded.
import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import LocalStore from '@fastify/rate-limit/store/LocalStore.js';
import RedisStore from '@fastify/rate-limit/store/RedisStore.js';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';

type Count = { current: number; ttl: number };
type Answer = (error: Error | null, count?: Count) => void;

/** Askers that are remembered here; the longest silent goes first. */
const MOST_LOCAL = 20_000;
/** A Redis that does not answer is not asked again so soon. */
const PAUSE_MS = 1_000;
const PATIENCE_MS = 250;

export function limitStore(redis: Redis, log: FastifyBaseLogger): FastifyRateLimitStoreCtor {
  const shared = new RedisStore(false, false, redis, 'ow:limit:');
  const own = new LocalStore(false, false, MOST_LOCAL);
  let pausedUntil = 0;

  const countTogether = (key: string, windowMs: number, most: number) =>
    new Promise<Count>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Redis did not answer in time')), PATIENCE_MS);
      const heard: Answer = (error, count) => {
        clearTimeout(timer);
        if (error === null && count !== undefined) resolve(count);
        else reject(error);
      };
      shared.incr(key, heard, windowMs, most);
    });

  return class LimitStore implements FastifyRateLimitStore {
    async incr(key: string, answer: Answer, windowMs: number, most: number): Promise<void> {
      try {
        if (redis.status === 'ready' && Date.now() >= pausedUntil) {
          return answer(null, await countTogether(key, windowMs, most));
        }
      } catch (error) {
        pausedUntil = Date.now() + PAUSE_MS;
        log.warn({ err: error }, 'requests are counted in this process alone');
      }
      // Its count goes on counting while the answer is on its way.
      own.incr(key, (error, count) => answer(error, count && { ...count }), windowMs, most);
    }

    /** Keys carry the name of their limit. */
    child(): FastifyRateLimitStore {
      return this;
    }
  };
}
