// A forgotten password: a link by mail, good once and for an hour, and with the new password every session ends. Asking
// for it is the same whether the e-mail is known or not; the worker that sends the mail finds out.
import { ApiError } from '../../errors.ts';
import { audit } from '../../moderation/audit.ts';
import type { Db } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import { endSessions } from '../sessions/end.ts';
import { hashToken } from '../token.ts';
import { forgetTries, MAILS, mayTry, SIGN_INS } from './attempts.ts';
import type { SignUpDeps } from './sign-up.ts';

export async function askForReset({ redis, outbox }: SignUpDeps, email: string): Promise<void> {
  if (await mayTry(redis, MAILS, email)) await outbox.post({ purpose: 'reset', email });
}

/** Returns whose password it was, whose sessions are now to be forgotten. */
export async function reset(deps: SignUpDeps, token: string, newPassword: string): Promise<string> {
  const { db, redis, hasher } = deps;
  const hashOfToken = hashToken(token);
  // A link that is none costs no hash of a password.
  await emailOf(db, hashOfToken);
  const hash = await hasher.hash(newPassword);
  const { account, email } = await transaction(db, async (tx) => {
    const email = await emailOf(tx, hashOfToken);
    const known = await tx.password.findUnique({ where: { email } });
    if (known === null) throw new ApiError('OW_ERR_LINK');
    await tx.mailLink.deleteMany({ where: { email, purpose: 'reset' } });
    await tx.password.update({ where: { email }, data: { hash, oneTime: false, changedAt: new Date() } });
    await endSessions(tx, known.accountId);
    await audit(tx, { actor: known.accountId, action: 'account.reset', target: known.accountId });
    return { account: known.accountId, email };
  });
  await forgetTries(redis, SIGN_INS, email);
  return account;
}

async function emailOf(db: Pick<Db, 'mailLink'>, hash: Uint8Array<ArrayBuffer>): Promise<string> {
  const link = await db.mailLink.findUnique({ where: { hash } });
  if (link?.purpose !== 'reset' || link.expiresAt <= new Date()) throw new ApiError('OW_ERR_LINK');
  return link.email;
}
