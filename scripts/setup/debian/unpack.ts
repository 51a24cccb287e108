// Unpacks packages into one root, as dpkg would lay them out on a system with merged /usr, without running their scripts.
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../../bootstrap/tool.mjs';
import { fileOf } from './download.ts';
import type { PackageFile } from './package-list.ts';

const MERGED = ['bin', 'lib', 'lib64', 'sbin'];
const SKIPPED = [
  './usr/share/doc',
  './usr/share/man',
  './usr/share/locale',
  './usr/share/info',
  './usr/share/lintian',
];

export async function unpackAll(
  items: readonly PackageFile[],
  root: string,
  signal: AbortSignal,
): Promise<void> {
  for (const name of MERGED) {
    await mkdir(path.join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, path.join(root, name));
  }
  const extract = `for deb do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$ROOT" --keep-directory-symlink --no-same-owner ${SKIPPED.map((name) => `--exclude=${name}`).join(' ')} || exit; done`;
  await runTool('bash', ['-o', 'pipefail', '-c', extract, 'unpack', ...items.map(fileOf)], {
    signal,
    env: { ...process.env, ROOT: root },
  });
}
