// Fetches the packages of a closure with apt's own downloader, which knows the machine's proxies and checks each file
// against its hash. A file that is already there is kept: it was named by its hash.
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cacheRoot } from '../../bootstrap/places.mjs';
import { tryTool } from '../../bootstrap/tool.mjs';
import type { Step } from '../../lib/launcher.ts';
import { findMirror } from './mirror.ts';
import type { PackageFile } from './package-list.ts';

const pool = path.join(cacheRoot, 'debian', 'pool');

/** Where a package file lies once it is fetched. */
export const fileOf = (item: PackageFile): string => path.join(pool, `${item.sha256}.deb`);

export type DownloadResult = { state: 'complete' } | { state: 'gone'; reason: string };

export async function downloadAll(
  items: readonly PackageFile[],
  step: Step,
  signal: AbortSignal,
): Promise<DownloadResult> {
  await mkdir(pool, { recursive: true });
  const wanted = items.filter((item) => !existsSync(fileOf(item)));
  if (wanted.length === 0) return { state: 'complete' };
  const total = wanted.reduce((sum, item) => sum + item.size, 0);
  const timer = setInterval(
    () => step.report(`fetching ${megabytes(total)}`, Math.min(1, fetched(wanted) / total)),
    300,
  );
  try {
    const triplets = wanted.flatMap((item) => [
      `${findMirror(item.archive)}/${item.path}`,
      fileOf(item),
      `SHA256:${item.sha256}`,
    ]);
    const args = ['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=3', 'download-file', ...triplets];
    const result = await tryTool('/usr/lib/apt/apt-helper', args, {
      signal,
      env: { ...process.env, LC_ALL: 'C' },
    });
    if (result.code === 0) return { state: 'complete' };
    if (/no space left/i.test(result.errors))
      throw Object.assign(new Error(result.errors), { code: 'ENOSPC', path: pool });
    return { state: 'gone', reason: result.errors.trim().split('\n').at(-1) ?? '' };
  } finally {
    clearInterval(timer);
  }
}

function fetched(items: readonly PackageFile[]): number {
  return items.reduce((sum, item) => sum + (sizeOf(fileOf(item)) ?? 0), 0);
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** @param bytes (unit: bytes) */
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
