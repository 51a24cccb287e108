// `npm run lock-debian`: records today's packages of every closure in debian.lock.json. Run it when Debian's testing has
// rolled on, then run the tests, then commit.
import { writeFile } from 'node:fs/promises';
import { launched } from './lib/launcher.ts';
import { CLOSURES, type ClosureName } from './setup/debian/closures.ts';
import { megabytes } from './setup/debian/download.ts';
import { architecture } from './setup/debian/install.ts';
import { type LockFile, lockFile, readLock } from './setup/debian/package-list.ts';
import { resolveClosure } from './setup/debian/resolve.ts';

await launched(async (run) => {
  const lock: LockFile = await readLock().catch(() => ({}));
  const lists = { ...lock[architecture] };
  for (const name of Object.keys(CLOSURES) as ClosureName[]) {
    await run.step(name, async (step) => {
      const items = await resolveClosure(name, architecture, run.signal);
      step.report(`${items.length} packages, ${megabytes(items.reduce((sum, { size }) => sum + size, 0))}`);
      lists[name] = items;
    });
  }
  await writeFile(lockFile, `${JSON.stringify({ ...lock, [architecture]: lists }, null, 2)}\n`);
  return 0;
});
