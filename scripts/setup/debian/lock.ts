// `npm run lock:debian`: records today's packages of every closure in debian.lock.json. Run it when testing has rolled on,
// then run the tests, then commit.
import { writeFile } from 'node:fs/promises';
import { CLOSURES, type ClosureName } from './closures.ts';
import { architecture } from './install.ts';
import { lockFile, readLock } from './package-list.ts';
import { resolveClosure } from './resolve.ts';

const wanted = process.argv.slice(2);
const lock = await readLock().catch(() => ({}) as Awaited<ReturnType<typeof readLock>>);
const lists = { ...lock[architecture] };
for (const name of Object.keys(CLOSURES) as ClosureName[]) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  lists[name] = await resolveClosure(name, architecture, new AbortController().signal);
  const bytes = lists[name].reduce((sum, item) => sum + item.size, 0);
  process.stdout.write(`${name}: ${lists[name].length} packages, ${Math.round(bytes / 1e6)} MB\n`);
}
await writeFile(lockFile, `${JSON.stringify({ ...lock, [architecture]: lists }, null, 2)}\n`);
