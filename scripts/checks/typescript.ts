// The unit tests beside the TypeScript sources.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { setUpRedis } from '../setup/redis.ts';
import { rustEnvironment } from '../setup/rust.ts';
import type { Part } from './part.ts';
import { countVitest } from './tally.ts';

export const typescript: Part = {
  name: 'ts',
  about: 'TypeScript',
  budget: 5,
  fast: true,
  async check({ run, tool }) {
    const redis = await setUpRedis(run);
    const rust = await rustEnvironment(run.signal); // one test builds and runs a Rust client
    const env = { ...rust, OTHERWORLD_TEST_REDIS: redis };
    const vitest = path.join(checkoutRoot, 'node_modules/vitest/vitest.mjs');
    await tool('vitest', process.execPath, [vitest, 'run'], { cwd: checkoutRoot, env, count: countVitest });
  },
};
