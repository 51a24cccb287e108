// Turns an unpacked root into what is kept: only the programs and the libraries they are linked to (267 of 520 MB for
// Godot), or the whole root; in both cases with starters in `bin/`.
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../../bootstrap/tool.mjs';
import type { Closure } from './closures.ts';
import { libraryPath, loaderOf, writeStarter } from './starter.ts';

/** Shapes `home/root` into `home`. */
export async function shape(
  closure: Closure,
  home: string,
  architecture: string,
  signal: AbortSignal,
): Promise<void> {
  const { triplet, loader } = loaderOf(architecture);
  const root = path.join(home, 'root');
  if (closure.form === 'shrunk') {
    for (const program of closure.programs) await keepProgram(root, program, home, architecture, signal);
    await rm(root, { recursive: true, force: true });
  }
  if (closure.form === 'host-loader') await removeGlibc(path.join(root, 'usr/lib', triplet));
  for (const program of closure.programs) {
    const name = path.basename(program);
    const environment = closure.environment ?? {};
    const whole = {
      name,
      environment,
      program: `$home/root/${program}`,
      libraries: libraryPath('$home/root', triplet),
    };
    if (closure.form === 'host-loader') await writeStarter(home, whole);
    else if (closure.form === 'whole') await writeStarter(home, { ...whole, loader: `$home/root/${loader}` });
    else
      await writeStarter(home, {
        name,
        environment,
        program: `$home/libexec/${name}`,
        loader: `$home/lib/${path.basename(loader)}`,
        libraries: '$home/lib',
      });
  }
}

async function keepProgram(
  root: string,
  program: string,
  home: string,
  architecture: string,
  signal: AbortSignal,
): Promise<void> {
  const { triplet, loader } = loaderOf(architecture);
  for (const part of ['lib', 'libexec']) await mkdir(path.join(home, part), { recursive: true });
  const { output } = await runTool(
    path.join(root, loader),
    ['--library-path', libraryPath(root, triplet), '--list', path.join(root, program)],
    { signal },
  );
  const libraries = [...output.matchAll(/=> (\/\S.*) \(0x/g)].map(([, library = '']) => library);
  for (const library of [path.join(root, loader), ...libraries])
    await copyFile(library, path.join(home, 'lib', path.basename(library)));
  await copyFile(path.join(root, program), path.join(home, 'libexec', path.basename(program)));
}

const GLIBC =
  /^(ld-linux|lib(c|m|mvec|dl|rt|pthread|util|resolv|anl|nsl|nss_\w+|thread_db|BrokenLocale|c_malloc_debug|pcprofile|memusage)\.so)/;

/** The host's loader goes with the host's glibc only. */
async function removeGlibc(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (GLIBC.test(name)) await rm(path.join(folder, name));
  }
}
