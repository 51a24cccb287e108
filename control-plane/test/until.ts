// Waiting for something that takes a while in a real process.
import { setTimeout as sleep } from 'node:timers/promises';

/** The first value of `look` that is neither undefined nor false; fails with what was last seen. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  within = 10_000,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${look}`);
    await sleep(10);
  }
}
