// Why an account is kept out, in the words that its owner reads.
import type { Db, Tx } from '../persistence/connect.ts';

/** Undefined: it is not. */
export async function banReason(db: Db | Tx, account: string): Promise<string | undefined> {
  const ban = await db.ban.findFirst({
    where: { accountId: account, liftedAt: null, OR: [{ until: null }, { until: { gt: new Date() } }] },
    orderBy: { createdAt: 'desc' },
  });
  if (ban === null) return undefined;
  const until = ban.until === null ? '' : ` until ${ban.until.toISOString()}`;
  return `This account is kept out${until}: ${ban.reason || 'no reason was given'}.`;
}
