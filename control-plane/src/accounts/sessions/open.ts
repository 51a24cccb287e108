// The beginning of a session: a token that only its client knows.
import type { Account } from '../../../../prisma/gen/client.ts';
import type { Tx } from '../../persistence/connect.ts';
import { accountOf, type Grant } from '../grant.ts';
import { hashToken, newToken } from '../token.ts';

const DAY_MS = 24 * 3600 * 1000;
/** From the last rotation on. */
export const SESSION_MS = 30 * DAY_MS;

export async function openSession(tx: Tx, account: Account): Promise<Grant> {
  const token = newToken();
  const expiresAt = new Date(Date.now() + SESSION_MS);
  await tx.session.create({ data: { accountId: account.id, tokenHash: hashToken(token), expiresAt } });
  return { account: accountOf(account), token, expiresAt };
}
