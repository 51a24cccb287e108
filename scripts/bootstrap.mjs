// The first process of every `npm start | test | bench | format`. It runs on whatever Node the machine has (18 or
// newer) and uses nothing but that Node, because nothing else is there yet: it brings Node 24 and the npm packages,
// shows how far things are, then runs the real program under Node 24 as its child and stops it in order.
// What comes after the npm packages is the business of `setup/` and `run/`.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { openBrowser } from './bootstrap/browser.mjs';
import { refuseSecondStart } from './bootstrap/data-lock.mjs';
import { launch } from './bootstrap/launch.mjs';
import { installNode } from './bootstrap/node.mjs';
import { helpFor, readOptions } from './bootstrap/options.mjs';
import { installPackages } from './bootstrap/packages.mjs';
import { servePage } from './bootstrap/page.mjs';
import { cacheRoot, checkoutRoot } from './bootstrap/places.mjs';
import { explain, Problem } from './bootstrap/problem.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { onStopRequest } from './bootstrap/stop-request.mjs';
import { nameRun, sweep } from './bootstrap/sweep.mjs';
import { createTerminal } from './bootstrap/terminal.mjs';

nameRun();
const stop = onStopRequest();
const progress = createProgress();
const terminal = createTerminal(progress);

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(helpFor(options.command));
    return 0;
  }
  checkMachine();
  if (options.command === 'start') await refuseSecondStart(options.data);
  const page = options.command === 'start' ? await servePage(progress, options) : undefined;
  if (page && options.open) openBrowser(`http://${options.host}:${options.port}`);
  const node = await progress.step('node', 'Node 24', (step) => installNode(step, stop.signal));
  await progress.step('packages', 'npm packages', (step) => installPackages(step, node, stop.signal));
  return launch({ node, options, progress, terminal, page, stop });
}

function checkMachine() {
  if (process.platform !== 'linux') {
    throw new Problem(
      `Otherworld runs on Linux, this is ${process.platform}`,
      'use Debian 12 or newer, also in a virtual machine',
    );
  }
  if (!existsSync('/usr/bin/setpriv') && !existsSync('/bin/setpriv')) {
    throw new Problem('The program setpriv is missing', 'install the package util-linux');
  }
  try {
    mkdirSync(path.join(cacheRoot, 'locks'), { recursive: true });
  } catch (error) {
    throw new Problem(
      `The cache folder ${cacheRoot} cannot be written (${/** @type {NodeJS.ErrnoException} */ (error).code})`,
      'set OTHERWORLD_CACHE to a folder that you can write',
    );
  }
  process.chdir(checkoutRoot);
}

let code = 1;
try {
  code = await main();
} catch (error) {
  if (stop.signal.aborted) code = 130;
  else progress.fail(explain(error));
}
terminal.close();
await sweep();
process.exit(code);
