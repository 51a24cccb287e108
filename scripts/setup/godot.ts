// Godot 4.6 or newer: the one named by GODOT, else one on PATH, else Debian's, unpacked into the cache.
import path from 'node:path';
import { Problem } from '../bootstrap/problem.mjs';
import { tryTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { installClosure } from './debian/install.ts';

const LEAST = [4, 6] as const;

/** Returns the program to start. */
export function setUpGodot(run: Run): Promise<string> {
  return run.step('Godot', async (step) => {
    const named = process.env.GODOT;
    if (named) {
      const version = await versionOf(named, run.signal);
      if (!isNewEnough(version))
        throw new Problem(
          `GODOT names ${named}, which is ${version ? `Godot ${version}` : 'no Godot that starts'}`,
          `name Godot ${LEAST.join('.')} or newer, or unset GODOT`,
        );
      step.report(`${version}, named by GODOT`);
      return named;
    }
    const onPath = await versionOf('godot', run.signal);
    if (isNewEnough(onPath)) {
      step.report(`${onPath}, on PATH`);
      return 'godot';
    }
    const { home, origin } = await installClosure(run, step, 'godot', (dir) =>
      smoke(programIn(dir), run.signal),
    );
    step.report(origin);
    return programIn(home);
  });
}

const programIn = (home: string) => path.join(home, 'bin/godot');

async function smoke(program: string, signal: AbortSignal): Promise<void> {
  const version = await versionOf(program, signal);
  if (isNewEnough(version)) return;
  throw new Problem(
    `Debian's Godot ${version ? `is ${version}` : 'does not start on this machine'}`,
    `set GODOT to the path of a Godot ${LEAST.join('.')} or newer`,
  );
}

async function versionOf(program: string, signal: AbortSignal): Promise<string | undefined> {
  const result = await tryTool(program, ['--headless', '--version'], { signal }).catch((error) => {
    signal.throwIfAborted();
    return { code: 1, output: String(error) };
  });
  return result.code === 0 ? /^(\d+\.\d+\S*)/m.exec(result.output)?.[1] : undefined;
}

function isNewEnough(version: string | undefined): version is string {
  const [major = 0, minor = 0] = (version ?? '').split('.').map((part) => Number.parseInt(part, 10));
  return major === LEAST[0] && minor >= LEAST[1];
}
