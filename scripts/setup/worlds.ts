// Makes the worlds that come with the repository.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { cached, hashSources } from './cached.ts';

const source = path.join(checkoutRoot, 'worlds');

/** Returns the folder that holds `plaza.glb`. */
export function setUpWorlds(run: Run): Promise<string> {
  return run.step('Worlds', async (step) => {
    const key = await hashSources([source, path.join(checkoutRoot, 'package-lock.json')]);
    return cached(run, step, { kind: 'built/worlds', key }, async (dir) => {
      await runTool(process.execPath, [path.join(source, 'plaza/make.ts'), path.join(dir, 'plaza.glb')], {
        signal: run.signal,
      });
    });
  });
}
