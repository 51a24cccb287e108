// A starter is a small shell script that runs an unpacked program with the libraries it came with. It finds its folder by
// itself, so a closure may be moved.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const LOADERS: Record<string, { triplet: string; loader: string }> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: 'usr/lib64/ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'usr/lib/ld-linux-aarch64.so.1' },
};

/** Folders of libraries that are not in the main one, as Debian's ld.so.conf or the programs' run paths name them. */
const EXTRA_FOLDERS = ['pulseaudio', 'blas', 'lapack', 'nss'];

export function loaderOf(architecture: string): { triplet: string; loader: string } {
  const found = LOADERS[architecture];
  if (!found) throw new Error(`no loader known for ${architecture}`);
  return found;
}

/** Search path of an unpacked root, whose own path is given as it shall stand there. */
export function libraryPath(root: string, triplet: string): string {
  const main = `${root}/usr/lib/${triplet}`;
  return [main, ...EXTRA_FOLDERS.map((name) => `${main}/${name}`)].join(':');
}

export type Starter = {
  name: string;
  /** Program, loader and search path; `$home` stands for the closure's folder. */
  program: string;
  loader?: string;
  libraries: string;
  environment?: Readonly<Record<string, string>>;
};

export async function writeStarter(
  home: string,
  { name, program, loader, libraries, environment = {} }: Starter,
): Promise<void> {
  const exports = Object.entries(environment).map(([key, value]) => `export ${key}="${value}"\n`);
  const run = loader
    ? `exec "${loader}" --library-path "${libraries}" --argv0 "$home/bin/${name}" "${program}" "$@"`
    : `LD_LIBRARY_PATH="${libraries}" exec "${program}" "$@"`;
  const file = path.join(home, 'bin', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(
    file,
    `#!/bin/sh\nhome=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")\n${exports.join('')}${run}\n`,
  );
  await chmod(file, 0o755);
}
