// The first admin, made when there is none: an account whose password is good for one sign-in. The password goes to the
// person who started the system through a file that only this user can read and that is deleted once shown
// (`npm start` does both). It is written before the account, so that a crash in between loses nothing.
//
// Any number of processes may start at once. On one data folder they share the file; of those on different ones a single
// one makes the account, and the others find that their file opens nothing, and delete it.
import { readFileSync, rmSync } from 'node:fs';
import { Prisma } from '../../../../prisma/gen/client.ts';
import type { Db } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import { secretText } from '../../secret-file.ts';
import type { PasswordHasher } from '../password/hash.ts';
import { oneTimePassword } from './one-time-password.ts';
import { ADMIN_EMAIL, firstAdminFile } from './place.ts';

export async function ensureAdmin(db: Db, hasher: PasswordHasher, data: string): Promise<void> {
  const file = firstAdminFile(data);
  if (!(await hasAdmin(db))) {
    const hash = await hasher.hash(secretText(file, oneTimePassword));
    await makeAdmin(db, hash);
  }
  if (!(await opens(db, hasher, file))) rmSync(file, { force: true });
}

const hasAdmin = async (db: Pick<Db, 'account'>): Promise<boolean> =>
  (await db.account.findFirst({ where: { role: 'admin' }, select: { id: true } })) !== null;

async function makeAdmin(db: Db, hash: string): Promise<void> {
  try {
    await transaction(db, async (tx) => {
      if (await hasAdmin(tx)) return;
      const password = { create: { email: ADMIN_EMAIL, hash, oneTime: true } };
      await tx.account.create({ data: { name: 'Admin', role: 'admin', guest: false, password } });
    });
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') throw error;
  }
}

/** Whether the file's password is the one that waits to be used. */
async function opens(db: Db, hasher: PasswordHasher, file: string): Promise<boolean> {
  const password = readIfThere(file);
  if (password === undefined) return true;
  const waiting = await db.password.findUnique({ where: { email: ADMIN_EMAIL } });
  return waiting?.oneTime === true && (await hasher.verify(waiting.hash, password));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
