// A closure as data: which package files it consists of. `debian.lock.json` in git holds the tested ones; their hashes
// are what a download is checked against, so that a locked closure needs neither apt's index nor its clock.
import { readFile } from 'node:fs/promises';
import type { ClosureName } from './closures.ts';

export type PackageFile = {
  name: string;
  version: string;
  archive: 'debian' | 'debian-security';
  /** Path below the archive's address. */
  path: string;
  /** (unit: bytes) */
  size: number;
  sha256: string;
};

/** Lists by architecture, then by closure. */
export type LockFile = Record<string, Partial<Record<ClosureName, PackageFile[]>>>;

export const lockFile = new URL('../../debian.lock.json', import.meta.url);

export async function readLock(): Promise<LockFile> {
  return JSON.parse(await readFile(lockFile, 'utf8'));
}

const URI_LINE = /^'([^']+)' (\S+) (\d+) SHA256:([0-9a-f]{64})$/;

/** Reads what `apt-get install --print-uris` says. */
export function parseUris(text: string, bases: Record<PackageFile['archive'], string>): PackageFile[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith("'"))
    .map((line) => {
      const [, uri = '', file = '', size, sha256 = ''] = URI_LINE.exec(line) ?? [];
      const archive = uri.startsWith(`${bases['debian-security']}/`) ? 'debian-security' : 'debian';
      const [name = '', version = ''] = file.split('_');
      if (!sha256) throw new Error(`apt named a file without a SHA-256: ${line}`);
      return {
        name,
        version: decodeURIComponent(version),
        archive,
        path: uri.slice(bases[archive].length + 1),
        size: Number(size),
        sha256,
      };
    });
}
