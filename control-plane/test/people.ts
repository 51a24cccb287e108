// People for tests, put straight into the database.
import { randomUUID } from 'node:crypto';
import type { Role, Who } from '../src/accounts/who.ts';
import type { Db } from '../src/persistence/connect.ts';

export async function person(
  db: Db,
  { name = 'Ada', role = 'player' as Role, guest = false } = {},
): Promise<Who> {
  const { id } = await db.account.create({ data: { name, role, guest }, select: { id: true } });
  return { account: { id, name, role, guest }, session: randomUUID() };
}
