// Makes the Godot project of the instance ready to run: the extension's library in place, and the list that tells Godot to
// load it (Godot writes that list only when the editor opens a project; without it the class is unknown).
import { mkdir, readFile, readlink, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import type { Run } from '../lib/launcher.ts';

export const godotServer = path.join(checkoutRoot, 'godot-server');
const EXTENSION = 'res://addons/otherworld/otherworld.gdextension\n';

export async function setUpProject(run: Run, library: string): Promise<void> {
  run.signal.throwIfAborted();
  await link(library, path.join(checkoutRoot, 'godot-addon/bin/libotherworld.so'));
  const list = path.join(godotServer, '.godot/extension_list.cfg');
  if ((await readFile(list, 'utf8').catch(() => '')) === EXTENSION) return;
  await mkdir(path.dirname(list), { recursive: true });
  await replace(list, (file) => writeFile(file, EXTENSION));
}

async function link(target: string, file: string): Promise<void> {
  if ((await readlink(file).catch(() => '')) === target) return;
  await mkdir(path.dirname(file), { recursive: true });
  await replace(file, (name) => symlink(target, name));
}

/** Replaces a file in one step: an instance that starts meanwhile sees the old or the new one. */
async function replace(file: string, make: (name: string) => Promise<void>): Promise<void> {
  const name = `${file}.${process.pid}`;
  await make(name);
  await rename(name, file);
}
