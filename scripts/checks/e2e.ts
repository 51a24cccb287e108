// The whole system as a person starts it, with a bot on the stairs, looked at in a real browser.
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { setUpChromium } from '../setup/chromium.ts';
import type { Part } from './part.ts';
import { logs } from './run-parts.ts';
import { startSystem } from './system/harness.ts';

export const e2e: Part = {
  name: 'e2e',
  about: 'the page in a real browser',
  budget: 8,
  fast: false,
  async check({ run, parts, tool }) {
    await parts();
    const chromium = await setUpChromium(run);
    await using system = await startSystem({ args: ['--bots', '1'] });
    run.signal.addEventListener('abort', () => system.pressCtrlC(), { once: true });
    await system.ready();
    const script = path.join(checkoutRoot, 'console/test/page.e2e.ts');
    const password = /^ +(\S+) +\(good for one sign-in/m.exec(system.output())?.[1];
    if (password === undefined) throw new Error('npm start does not show how the first admin signs in');
    const out = path.join(logs, 'screenshots');
    const args = ['--url', system.url, '--chromium', chromium, '--out', out, '--password', password];
    await tool('page', process.execPath, [script, ...args], { cwd: checkoutRoot });
  },
};
