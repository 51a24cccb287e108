// What time has made worthless is deleted: sessions and links that have expired, and guests who did not come back.
// Whoever still has something here stays: a seat, a world, a ban, a membership.
import type { Redis } from 'ioredis';
import type { Db } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import { SESSION_MS } from './sessions/open.ts';

/** A guest's session lasts as long; then nobody can be this guest again. */
export const GUEST_MS = SESSION_MS;
const BATCH = 500;

export interface Swept {
  readonly sessions: number;
  readonly tokens: number;
  readonly links: number;
  readonly guests: number;
}

export async function sweep(db: Db, redis: Redis, now = new Date()): Promise<Swept> {
  const expired = { where: { expiresAt: { lt: now } } };
  const sessions = await transaction(db, (tx) => tx.session.deleteMany(expired));
  const links = await transaction(db, (tx) => tx.mailLink.deleteMany(expired));
  // Such a token would have expired by itself.
  const retiredAt = { lt: new Date(now.getTime() - SESSION_MS) };
  const tokens = await transaction(db, (tx) => tx.retiredToken.deleteMany({ where: { retiredAt } }));
  const guests = await sweepGuests(db, redis, now);
  return { sessions: sessions.count, tokens: tokens.count, links: links.count, guests };
}

async function sweepGuests(db: Db, redis: Redis, now: Date): Promise<number> {
  let swept = 0;
  for (let after = ''; ; ) {
    const forgotten = await db.account.findMany({
      where: { ...abandoned(now), ...(after && { id: { gt: after } }) },
      orderBy: { id: 'asc' },
      take: BATCH,
      select: { id: true },
    });
    const ids = forgotten.map(({ id }) => id);
    if (ids.length === 0) return swept;
    const seated = await seatedOf(redis, ids);
    const members = await db.worldMember.findMany({ where: { accountId: { in: ids } } });
    const needed = new Set([...seated, ...members.map(({ accountId }) => accountId)]);
    const gone = ids.filter((id) => !needed.has(id));
    // Asked again in the transaction: a guest may have come back in between.
    const { count } = await transaction(db, (tx) =>
      tx.account.deleteMany({ where: { ...abandoned(now), id: { in: gone } } }),
    );
    swept += count;
    after = ids.at(-1) as string;
  }
}

const abandoned = (now: Date) => ({
  guest: true,
  role: 'player' as const,
  lastSeenAt: { lt: new Date(now.getTime() - GUEST_MS) },
  sessions: { none: { expiresAt: { gt: now } } },
  worlds: { none: {} },
  bans: { none: {} },
  mailLinks: { none: { expiresAt: { gt: now } } },
});

/** Those who stand in a world now, perhaps for a month, as bots do, without ever asking us anything. */
async function seatedOf(redis: Redis, ids: readonly string[]): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.exists(`ow:user:${id}`);
  const answers = (await pipeline.exec()) ?? [];
  return ids.filter((_, at) => {
    const [error, exists] = answers[at] ?? [new Error('Redis answered nothing')];
    if (error) throw error;
    return exists === 1;
  });
}
