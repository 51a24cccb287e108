// Keeps of an unpacked root only some programs and the libraries they are linked to (267 of 520 MB for Godot), and gives each a
// starter that runs it by the loader that came with it: forky's programs want a newer glibc than Debian 12 has.
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../../bootstrap/tool.mjs';

const LOADERS: Record<string, { triplet: string; loader: string }> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: 'usr/lib64/ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'usr/lib/ld-linux-aarch64.so.1' },
};

export function loaderOf(architecture: string): { triplet: string; loader: string } {
  const found = LOADERS[architecture];
  if (!found) throw new Error(`no loader known for ${architecture}`);
  return found;
}

export async function shrink(
  root: string,
  programs: readonly string[],
  home: string,
  architecture: string,
  signal: AbortSignal,
): Promise<void> {
  const { triplet, loader } = loaderOf(architecture);
  const base = path.join(root, 'usr/lib', triplet);
  const search = [base, 'pulseaudio', 'blas', 'lapack'].map((name) => path.resolve(base, name)).join(':');
  for (const part of ['bin', 'lib', 'libexec']) await mkdir(path.join(home, part), { recursive: true });
  await copyFile(path.join(root, loader), path.join(home, 'lib', path.basename(loader)));
  for (const program of programs) {
    const name = path.basename(program);
    const { output } = await runTool(
      path.join(root, loader),
      ['--library-path', search, '--list', path.join(root, program)],
      { signal },
    );
    for (const [, library = ''] of output.matchAll(/=> (\/\S.*) \(0x/g))
      await copyFile(library, path.join(home, 'lib', path.basename(library)));
    await copyFile(path.join(root, program), path.join(home, 'libexec', name));
    await writeStarter(home, name, path.basename(loader));
  }
}

async function writeStarter(home: string, name: string, loader: string): Promise<void> {
  const file = path.join(home, 'bin', name);
  const text = `#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
exec "$home/lib/${loader}" --library-path "$home/lib" --argv0 "$home/bin/${name}" "$home/libexec/${name}" "$@"
`;
  await writeFile(file, text);
  await chmod(file, 0o755);
}
