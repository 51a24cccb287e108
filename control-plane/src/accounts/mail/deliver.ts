// One link, sent: it gets its token now, so that no token lies anywhere but in the mail, and what the mail says depends
// on whether somebody has the e-mail, which nobody outside sees. Done again from the start when it failed anywhere: then
// an earlier mail of it, if there was one, holds a token that counts no more.
import type { Db, Tx } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import { hashToken, newToken } from '../token.ts';
import { type Kind, letter } from './letters.ts';
import type { MailTransport } from './transport.ts';

const HOUR_MS = 3600 * 1000;
/** From when it is sent. */
const GOOD_FOR_MS = { verify: 24 * HOUR_MS, reset: HOUR_MS };

export interface DeliverDeps {
  readonly db: Db;
  readonly transport: MailTransport;
  readonly publicUrl: string;
}

export async function deliver({ db, transport, publicUrl }: DeliverDeps, id: string): Promise<void> {
  const minted = await transaction(db, (tx) => mint(tx, id));
  if (minted === undefined) return;
  const { kind, email, token } = minted;
  await transport.send(letter(kind, email, publicUrl, token), id);
  await transaction(db, async (tx) => {
    if (kind === 'known') await tx.mailLink.deleteMany({ where: { id } });
    else await tx.mailLink.updateMany({ where: { id }, data: { sentAt: new Date() } });
  });
}

/** Undefined: there is nothing to send. */
async function mint(tx: Tx, id: string): Promise<{ kind: Kind; email: string; token: string } | undefined> {
  const link = await tx.mailLink.findUnique({ where: { id } });
  if (link === null || link.sentAt !== null) return undefined;
  const { email, purpose } = link;
  const isKnown = (await tx.password.findUnique({ where: { email } })) !== null;
  if (purpose === 'reset' && !isKnown) {
    await tx.mailLink.delete({ where: { id } });
    return undefined;
  }
  const token = newToken();
  const expiresAt = new Date(Date.now() + GOOD_FOR_MS[purpose]);
  await tx.mailLink.update({ where: { id }, data: { hash: hashToken(token), expiresAt } });
  return { kind: purpose === 'verify' && isKnown ? 'known' : purpose, email, token };
}
