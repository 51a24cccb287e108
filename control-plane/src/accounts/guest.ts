// Somebody who comes without an account gets one at once, to be kept by signing up later.
import type { Account } from '../../../prisma/gen/client.ts';
import type { Tx } from '../persistence/connect.ts';
import { cleanName } from './name.ts';

export function guestAccount(tx: Tx, name: string): Promise<Account> {
  return tx.account.create({ data: { name: cleanName(name) || 'Guest' } });
}
