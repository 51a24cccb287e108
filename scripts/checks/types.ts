// The types of all TypeScript, and of the bootstrap's plain JavaScript.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import type { Part } from './part.ts';

export const types: Part = {
  name: 'types',
  about: 'types',
  budget: 2,
  fast: true,
  async check({ tool }) {
    const tsc = path.join(checkoutRoot, 'node_modules/.bin/tsc');
    for (const project of ['.', 'console'])
      await tool(`tsc -p ${project}`, tsc, ['--noEmit', '-p', project], { cwd: checkoutRoot });
  },
};
