// Whom those avoid who are inside already, so that nobody is sent to them later. Kept per world, written when somebody
// with such a wish is seated, and forgotten when they have left. Most worlds have no such wish, and pay one question.
import type { Redis } from 'ioredis';

const KEPT_SECONDS = 24 * 60 * 60;
const keyOf = (world: string) => `ow:apart:${world}`;

/** Account inside → accounts that it avoids. */
export type Avoidances = ReadonlyMap<string, readonly string[]>;

export async function avoidances(redis: Redis, world: string): Promise<Avoidances> {
  const found = await redis.hgetall(keyOf(world));
  return new Map(Object.entries(found).map(([account, avoid]) => [account, JSON.parse(avoid) as string[]]));
}

export async function rememberAvoidances(
  redis: Redis,
  world: string,
  tickets: readonly { readonly account: string; readonly avoid: readonly string[] }[],
): Promise<void> {
  const wishes = tickets.filter(({ avoid }) => avoid.length > 0);
  if (wishes.length === 0) return;
  const key = keyOf(world);
  await redis
    .multi()
    .hset(key, new Map(wishes.map(({ account, avoid }) => [account, JSON.stringify(avoid)])))
    .expire(key, KEPT_SECONDS)
    .exec();
}

export async function forgetAvoidances(redis: Redis, world: string, gone: readonly string[]): Promise<void> {
  if (gone.length > 0) await redis.hdel(keyOf(world), ...gone);
}
