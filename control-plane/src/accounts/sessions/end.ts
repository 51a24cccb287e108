// The end of sessions, by their owner, by a change of the password, or because a token of theirs was stolen.
import { audit } from '../../moderation/audit.ts';
import type { Db, Tx } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';

export async function endSession(db: Db, account: string, session: string): Promise<boolean> {
  const { count } = await transaction(db, (tx) =>
    tx.session.deleteMany({ where: { id: session, accountId: account } }),
  );
  return count > 0;
}

/** All of an account but one, when that one is named. */
export async function endSessions(tx: Tx, account: string, but?: string): Promise<string[]> {
  const where = { accountId: account, ...(but !== undefined && { id: { not: but } }) };
  const ended = await tx.session.findMany({ where, select: { id: true } });
  await tx.session.deleteMany({ where });
  return ended.map(({ id }) => id);
}

/** Returns whose it was; undefined when it has ended already. */
export function endStolen(db: Db, session: string): Promise<string | undefined> {
  return transaction(db, async (tx) => {
    const found = await tx.session.findUnique({ where: { id: session } });
    if (found === null) return undefined;
    await tx.session.delete({ where: { id: session } });
    const detail = { session, openedAt: found.createdAt.toISOString() };
    await audit(tx, { actor: undefined, action: 'account.theft', target: found.accountId, detail });
    return found.accountId;
  });
}
