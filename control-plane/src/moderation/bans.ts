// Who is kept out, and until when. A ban is true once it is in the database; that the rest of the system acts on it within a
// moment is the business of watch.ts and sweep.ts.
import type { Prisma } from '../../../prisma/gen/client.ts';
import { ApiError } from '../errors.ts';
import type { Db, Tx } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import { audit } from './audit.ts';
import type { Place } from './page.ts';

const selected = {
  id: true,
  account: { select: { id: true, name: true } },
  byId: true,
  reason: true,
  createdAt: true,
  until: true,
  liftedAt: true,
} as const satisfies Prisma.BanSelect;

/** No `until`: for good. */
export type Ban = Prisma.BanGetPayload<{ select: typeof selected }>;

export interface NewBan {
  readonly account: string;
  readonly reason: string;
  readonly until?: Date | undefined;
}

export interface AskForBans {
  readonly limit: number;
  readonly before?: Place | undefined;
  readonly account?: string | undefined;
  readonly inForce?: boolean | undefined;
}

export const inForce = (now = new Date()): Prisma.BanWhereInput => ({
  liftedAt: null,
  OR: [{ until: null }, { until: { gt: now } }],
});

export function isInForce({ liftedAt, until }: Pick<Ban, 'liftedAt' | 'until'>, now = new Date()): boolean {
  return liftedAt === null && (until === null || until > now);
}

/** What the banned one is told. */
export function sentence({ reason, until }: Pick<Ban, 'reason' | 'until'>): string {
  const end = until === null ? 'for good' : `until ${until.toISOString()}`;
  return `You are banned ${end}: ${reason}`;
}

/** The ban that keeps this account out now. */
export async function banOf(db: Db | Tx, account: string): Promise<Ban | undefined> {
  const found = await db.ban.findFirst({ where: { accountId: account, ...inForce() }, select: selected });
  return found ?? undefined;
}

/** OW_ERR_BANNED, with the reason, for an account that is kept out now. */
export async function refuseBanned(db: Db | Tx, account: string): Promise<void> {
  const found = await banOf(db, account);
  if (found !== undefined) throw new ApiError('OW_ERR_BANNED', sentence(found));
}

/** Which of these are kept out now. */
export function bansAmong(db: Db, accounts: readonly string[]): Promise<Ban[]> {
  return db.ban.findMany({ where: { accountId: { in: [...accounts] }, ...inForce() }, select: selected });
}

/** The bans made since a time that still hold. */
export function bansSince(db: Db, since: Date): Promise<Ban[]> {
  return db.ban.findMany({ where: { createdAt: { gte: since }, ...inForce() }, select: selected });
}

/** The newest first. */
export function listBans(db: Db, { limit, before, account, inForce: holds }: AskForBans): Promise<Ban[]> {
  return db.ban.findMany({
    where: {
      AND: [
        account === undefined ? {} : { accountId: account },
        holds === undefined ? {} : holds ? inForce() : { NOT: inForce() },
        before === undefined
          ? {}
          : {
              createdAt: { lte: before.at },
              OR: [{ createdAt: { lt: before.at } }, { id: { lt: before.id } }],
            },
      ],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: selected,
  });
}

/**
 * Keeps somebody out. Nobody bans themselves, and whoever bans is an admin who is not banned at the moment of the
 * commit: so there is always an admin left, also when two ban each other at once.
 */
export function ban(db: Db, { account, reason, until }: NewBan, admin: string): Promise<Ban> {
  if (account === admin) throw new ApiError('OW_ERR_BAN_SELF');
  if (until !== undefined && until <= new Date()) {
    throw new ApiError('OW_ERR_BAD_REQUEST', 'body.until: is over already');
  }
  return transaction(db, async (tx) => {
    await requireAdmin(tx, admin);
    const known = await tx.account.findUnique({ where: { id: account }, select: { id: true } });
    if (known === null) throw new ApiError('OW_ERR_UNKNOWN_ACCOUNT');
    const older = await banOf(tx, account);
    if (older !== undefined)
      throw new ApiError('OW_ERR_ALREADY_BANNED', `This account is banned already, by ${older.id}.`);
    const made = await tx.ban.create({
      data: { accountId: account, byId: admin, reason, until: until ?? null },
      select: selected,
    });
    const detail = { ban: made.id, reason, until: until?.toISOString() ?? null };
    await audit(tx, { actor: admin, action: 'account.ban', target: account, detail });
    return made;
  });
}

/** Lets somebody in again; once or twice is the same. */
export function lift(db: Db, id: string, admin: string): Promise<void> {
  return transaction(db, async (tx) => {
    const known = await tx.ban.findUnique({ where: { id }, select: selected });
    if (known === null) throw new ApiError('OW_ERR_UNKNOWN_BAN');
    if (!isInForce(known)) return;
    await tx.ban.update({ where: { id }, data: { liftedAt: new Date() } });
    await audit(tx, { actor: admin, action: 'account.unban', target: known.account.id, detail: { ban: id } });
  });
}

async function requireAdmin(tx: Tx, account: string): Promise<void> {
  const found = await tx.account.findUnique({ where: { id: account }, select: { role: true } });
  if (found?.role !== 'admin') throw new ApiError('OW_ERR_FORBIDDEN');
  await refuseBanned(tx, account);
}
