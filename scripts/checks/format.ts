// Formatters and linters of every language, as the sources are.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { sourcesBelow } from '../setup/cached.ts';
import { setUpGdToolkit } from '../setup/gdtoolkit.ts';
import { netcode, rustEnvironment } from '../setup/rust.ts';
import type { Part } from './part.ts';

const bin = (name: string) => path.join(checkoutRoot, 'node_modules/.bin', name);

export const format: Part = {
  name: 'format',
  about: 'formatters and linters',
  budget: 6,
  fast: true,
  async check({ run, tool }) {
    await tool('biome', bin('biome'), ['check', '--colors=off', '.'], { cwd: checkoutRoot });
    await tool('buf lint', bin('buf'), ['lint'], { cwd: path.join(checkoutRoot, 'proto') });
    const gd = await setUpGdToolkit(run);
    const scripts = await gdScripts();
    for (const name of ['gdformat', 'gdlint'] as const) {
      const { file, args, env } = gd(name);
      const check = name === 'gdformat' ? ['--check'] : [];
      await tool(name, file, [...args, ...check, ...scripts], { cwd: checkoutRoot, env });
    }
    const env = await rustEnvironment(run.signal);
    await tool('rustfmt', 'cargo', ['fmt', '--all', '--check'], { cwd: netcode, env });
    const strict = ['clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings'];
    await tool('clippy', 'cargo', strict, { cwd: netcode, env });
  },
};

/** GDScript files of all Godot projects; the addon is linked into them and counted once. */
export async function gdScripts(): Promise<string[]> {
  const found = await Promise.all(
    ['godot-addon', 'godot-server'].map((name) => sourcesBelow(path.join(checkoutRoot, name))),
  );
  return found.flat().filter((file) => file.endsWith('.gd'));
}
