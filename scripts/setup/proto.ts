// Generates the TypeScript side of the contract in `proto/` when it has changed.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { cacheRoot, checkoutRoot } from '../bootstrap/places.mjs';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { hashSources } from './cached.ts';

const proto = path.join(checkoutRoot, 'proto');
const stamp = path.join(proto, 'gen/.made-from');

export function setUpProto(run: Run): Promise<void> {
  return run.step('Contract (protobuf)', async () => {
    const wanted = await hashSources([proto, path.join(checkoutRoot, 'package-lock.json')]);
    const upToDate = async () => existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
    if (await upToDate()) return;
    await withLock(path.join(cacheRoot, 'locks/proto'), { signal: run.signal }, async () => {
      if (await upToDate()) return;
      const bin = path.join(checkoutRoot, 'node_modules/.bin');
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      await runTool(path.join(bin, 'buf'), ['generate'], { cwd: proto, env, signal: run.signal });
      await writeFile(stamp, wanted);
    });
  });
}
