// A way back in for whoever can reach the database: a new one-time password for the admin, and the end of the sessions that
// the old one opened.
import type { Redis } from 'ioredis';
import { audit } from '../../moderation/audit.ts';
import type { Db } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import type { PasswordHasher } from '../password/hash.ts';
import { endSessions } from '../sessions/end.ts';
import { oneTimePassword } from './one-time-password.ts';
import { ADMIN_EMAIL } from './place.ts';

export interface ResetAdmin {
  readonly email: string;
  readonly password: string;
}

/** The oldest admin with a password; if there is none, the first admin is made (again). */
export async function resetAdmin(db: Db, hasher: PasswordHasher, redis?: Redis): Promise<ResetAdmin> {
  const password = oneTimePassword();
  const hash = await hasher.hash(password);
  const { email, accountId } = await transaction(db, async (tx) => {
    const oldest = await tx.password.findFirst({
      where: { account: { role: 'admin' } },
      orderBy: { account: { createdAt: 'asc' } },
    });
    const email = oldest?.email ?? ADMIN_EMAIL;
    const fresh = { hash, oneTime: true, changedAt: new Date() };
    const account = { create: { name: 'Admin', role: 'admin' as const, guest: false } };
    const { accountId } = await tx.password.upsert({
      where: { email },
      create: { email, ...fresh, account },
      update: { ...fresh, account: { update: { role: 'admin' } } },
    });
    await endSessions(tx, accountId);
    await audit(tx, { actor: undefined, action: 'account.reset', target: accountId });
    return { email, accountId };
  });
  // Without Redis the processes hear of it when their second of memory is over.
  await redis?.publish('ow:revoked', JSON.stringify({ account: accountId })).catch(() => {});
  return { email, password };
}
