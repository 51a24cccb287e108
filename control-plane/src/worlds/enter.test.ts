// Who sees and who enters, for every kind of access and of visitor. Written out, so that a change of the rules shows here.
import { expect, test } from 'vitest';
import type { WorldAccess } from '../../../prisma/gen/client.ts';
import { mayEnter, mayManage, maySee, type Visitor } from './enter.ts';

const who = (id: string, role: 'player' | 'creator' | 'admin' = 'player', guest = false): Visitor => ({
  account: { id, role, guest },
});
const owner = { id: 'owner' };
const visitors = {
  nobody: undefined,
  guest: who('guest', 'player', true),
  player: who('player'),
  creator: who('creator', 'creator'),
  owner: who('owner', 'creator'),
  admin: who('admin', 'admin'),
};

const ALL = 'nobody guest player creator owner admin';

test.for<[WorldAccess, string, string]>([
  ['everyone', ALL, 'guest player creator owner admin'],
  ['accounts', ALL, 'player creator owner admin'],
  ['members', 'owner admin', 'owner admin'],
  ['owner', 'owner admin', 'owner admin'],
])('a world for %s is seen by [%s] and entered by [%s]', ([access, seen, entered]) => {
  const saw = Object.entries(visitors).filter(([, visitor]) => maySee({ owner, access }, visitor, false));
  expect(saw.map(([name]) => name).join(' ')).toBe(seen);
  const inside = Object.entries(visitors).filter(
    ([, visitor]) => visitor !== undefined && mayEnter({ owner, access }, visitor, false),
  );
  expect(inside.map(([name]) => name).join(' ')).toBe(entered);
});

test('a member enters a world for members, a guest too; membership opens no other', () => {
  for (const visitor of [visitors.guest, visitors.player]) {
    expect(maySee({ owner, access: 'members' }, visitor, true)).toBe(true);
    expect(mayEnter({ owner, access: 'members' }, visitor, true)).toBe(true);
    expect(maySee({ owner, access: 'owner' }, visitor, true)).toBe(false);
    expect(mayEnter({ owner, access: 'owner' }, visitor, true)).toBe(false);
  }
  expect(mayEnter({ owner, access: 'accounts' }, visitors.guest, true)).toBe(false);
});

test('a world without an owner is the admins’ to manage', () => {
  const names = Object.entries(visitors).filter(([, visitor]) =>
    mayManage({ owner: null, access: 'everyone' }, visitor),
  );
  expect(names.map(([name]) => name)).toEqual(['admin']);
});
