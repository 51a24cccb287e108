// Generates the TypeScript types of the HTTP API for its clients, from the OpenAPI document, which is made of the routes
// themselves without starting anything. Run by hand it does the same: `node scripts/setup/api-types.ts`.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { cacheRoot, checkoutRoot } from '../bootstrap/places.mjs';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { hashSources } from './cached.ts';

const gen = path.join(checkoutRoot, 'console/src/api/gen');
const stamp = path.join(gen, '.made-from');
const sources = ['control-plane', 'proto', 'prisma', 'package-lock.json'];

export function setUpApiTypes(run: Run): Promise<void> {
  return run.step('API types', () => makeApiTypes(run.signal));
}

/** After the contract's code and Prisma's client, which the routes import. */
async function makeApiTypes(signal: AbortSignal): Promise<void> {
  const wanted = await hashSources(sources.map((name) => path.join(checkoutRoot, name)));
  const upToDate = async () => existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
  if (await upToDate()) return;
  await withLock(path.join(cacheRoot, 'locks/api-types'), { signal }, async () => {
    if (await upToDate()) return;
    await rm(gen, { recursive: true, force: true });
    await mkdir(gen, { recursive: true });
    const document = path.join(gen, 'openapi.json');
    const writer = path.join(checkoutRoot, 'control-plane/src/http/document.ts');
    await runTool(process.execPath, [writer, document], { signal });
    // Of the console's own node_modules: it needs the JavaScript API of TypeScript 5.
    const generator = path.join(checkoutRoot, 'console/node_modules/openapi-typescript/bin/cli.js');
    const types = path.join(gen, 'openapi.d.ts');
    await runTool(process.execPath, [generator, document, '--output', types, '--immutable'], {
      cwd: path.join(checkoutRoot, 'console'),
      signal,
    });
    await writeFile(stamp, wanted);
  });
}

if (import.meta.main) await makeApiTypes(AbortSignal.timeout(120_000));
