// E-mail and password to a session. Whether the e-mail is known shows in neither the answer nor its time.
import type { Redis } from 'ioredis';
import { ApiError } from '../../errors.ts';
import { refuseBanned } from '../../moderation/bans.ts';
import type { Db } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import type { Grant } from '../grant.ts';
import { openSession } from '../sessions/open.ts';
import { forgetTries, mayTry, SIGN_INS } from './attempts.ts';
import type { PasswordHasher } from './hash.ts';

export interface SignInDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly hasher: PasswordHasher;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Takes the place of the password; must be given with one that is good once. */
  readonly newPassword?: string | undefined;
}

export async function signIn(
  deps: SignInDeps,
  { email, password, newPassword }: Credentials,
): Promise<Grant> {
  const { db, redis, hasher } = deps;
  const known = await checkPassword(deps, email, password);
  if (known.oneTime && newPassword === undefined) throw new ApiError('OW_ERR_PASSWORD_ONE_TIME');
  if (newPassword === password) throw new ApiError('OW_ERR_PASSWORD_SAME');
  await refuseBanned(db, known.accountId);
  const hash =
    newPassword !== undefined || hasher.isOutdated(known.hash)
      ? await hasher.hash(newPassword ?? password)
      : undefined;
  const grant = await transaction(db, async (tx) => {
    const now = await tx.password.findUnique({ where: { email }, include: { account: true } });
    // Changed since it was compared, perhaps by a reset that meant to lock this very person out.
    if (now === null || now.hash !== known.hash) throw new ApiError('OW_ERR_CREDENTIALS');
    if (hash !== undefined) {
      const changed = newPassword !== undefined && { oneTime: false, changedAt: new Date() };
      await tx.password.update({ where: { email }, data: { hash, ...changed } });
    }
    await tx.account.update({ where: { id: now.accountId }, data: { lastSeenAt: new Date() } });
    return openSession(tx, now.account);
  });
  await forgetTries(redis, SIGN_INS, email);
  return grant;
}

export interface KnownPassword {
  readonly accountId: string;
  readonly hash: string;
  readonly oneTime: boolean;
}

/** Counts as a try; the caller forgets the tries when all went well. */
export async function checkPassword(
  { db, redis, hasher }: SignInDeps,
  email: string,
  password: string,
): Promise<KnownPassword> {
  if (!(await mayTry(redis, SIGN_INS, email))) throw new ApiError('OW_ERR_TOO_MANY_TRIES');
  const known = await db.password.findUnique({ where: { email } });
  const matches = await hasher.verify(known?.hash, password);
  if (known === null || !matches) throw new ApiError('OW_ERR_CREDENTIALS');
  return known;
}
