// One rule for everything that is fetched or built: its folder in the cache is named by the hash of what went into it,
// is made once under a lock, and appears by a rename, so it is either whole or not there. Two copies that set up at once
// make it once; a copy that was killed leaves a work folder that the next one removes.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { cacheRoot } from '../bootstrap/places.mjs';
import type { Run, Step } from '../lib/launcher.ts';

export type CachedSpec = {
  /** Folder below the cache, for instance `built/console`. */
  kind: string;
  /** What it is made from; equal inputs give the same folder. */
  key: string;
};

/** Returns the folder of that content, making it when it is not there yet. */
export async function cached(
  run: Run,
  step: Step,
  { kind, key }: CachedSpec,
  make: (dir: string) => Promise<void>,
): Promise<string> {
  const home = path.join(cacheRoot, kind, key);
  if (existsSync(home)) return home;
  const lock = path.join(cacheRoot, 'locks', kind.replaceAll('/', '-'));
  await withLock(
    lock,
    { signal: run.signal, onWait: () => step.report('waiting for another copy') },
    async () => {
      if (existsSync(home)) return;
      await removeLeftovers(path.dirname(home));
      const work = `${home}.making`;
      await mkdir(work, { recursive: true });
      await make(work);
      await rename(work, home);
    },
  );
  return home;
}

/** Only the lock's holder makes anything of this kind, so every work folder found here has lost its maker. */
async function removeLeftovers(parent: string): Promise<void> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.endsWith('.making')) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

const NEVER_SOURCES = new Set(['node_modules', 'target', 'dist', 'gen', '.git', '.godot', '.otherworld']);

/** Hash over names and contents of all source files below the given files and folders, and over extra strings. */
export async function hashSources(paths: readonly string[], extra: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  for (const text of extra) hash.update(`${text}\0`);
  for (const root of paths) {
    for (const file of await sourcesBelow(root)) {
      hash.update(`${path.relative(path.dirname(root), file)}\0`);
      hash.update(
        createHash('sha256')
          .update(await readFile(file))
          .digest(),
      );
    }
  }
  return hash.digest('hex').slice(0, 32);
}

/** All source files below a folder, in a fixed order; links are not followed. */
export async function sourcesBelow(root: string): Promise<string[]> {
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [root];
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (NEVER_SOURCES.has(entry.name)) continue;
    const file = path.join(root, entry.name);
    if (entry.isDirectory()) found.push(...(await sourcesBelow(file)));
    else if (entry.isFile()) found.push(file);
  }
  return found;
}
