// Brings a closure into the cache: the tested packages of the lock file, or, when the mirror no longer has them, today's
// packages by its signed index, which must then pass the smoke test and are warned about.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheRoot } from '../../bootstrap/places.mjs';
import { Problem } from '../../bootstrap/problem.mjs';
import type { Run, Step } from '../../lib/launcher.ts';
import { cached } from '../cached.ts';
import { CLOSURES, type ClosureName } from './closures.ts';
import { downloadAll, fileOf } from './download.ts';
import { type PackageFile, readLock } from './package-list.ts';
import { requireApt, resolveClosure } from './resolve.ts';
import { shape } from './shape.ts';
import { unpackAll } from './unpack.ts';

/** Proves that a freshly installed closure works; throws when it does not. */
export type SmokeTest = (home: string) => Promise<void>;

/** Lies in the folder of a closure that is newer than the lock file, and names its packages. */
const UNTESTED = 'newer-than-tested.json';

export type Installed = {
  /** The closure's folder; its programs are started by the scripts in `bin/`. */
  home: string;
  /** For people. */
  origin: string;
};

export const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

export async function installClosure(
  run: Run,
  step: Step,
  name: ClosureName,
  smoke: SmokeTest,
): Promise<Installed> {
  const { locked, key } = await wanted(name);
  const home = await cached(run, step, { kind: kindOf(name), key }, async (dir) => {
    requireApt();
    const tested = locked && (await fetchLocked(run, step, name, locked));
    const items = tested ?? (await fetchNewer(run, step, name));
    step.report('unpacking');
    await build(name, items, dir, run.signal);
    if (!tested) await writeFile(path.join(dir, UNTESTED), JSON.stringify(items, null, 2));
    step.report('trying it');
    await smoke(dir);
    for (const item of items) await rm(fileOf(item), { force: true });
  });
  const isTested = !existsSync(path.join(home, UNTESTED));
  return { home, origin: isTested ? 'from Debian' : 'from Debian, newer than the tested version' };
}

/** The folder of a closure that is there already. */
export async function installedClosure(name: ClosureName): Promise<string | undefined> {
  const home = path.join(cacheRoot, kindOf(name), (await wanted(name)).key);
  return existsSync(home) ? home : undefined;
}

async function wanted(name: ClosureName): Promise<{ locked: PackageFile[] | undefined; key: string }> {
  const locked = (await readLock())[architecture]?.[name];
  return { locked, key: locked ? keyOf(name, locked) : `rolling-${architecture}` };
}

const kindOf = (name: ClosureName) => `debian/${name}`;

async function fetchLocked(
  run: Run,
  step: Step,
  name: ClosureName,
  locked: PackageFile[],
): Promise<PackageFile[] | undefined> {
  const result = await downloadAll(locked, step, run.signal);
  if (result.state === 'complete') return locked;
  run.warn(
    `The tested packages of ${name} cannot be had from Debian's mirror (${result.reason}); taking today's, checked by Debian's signature and a smoke test.`,
  );
  return undefined;
}

async function fetchNewer(run: Run, step: Step, name: ClosureName): Promise<PackageFile[]> {
  step.report("reading Debian's signed index");
  const items = await resolveClosure(name, architecture, run.signal).catch((error) => {
    run.signal.throwIfAborted();
    throw error instanceof Problem
      ? error
      : new Problem(
          `Debian's package index could not be read (${lastLine(error)})`,
          'check the network and the mirror in /etc/apt, or set OTHERWORLD_DEBIAN_MIRROR',
        );
  });
  const result = await downloadAll(items, step, run.signal);
  if (result.state === 'complete') return items;
  throw new Problem(
    `Packages of ${name} could not be fetched from Debian's mirror (${result.reason})`,
    'check the network and start again: what is there is kept',
  );
}

async function build(
  name: ClosureName,
  items: PackageFile[],
  dir: string,
  signal: AbortSignal,
): Promise<void> {
  await unpackAll(items, path.join(dir, 'root'), signal);
  await shape(CLOSURES[name], dir, architecture, signal);
}

function keyOf(name: ClosureName, items: readonly PackageFile[]): string {
  const hash = createHash('sha256').update(JSON.stringify(CLOSURES[name]));
  for (const item of items) hash.update(item.sha256);
  return hash.digest('hex').slice(0, 32);
}

const lastLine = (error: unknown) => (error as Error).message.trim().split('\n').at(-1);
