// How often something may be tried for one e-mail, whatever addresses the tries come from. Counted before the try, so that
// a thousand at once do not pass together; the count is in Redis, for all processes. Nothing here knows whether
// anybody has this e-mail.
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** `most` in a window that begins with the first. */
export interface Allowance {
  readonly what: 'sign-in' | 'mail';
  readonly most: number;
  readonly windowSeconds: number;
}

/** A guesser has 960 tries a day; a person who has forgotten the password resets it. */
export const SIGN_INS: Allowance = { what: 'sign-in', most: 10, windowSeconds: 900 };
/** Nobody's mailbox is filled by us. */
export const MAILS: Allowance = { what: 'mail', most: 5, windowSeconds: 3600 };

const keyOf = ({ what }: Allowance, email: string) =>
  `ow:attempts:${what}:${createHash('sha256').update(email).digest('base64url')}`;

/** False: not now. */
export async function mayTry(redis: Redis, allowance: Allowance, email: string): Promise<boolean> {
  const key = keyOf(allowance, email);
  const answers = await redis.multi().incr(key).expire(key, allowance.windowSeconds, 'NX').exec();
  const [error, count] = answers?.[0] ?? [new Error('Redis answered nothing')];
  if (error) throw error;
  return (count as number) <= allowance.most;
}

/** What succeeded does not count. */
export async function forgetTries(redis: Redis, allowance: Allowance, email: string): Promise<void> {
  await redis.del(keyOf(allowance, email));
}
