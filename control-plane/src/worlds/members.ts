// The members of a world, who enter one whose access is `members`. The list outlives a change of access.
import { ApiError } from '../errors.ts';
import { audit } from '../moderation/audit.ts';
import type { Db } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import type { Visitor } from './enter.ts';
import { managed, type Page } from './worlds.ts';

const MAX_MEMBERS = 1_000;

export interface Member {
  readonly id: string;
  readonly name: string;
}

export class Members {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** In the order of their ids, for whoever may change the world. */
  async list(address: string, who: Visitor, limit: number, cursor?: string): Promise<Page<Member>> {
    const world = await managed(this.#db, address, who);
    const found = await this.#db.worldMember.findMany({
      where: { worldId: world.id, ...(cursor !== undefined && { accountId: { gt: cursor } }) },
      orderBy: { accountId: 'asc' },
      take: limit + 1,
      select: { account: { select: { id: true, name: true } } },
    });
    const items = found.slice(0, limit).map(({ account }) => account);
    return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** Once or twice is the same. */
  add(address: string, account: string, who: Visitor): Promise<void> {
    return transaction(this.#db, async (tx) => {
      const world = await managed(tx, address, who);
      const known = await tx.account.findUnique({ where: { id: account }, select: { id: true } });
      if (known === null) throw new ApiError('OW_ERR_UNKNOWN_ACCOUNT');
      const row = { worldId: world.id, accountId: account };
      const { count } = await tx.worldMember.createMany({ data: [row], skipDuplicates: true });
      if (count === 0) return;
      const members = await tx.worldMember.count({ where: { worldId: world.id } });
      if (members > MAX_MEMBERS) throw new ApiError('OW_ERR_TOO_MANY_MEMBERS');
      const actor = who.account.id;
      await audit(tx, { actor, action: 'world.member.add', target: world.id, detail: { account } });
    });
  }

  remove(address: string, account: string, who: Visitor): Promise<void> {
    return transaction(this.#db, async (tx) => {
      const world = await managed(tx, address, who);
      const row = { worldId: world.id, accountId: account };
      const { count } = await tx.worldMember.deleteMany({ where: row });
      if (count === 0) return;
      const actor = who.account.id;
      await audit(tx, { actor, action: 'world.member.remove', target: world.id, detail: { account } });
    });
  }
}
