// Generates the database client from `prisma/schema.prisma` when it has changed. Without the variables below Prisma fetches an
// engine that `generate` does not use, looks for newer versions and tells a server.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { cacheRoot, checkoutRoot } from '../bootstrap/places.mjs';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { hashSources } from './cached.ts';

const schema = path.join(checkoutRoot, 'prisma/schema.prisma');
const stamp = path.join(checkoutRoot, 'prisma/gen/.made-from');
const OFFLINE = {
  PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
};

export function setUpPrisma(run: Run): Promise<void> {
  return run.step('Database client (Prisma)', async () => {
    const wanted = await hashSources([schema, path.join(checkoutRoot, 'package-lock.json')]);
    const upToDate = async () => existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
    if (await upToDate()) return;
    await withLock(path.join(cacheRoot, 'locks/prisma'), { signal: run.signal }, async () => {
      if (await upToDate()) return;
      const prisma = path.join(checkoutRoot, 'node_modules/prisma/build/index.js');
      const env = { ...process.env, ...OFFLINE };
      const args = [prisma, 'generate', '--schema', schema];
      await runTool(process.execPath, args, { cwd: checkoutRoot, env, signal: run.signal });
      await writeFile(stamp, wanted);
    });
  });
}
