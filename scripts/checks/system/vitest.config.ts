// Tests of the whole system, one after the other: each starts a real one and measures time.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    fileParallelism: false,
    testTimeout: 360_000,
    hookTimeout: 60_000,
  },
});
