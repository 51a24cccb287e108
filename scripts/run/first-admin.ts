// The first admin's one-time password, shown to the person who started the system, once.
import { readFile, rm } from 'node:fs/promises';
import { ADMIN_EMAIL, firstAdminFile } from '../../control-plane/src/accounts/admin/place.ts';

export type FirstAdmin = { email: string; password: string };

/** Undefined: it was shown before. */
export async function readFirstAdmin(data: string): Promise<FirstAdmin | undefined> {
  const password = (await readFile(firstAdminFile(data), 'utf8').catch(() => '')).trim();
  return password === '' ? undefined : { email: ADMIN_EMAIL, password };
}

/** After it was shown: killed in between, we show it once more rather than never. */
export function forgetFirstAdmin(data: string): Promise<void> {
  return rm(firstAdminFile(data), { force: true });
}
