// Who may do what: an admin looks accounts up and gives roles.
import type { Account, Prisma } from '../../../prisma/gen/client.ts';
import { ApiError } from '../errors.ts';
import { audit } from '../moderation/audit.ts';
import type { Db } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import type { Role } from './who.ts';

export interface Wanted {
  /** Part of a name or of an e-mail, in any case. */
  readonly search?: string | undefined;
  readonly role?: Role | undefined;
  readonly guests: boolean;
  readonly limit: number;
  /** The id after which the page begins. */
  readonly after?: string | undefined;
}

export type Listed = Account & { readonly password: { readonly email: string } | null };

/** In the order of their ids, which is no order; by creation would be one, and a hot end of an index. */
export async function listAccounts(
  db: Db,
  { search, role, guests, limit, after }: Wanted,
): Promise<Listed[]> {
  const found: Prisma.AccountWhereInput[] = [];
  if (search) {
    const contains = { contains: search, mode: 'insensitive' } as const;
    found.push({ OR: [{ name: contains }, { password: { email: contains } }] });
  }
  if (role !== undefined) found.push({ role });
  if (!guests) found.push({ guest: false });
  if (after !== undefined) found.push({ id: { gt: after } });
  return db.account.findMany({
    where: { AND: found },
    orderBy: { id: 'asc' },
    take: limit,
    include: { password: { select: { email: true } } },
  });
}

/** SERIALIZABLE keeps two admins from demoting each other at once. */
export function changeRole(db: Db, actor: string, id: string, role: Role): Promise<Listed> {
  return transaction(db, async (tx) => {
    // Their own role may have gone since it was looked up.
    const by = await tx.account.findUnique({ where: { id: actor } });
    if (by?.role !== 'admin') throw new ApiError('OW_ERR_FORBIDDEN');
    const include = { password: { select: { email: true } } };
    const account = await tx.account.findUnique({ where: { id }, include });
    if (account === null) throw new ApiError('OW_ERR_UNKNOWN_ACCOUNT');
    if (account.role === role) return account;
    if (account.guest) throw new ApiError('OW_ERR_GUEST');
    const isLast = account.role === 'admin' && (await tx.account.count({ where: { role: 'admin' } })) === 1;
    if (isLast) throw new ApiError('OW_ERR_LAST_ADMIN');
    await audit(tx, { actor, action: 'account.role', target: id, detail: { from: account.role, to: role } });
    return tx.account.update({ where: { id }, data: { role }, include });
  });
}
