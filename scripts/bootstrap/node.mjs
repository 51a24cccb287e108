// Brings Node 24 into the cache: the npm package that holds the official binary for this platform, checked against the
// hash recorded here, so that it does not matter which registry it came from or whether npm runs install scripts.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { cacheRoot } from './places.mjs';
import { Problem } from './problem.mjs';
import { runTool } from './tool.mjs';

const VERSION = '24.21.0';
/** @type {Record<string, string>} */
const INTEGRITY = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};

/**
 * @param {import('./progress.mjs').Step} step
 * @param {AbortSignal} signal
 * @returns {Promise<string>} path of the node program
 */
export async function installNode(step, signal) {
  const integrity = INTEGRITY[process.arch];
  if (!integrity)
    throw new Problem(
      `There is no tested Node ${VERSION} for ${process.arch}`,
      `use a machine with one of: ${Object.keys(INTEGRITY).join(', ')}`,
    );
  const home = path.join(cacheRoot, 'node', `${VERSION}-${process.arch}`);
  const node = path.join(home, 'bin', 'node');
  step.report(VERSION);
  if (existsSync(node)) return node;
  await withLock(
    path.join(cacheRoot, 'locks', 'node'),
    { signal, onWait: () => step.report('waiting for another copy') },
    async () => {
      if (!existsSync(node)) await download(home, integrity, step, signal);
    },
  );
  step.report(VERSION);
  return node;
}

/**
 * @param {string} home
 * @param {string} integrity
 * @param {import('./progress.mjs').Step} step
 * @param {AbortSignal} signal
 */
async function download(home, integrity, step, signal) {
  mkdirSync(path.dirname(home), { recursive: true });
  const work = mkdtempSync(`${home}.`);
  try {
    step.report(`${VERSION}, 50 MB`);
    const npm = npmCommand();
    await runTool(
      npm[0],
      [
        ...npm.slice(1),
        'pack',
        `node-linux-${process.arch}@${VERSION}`,
        '--pack-destination',
        work,
        '--loglevel',
        'error',
      ],
      { signal },
    );
    const archive = path.join(work, `node-linux-${process.arch}-${VERSION}.tgz`);
    if ((await sha512(archive)) !== integrity)
      throw new Problem(
        `Node ${VERSION} came with another content than the one that was tested`,
        'check which npm registry this machine uses (npm config get registry)',
      );
    await runTool(
      'tar',
      [
        '-xzf',
        archive,
        '-C',
        work,
        '--no-same-owner',
        '--strip-components=1',
        'package/bin/node',
        'package/LICENSE',
      ],
      { signal },
    );
    rmSync(archive);
    renameSync(work, home);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The npm that runs us, or the one on PATH.
 * @returns {[string, ...string[]]}
 */
export function npmCommand() {
  const script = process.env.npm_execpath;
  return script && existsSync(script) ? [process.execPath, script] : ['npm'];
}

/** @param {string} file */
async function sha512(file) {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return `sha512-${hash.digest('base64')}`;
}
