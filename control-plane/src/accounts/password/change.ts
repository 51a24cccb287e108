// Another password, by somebody who is signed in and knows the one before. Their other sessions end.
import { ApiError } from '../../errors.ts';
import { transaction } from '../../persistence/transaction.ts';
import { endSessions } from '../sessions/end.ts';
import type { Who } from '../who.ts';
import { forgetTries, SIGN_INS } from './attempts.ts';
import { checkPassword, type SignInDeps } from './sign-in.ts';

export interface Change {
  readonly password: string;
  readonly newPassword: string;
}

/** Returns the sessions that have ended. */
export async function changePassword(deps: SignInDeps, who: Who, change: Change): Promise<string[]> {
  const { db, redis, hasher } = deps;
  const accountId = who.account.id;
  const mine = await db.password.findUnique({ where: { accountId } });
  if (mine === null) throw new ApiError('OW_ERR_NO_PASSWORD');
  const known = await checkPassword(deps, mine.email, change.password);
  if (change.newPassword === change.password) throw new ApiError('OW_ERR_PASSWORD_SAME');
  const hash = await hasher.hash(change.newPassword);
  const ended = await transaction(db, async (tx) => {
    const where = { accountId, hash: known.hash };
    const { count } = await tx.password.updateMany({
      where,
      data: { hash, oneTime: false, changedAt: new Date() },
    });
    if (count === 0) throw new ApiError('OW_ERR_CREDENTIALS');
    return endSessions(tx, accountId, who.session);
  });
  await forgetTries(redis, SIGN_INS, mine.email);
  return ended;
}
