// A browser for the tests: the one named by CHROMIUM, else one on PATH, else Debian's, unpacked into the cache.
import path from 'node:path';
import { Problem } from '../bootstrap/problem.mjs';
import { tryTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { installClosure } from './debian/install.ts';

/** Returns the program to start. */
export function setUpChromium(run: Run): Promise<string> {
  return run.step('Chromium', async (step) => {
    for (const name of [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome']) {
      const found = name && (await versionOf(name, run.signal));
      if (!found) continue;
      step.report(`${found}, on PATH`);
      return (
        await tryTool('sh', ['-c', 'command -v "$1"', 'which', name], { signal: run.signal })
      ).output.trim();
    }
    const { home, origin } = await installClosure(run, step, 'chromium', async (dir) => {
      if (await versionOf(programIn(dir), run.signal)) return;
      throw new Problem(
        "Debian's chromium does not start on this machine",
        'install chromium, or set CHROMIUM to its path',
      );
    });
    step.report(origin);
    return programIn(home);
  });
}

const programIn = (home: string) => path.join(home, 'bin/chromium');

async function versionOf(program: string, signal: AbortSignal): Promise<string | undefined> {
  const { code, output } = await tryTool(program, ['--version'], { signal });
  return code === 0 ? /\d+(\.\d+)+/.exec(output)?.[0] : undefined;
}
