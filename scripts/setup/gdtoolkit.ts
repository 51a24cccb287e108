// The formatter and linter of GDScript, a Python package.
import type { Run } from '../lib/launcher.ts';
import { pythonPackages } from './python.ts';

export type GdTool = 'gdformat' | 'gdlint';

/** Returns how to run one of its tools: a program, the first arguments and an environment. */
export type GdToolkit = (tool: GdTool) => { file: string; args: string[]; env: NodeJS.ProcessEnv };

export function setUpGdToolkit(run: Run): Promise<GdToolkit> {
  return run.step('GDScript tools', async (step) => {
    const { python, env } = await pythonPackages(run, step, 'gdtoolkit');
    return (tool) => ({
      file: python,
      args: ['-m', `gdtoolkit.${tool === 'gdlint' ? 'linter' : 'formatter'}`],
      env,
    });
  });
}
