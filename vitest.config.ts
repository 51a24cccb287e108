// Unit tests lie beside their sources. What needs a running system is a part of its own in `npm test` (scripts/checks).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{control-plane,console,loadtest,worlds,scripts}/**/*.test.{ts,tsx}',
      'netcode/spec/reader/*.test.ts',
    ],
    exclude: ['**/node_modules/**', 'scripts/checks/system/**', '**/*.system.test.ts'],
    globalSetup: 'control-plane/test/global-setup.ts',
    // They wait for processes and stores more than they compute; two cores take four files at a time in 1m40.
    maxWorkers: 4,
    testTimeout: 30_000,
    // The first hook that asks for a database starts its server.
    hookTimeout: 60_000,
  },
});
