// A Redis or Valkey server: the one on PATH, else Debian's, unpacked into the cache.
import path from 'node:path';
import { Problem } from '../bootstrap/problem.mjs';
import { tryTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { installClosure } from './debian/install.ts';

/** Returns the program to start. */
export function setUpRedis(run: Run): Promise<string> {
  return run.step('Redis', async (step) => {
    for (const name of ['redis-server', 'valkey-server']) {
      const version = await versionOf(name, run.signal);
      if (!version) continue;
      step.report(`${name} ${version}, on PATH`);
      return name;
    }
    const { home, origin } = await installClosure(run, step, 'redis', async (dir) => {
      if (!(await versionOf(programIn(dir), run.signal)))
        throw new Problem(
          "Debian's Redis does not start on this machine",
          'install redis-server or valkey-server so that it is on PATH',
        );
    });
    step.report(origin);
    return programIn(home);
  });
}

const programIn = (home: string) => path.join(home, 'bin/redis-server');

async function versionOf(program: string, signal: AbortSignal): Promise<string | undefined> {
  const { code, output } = await tryTool(program, ['--version'], { signal });
  return code === 0 ? /v=(\S+)/.exec(output)?.[1] : undefined;
}
