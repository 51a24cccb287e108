// Waiting for Redis, no longer than a client should wait.
import type { Bus } from '../bus.ts';
import { ApiError } from '../errors.ts';

const SUBSCRIBED_MS = 2_000;

/** Everything subscribed so far is heard; fails when Redis takes too long, which it does while it is away. */
export async function subscribedSoon(bus: Bus): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ApiError('OW_ERR_STORE_AWAY')), SUBSCRIBED_MS);
  });
  try {
    await Promise.race([bus.subscribed(), late]);
  } finally {
    clearTimeout(timer);
  }
}
