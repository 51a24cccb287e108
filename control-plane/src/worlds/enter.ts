// Who sees a world, who enters it and who changes it. Pure: the caller says whether somebody is a member. `seen` says
// the same as `maySee` to the database, for lists; a test holds the two together.
import type { Prisma, WorldAccess } from '../../../prisma/gen/client.ts';

/** Somebody who has signed in, as far as worlds care. */
export interface Visitor {
  readonly account: {
    readonly id: string;
    readonly role: 'player' | 'creator' | 'admin';
    readonly guest: boolean;
  };
}

export interface Door {
  readonly owner: { readonly id: string } | null;
  readonly access: WorldAccess;
}

/** Owner and admins, who must be able to look at what they are asked about. */
export function mayManage(door: Door, who: Visitor | undefined): boolean {
  if (who === undefined) return false;
  return who.account.role === 'admin' || door.owner?.id === who.account.id;
}

/** Guests see what is open to accounts: they are told what they lack. */
export function maySee(door: Door, who: Visitor | undefined, isMember: boolean): boolean {
  const isListed = door.access === 'everyone' || door.access === 'accounts';
  return isListed || (door.access === 'members' && isMember) || mayManage(door, who);
}

export function mayEnter(door: Door, who: Visitor, isMember: boolean): boolean {
  switch (door.access) {
    case 'everyone':
      return true;
    case 'accounts':
      return !who.account.guest || mayManage(door, who);
    case 'members':
      return isMember || mayManage(door, who);
    case 'owner':
      return mayManage(door, who);
    default:
      return door.access satisfies never;
  }
}

export function seen(who: Visitor | undefined): Prisma.WorldWhereInput {
  const open = { access: { in: ['everyone', 'accounts'] } } satisfies Prisma.WorldWhereInput;
  if (who === undefined) return open;
  const { id, role } = who.account;
  if (role === 'admin') return {};
  return { OR: [open, { ownerId: id }, { access: 'members', members: { some: { accountId: id } } }] };
}
