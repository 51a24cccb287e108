// Passwords between our own processes: made once, readable by the owner alone.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Reads the secret of that name, making it on the first start. */
export async function localSecret(data: string, name: string): Promise<string> {
  const file = path.join(data, 'secrets', name);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known) return known;
  const made = randomBytes(24).toString('hex');
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}
