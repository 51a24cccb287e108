// Who did what to whom, written in the same transaction as the deed: there is never one without the other. Nothing
// changes or deletes an entry.
import type { Prisma } from '../../../prisma/gen/client.ts';

/** What is worth an entry. The part before the dot names the kind of its target. */
export const ACTIONS = [
  'account.role',
  'account.reset',
  'account.theft',
  'account.delete',
  'account.kick',
  'account.ban',
  'account.unban',
  'instance.kick',
  'instance.drain',
  'fleet.scale',
  'world.create',
  'world.update',
  'world.remove',
  'world.member.add',
  'world.member.remove',
] as const;

export type Action = (typeof ACTIONS)[number];

export interface Deed {
  /** Account that did it; undefined: the system itself. */
  readonly actor: string | undefined;
  readonly action: Action;
  /** What it was done to: an account's or a world's id, an instance's name. */
  readonly target: string;
  /** What is particular to it; never a secret. */
  readonly detail?: Prisma.InputJsonObject;
}

export async function audit(
  tx: Prisma.TransactionClient,
  { actor, action, target, detail }: Deed,
): Promise<void> {
  await tx.auditEntry.create({ data: { actorId: actor ?? null, action, target, detail: detail ?? {} } });
}
