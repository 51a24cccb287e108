// Whether sessions still are what they were when their sockets said hello, asked of the database for all of them at once: it
// catches what a lost message has hidden, sessions that run out, and new names and roles.
import type { Role, Who } from '../accounts/who.ts';
import type { Db } from '../persistence/connect.ts';

export interface Sessions {
  /** Those that are good, by their ids. */
  good(ids: readonly string[]): Promise<Map<string, Who>>;
}

const AT_ONCE = 1_000;

export function sessionsIn(db: Db): Sessions {
  return {
    async good(ids) {
      const good = new Map<string, Who>();
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        const found = await db.session.findMany({
          where: { id: { in: ids.slice(from, from + AT_ONCE) }, expiresAt: { gt: new Date() } },
          select: { id: true, account: { select: { id: true, name: true, role: true, guest: true } } },
        });
        for (const { id, account } of found) {
          good.set(id, { account: { ...account, role: account.role as Role }, session: id });
        }
      }
      return good;
    },
  };
}
