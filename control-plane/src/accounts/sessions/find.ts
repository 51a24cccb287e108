// Who a token stands for, asked of the database: one statement for the token that counts, two more for one that does not.
import { Prisma } from '../../../../prisma/gen/client.ts';
import type { Db } from '../../persistence/connect.ts';
import { hashToken } from '../token.ts';
import type { Role, Who } from '../who.ts';
import { isStale } from './rotate.ts';

export type Found =
  | { readonly state: 'known'; readonly who: Who; readonly banned: boolean; readonly lastSeenAt: Date }
  | { readonly state: 'unknown' }
  /** A token long since replaced: this session must end. */
  | { readonly state: 'stolen'; readonly session: string };

interface Row {
  session: string;
  id: string;
  name: string;
  role: Role;
  guest: boolean;
  last_seen_at: Date;
  banned: boolean;
}

export async function findSession(db: Db, token: string): Promise<Found> {
  const hash = hashToken(token);
  const current = await select(db, Prisma.sql`s.token_hash = ${hash}`);
  if (current !== undefined) return current;
  const retired = await db.retiredToken.findUnique({ where: { hash } });
  if (retired === null) return { state: 'unknown' };
  if (isStale(retired.retiredAt)) return { state: 'stolen', session: retired.sessionId };
  return (await select(db, Prisma.sql`s.id = ${retired.sessionId}::UUID`)) ?? { state: 'unknown' };
}

async function select(db: Db, which: Prisma.Sql): Promise<Found | undefined> {
  const [row] = await db.$queryRaw<Row[]>`
    SELECT s.id AS session, a.id, a.name, a.role, a.guest, a.last_seen_at,
      EXISTS (
        SELECT 1 FROM ban b
        WHERE b.account_id = a.id AND b.lifted_at IS NULL AND (b.until IS NULL OR b.until > now())
      ) AS banned
    FROM session s JOIN account a ON a.id = s.account_id
    WHERE ${which} AND s.expires_at > now()`;
  if (row === undefined) return undefined;
  const { session, id, name, role, guest, last_seen_at, banned } = row;
  return {
    state: 'known',
    who: { account: { id, name, role, guest }, session },
    banned,
    lastSeenAt: last_seen_at,
  };
}
