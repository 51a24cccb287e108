// Python packages for the tests: installed by the host's pip into the cache, or by Debian's Python where the host has none or
// no pip. A requirements file pins each of them and all that they need.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, tryTool } from '../bootstrap/tool.mjs';
import type { Run, Step } from '../lib/launcher.ts';
import { cached, hashSources } from './cached.ts';
import { installClosure } from './debian/install.ts';

/** A Python and the environment in which it finds the packages. */
export type PythonPackages = { python: string; env: NodeJS.ProcessEnv };

/** Installs what `scripts/requirements-NAME.txt` says; reports its first line. */
export async function pythonPackages(run: Run, step: Step, name: string): Promise<PythonPackages> {
  const requirements = fileURLToPath(new URL(`../requirements-${name}.txt`, import.meta.url));
  const python = await findPython(run, step);
  const { output: version } = await runTool(python, ['--version'], { signal: run.signal });
  const key = await hashSources([requirements], [version]);
  const home = await cached(run, step, { kind: `built/${name}`, key }, async (dir) => {
    step.report('pip install');
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-warn-script-location'];
    const args = ['-m', 'pip', 'install', ...quiet, '--target', dir, '-r', requirements];
    await runTool(python, args, { signal: run.signal });
  });
  step.report((await readFile(requirements, 'utf8')).trim().split('\n')[0] ?? '');
  return { python, env: { ...process.env, PYTHONPATH: home } };
}

async function findPython(run: Run, step: Step): Promise<string> {
  const { code } = await tryTool('python3', ['-m', 'pip', '--version'], { signal: run.signal });
  if (code === 0) return 'python3';
  const { home } = await installClosure(run, step, 'python', async (dir) => {
    await runTool(path.join(dir, 'bin/python3'), ['-m', 'pip', '--version'], { signal: run.signal });
  });
  return path.join(home, 'bin/python3');
}
