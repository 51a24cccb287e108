// A session's next token. The token before it stays good for a moment, for what is on its way and for other tabs; shown
// after that, either a thief has it or a thief has rotated it away from its owner, and nobody can tell which: the
// session ends. Every earlier token is remembered, or a thief would only have to rotate twice.
//
// The next token is made of the last one and a salt in the database. So whoever asks twice, or in two tabs at once, or
// again because the answer was lost, is told the same token, though the database never had it.
import type { Db, Tx } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import { accountOf, type Grant } from '../grant.ts';
import { hashToken, newSalt, successor } from '../token.ts';
import { SESSION_MS } from './open.ts';

export const GRACE_MS = 60_000;
/** Tokens that one session had within the grace. An honest client has two. */
const MOST_STEPS = 32;

export type Rotation =
  | { readonly state: 'rotated'; readonly grant: Grant }
  | { readonly state: 'unknown' }
  | { readonly state: 'stolen'; readonly session: string };

export function rotate(db: Db, shown: string): Promise<Rotation> {
  return transaction(db, async (tx): Promise<Rotation> => {
    let token = shown;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const tokenHash = hashToken(token);
      const session = await tx.session.findUnique({ where: { tokenHash }, include: { account: true } });
      if (session !== null) {
        if (session.expiresAt <= new Date()) return { state: 'unknown' };
        const expiresAt = new Date(Date.now() + SESSION_MS);
        const account = accountOf(session.account);
        if (token !== shown)
          return { state: 'rotated', grant: { account, token, expiresAt: session.expiresAt } };
        const next = await replace(tx, session.id, token, expiresAt);
        return { state: 'rotated', grant: { account, token: next, expiresAt } };
      }
      const retired = await tx.retiredToken.findUnique({ where: { hash: tokenHash } });
      if (retired === null) return { state: 'unknown' };
      if (isStale(retired.retiredAt)) return { state: 'stolen', session: retired.sessionId };
      token = successor(token, retired.salt);
    }
    return { state: 'unknown' };
  });
}

export const isStale = (retiredAt: Date): boolean => Date.now() - retiredAt.getTime() > GRACE_MS;

async function replace(tx: Tx, session: string, token: string, expiresAt: Date): Promise<string> {
  const salt = newSalt();
  const next = successor(token, salt);
  // First the row that all who rotate at once meet on: there the database answers with a conflict, which is done again;
  // at the key of the other row it might complain of the key.
  await tx.session.update({
    where: { id: session },
    data: { tokenHash: hashToken(next), rotatedAt: new Date(), expiresAt },
  });
  await tx.retiredToken.create({ data: { hash: hashToken(token), sessionId: session, salt } });
  return next;
}
