// Signing up, in two steps: what is asked for waits beside a link, and becomes true when somebody follows the link, who
// then has proven that the mailbox is theirs. Until then there is no account with this e-mail, so nobody can occupy
// somebody else's; and the first step is the same for an e-mail that has an account and one that has none.
//
// Following the link signs nobody in: who follows it may be the owner of the mailbox, whom a stranger has signed up.
// Only the stranger knows that password, and the owner's reset takes it away.
import type { Redis } from 'ioredis';
import { Prisma } from '../../../../prisma/gen/client.ts';
import { ApiError } from '../../errors.ts';
import type { Db, Tx } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import type { Outbox } from '../mail/outbox.ts';
import { cleanName } from '../name.ts';
import { hashToken } from '../token.ts';
import { MAILS, mayTry } from './attempts.ts';
import type { PasswordHasher } from './hash.ts';

export interface SignUpDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly hasher: PasswordHasher;
  readonly outbox: Outbox;
}

export interface SignUp {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  /** Who keeps their account by this. */
  readonly guest: string | undefined;
}

export async function signUp(deps: SignUpDeps, { email, password, name, guest }: SignUp): Promise<void> {
  const { db, redis, hasher, outbox } = deps;
  if (guest !== undefined && (await db.password.findUnique({ where: { accountId: guest } })) !== null) {
    throw new ApiError('OW_ERR_HAS_PASSWORD');
  }
  const passwordHash = await hasher.hash(password);
  if (!(await mayTry(redis, MAILS, email))) return;
  await outbox.post({
    purpose: 'verify',
    email,
    passwordHash,
    name: cleanName(name) || 'Player',
    accountId: guest ?? null,
  });
}

export async function verify(db: Db, token: string): Promise<void> {
  try {
    await transaction(db, (tx) => becomeTrue(tx, token));
  } catch (error) {
    // Two links for one e-mail, followed at once.
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
      throw new ApiError('OW_ERR_LINK');
    }
    throw error;
  }
}

async function becomeTrue(tx: Tx, token: string): Promise<void> {
  const link = await tx.mailLink.findUnique({ where: { hash: hashToken(token) } });
  if (link?.purpose !== 'verify' || link.expiresAt <= new Date()) throw new ApiError('OW_ERR_LINK');
  const { email, passwordHash: hash, name, accountId } = link;
  if (hash === null || name === null) throw new ApiError('OW_ERR_LINK');
  const wanted = accountId === null ? [{ email }] : [{ email }, { accountId }];
  if ((await tx.password.findFirst({ where: { OR: wanted } })) !== null) throw new ApiError('OW_ERR_LINK');
  await tx.mailLink.deleteMany({ where: { email, purpose: 'verify' } });
  const password = { create: { email, hash } };
  const data = { name, guest: false, lastSeenAt: new Date(), password };
  if (accountId === null) await tx.account.create({ data });
  else await tx.account.update({ where: { id: accountId }, data });
}
