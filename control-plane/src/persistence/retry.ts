// Again after a conflict: a bounded number of times, each after a random pause out of a range that doubles ("full jitter":
// those who collided do not meet again at the same moment).
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  readonly attempts: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export type Outcome<T> = { state: 'done'; value: T } | { state: 'gave up'; error: unknown };

/** Other errors than those that `again` knows are thrown at once. */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  again: (error: unknown) => boolean,
  { attempts, firstPauseMs, longestPauseMs }: Patience,
  random: () => number = Math.random,
): Promise<Outcome<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { state: 'done', value: await work(attempt) };
    } catch (error) {
      if (!again(error)) throw error;
      if (attempt >= attempts) return { state: 'gave up', error };
      await sleep(random() * Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)));
    }
  }
}
