// The formatter and linter of GDScript, a Python package: installed by the host's pip into the cache, or by Debian's Python where
// the host has none or no pip.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, tryTool } from '../bootstrap/tool.mjs';
import type { Run, Step } from '../lib/launcher.ts';
import { cached, hashSources } from './cached.ts';
import { installClosure } from './debian/install.ts';

const requirements = fileURLToPath(new URL('../requirements-gdtoolkit.txt', import.meta.url));

export type GdTool = 'gdformat' | 'gdlint';

/** Returns how to run one of its tools: a program, the first arguments and an environment. */
export type GdToolkit = (tool: GdTool) => { file: string; args: string[]; env: NodeJS.ProcessEnv };

export function setUpGdToolkit(run: Run): Promise<GdToolkit> {
  return run.step('GDScript tools', async (step) => {
    const python = await findPython(run, step);
    const { output: version } = await runTool(python, ['--version'], { signal: run.signal });
    const key = await hashSources([requirements], [version]);
    const home = await cached(run, step, { kind: 'built/gdtoolkit', key }, async (dir) => {
      step.report('pip install');
      const args = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--no-warn-script-location',
        '--target',
        dir,
        '-r',
        requirements,
      ];
      await runTool(python, args, { signal: run.signal });
    });
    step.report((await readFile(requirements, 'utf8')).trim().split('\n')[0] ?? '');
    return (tool) => ({
      file: python,
      args: ['-m', `gdtoolkit.${tool === 'gdlint' ? 'linter' : 'formatter'}`],
      env: { ...process.env, PYTHONPATH: home },
    });
  });
}

async function findPython(run: Run, step: Step): Promise<string> {
  const { code } = await tryTool('python3', ['-m', 'pip', '--version'], { signal: run.signal });
  if (code === 0) return 'python3';
  const { home } = await installClosure(run, step, 'python', async (dir) => {
    await runTool(path.join(dir, 'bin/python3'), ['-m', 'pip', '--version'], { signal: run.signal });
  });
  return path.join(home, 'bin/python3');
}
