// Builds the console's files, once per content.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { cached, hashSources } from './cached.ts';

const source = path.join(checkoutRoot, 'console');

/** Returns the folder to serve. */
export function setUpConsole(run: Run): Promise<string> {
  return run.step('Console', async (step) => {
    const inputs = [
      source,
      path.join(checkoutRoot, 'worlds'),
      path.join(checkoutRoot, 'proto'),
      path.join(checkoutRoot, 'package-lock.json'),
    ];
    const home = await cached(
      run,
      step,
      { kind: 'built/console', key: await hashSources(inputs) },
      async (dir) => {
        step.report('building');
        const vite = path.join(checkoutRoot, 'node_modules/vite/bin/vite.js');
        await runTool(
          process.execPath,
          [vite, 'build', '--outDir', dir, '--emptyOutDir', '--logLevel', 'warn'],
          { cwd: source, signal: run.signal },
        );
      },
    );
    step.report('');
    return home;
  });
}
