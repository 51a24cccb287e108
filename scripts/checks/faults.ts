// kill -9, Ctrl-C and refusals, on real systems.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import type { Part } from './part.ts';
import { countVitest } from './tally.ts';

export const faults: Part = {
  name: 'faults',
  about: 'kills, stops and refusals',
  budget: 15,
  fast: false,
  async check({ parts, tool }) {
    await parts();
    const vitest = path.join(checkoutRoot, 'node_modules/vitest/vitest.mjs');
    const config = path.join(checkoutRoot, 'scripts/checks/system/vitest.config.ts');
    await tool('faults', process.execPath, [vitest, 'run', '--config', config], {
      cwd: checkoutRoot,
      count: countVitest,
    });
  },
};
