// Tests that load whole control planes or wait for clocks: `*.system.test.ts`, one file at a time, in `npm test -- --only plane`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['{src,test}/**/*.system.test.ts'],
    globalSetup: 'test/global-setup.ts',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
