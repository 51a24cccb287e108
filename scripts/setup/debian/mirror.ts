// Which Debian mirror to ask: OTHERWORLD_DEBIAN_MIRROR, else the one that this machine's apt is set up for (deb822
// `.sources` files and one-line `sources.list`). No address is assumed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Problem } from '../../bootstrap/problem.mjs';

const APT = '/etc/apt';

/** The archive's address without a final slash. `debian-security` lies beside `debian` on every mirror that has both. */
export function findMirror(
  archive: 'debian' | 'debian-security',
  files: readonly string[] = aptSources(),
): string {
  const chosen = process.env.OTHERWORLD_DEBIAN_MIRROR;
  const base = chosen?.replace(/\/+$/, '') ?? addressIn(files, 'debian');
  if (!base)
    throw new Problem(
      'This machine has no Debian archive in /etc/apt',
      'set OTHERWORLD_DEBIAN_MIRROR to the address of one',
    );
  if (archive === 'debian') return base;
  return (chosen ? undefined : addressIn(files, 'debian-security')) ?? `${base}-security`;
}

function addressIn(files: readonly string[], archive: string): string | undefined {
  const pattern = new RegExp(`https?://[^\\s\\]]+/${archive}/?(?=\\s|$)`, 'm');
  for (const text of files) {
    const uncommented = text.replaceAll(/^\s*#.*$/gm, '');
    const found = pattern.exec(uncommented)?.[0];
    if (found) return found.replace(/\/+$/, '');
  }
  return undefined;
}

function aptSources(): string[] {
  const parts = path.join(APT, 'sources.list.d');
  const names = [path.join(APT, 'sources.list')];
  try {
    names.push(
      ...readdirSync(parts)
        .toSorted()
        .map((name) => path.join(parts, name)),
    );
  } catch {} // no such folder on a minimal machine
  return names.flatMap((name) => {
    try {
      return [readFileSync(name, 'utf8')];
    } catch {
      return [];
    }
  });
}
