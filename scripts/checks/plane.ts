// Whole control planes, with real stores and real processes: what is too heavy for the unit tests, and schemathesis, which
// asks every operation of the API what nobody would.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { setUpRedis } from '../setup/redis.ts';
import { rustEnvironment } from '../setup/rust.ts';
import { setUpSchemathesis } from '../setup/schemathesis.ts';
import type { Part } from './part.ts';
import { logs } from './run-parts.ts';
import { countVitest } from './tally.ts';

export const plane: Part = {
  name: 'plane',
  about: 'control planes, and schemathesis',
  budget: 16,
  fast: false,
  async check({ run, tool }) {
    const redis = await setUpRedis(run);
    const { python, env } = await setUpSchemathesis(run);
    const rust = await rustEnvironment(run.signal); // one unit test runs a Rust client
    const vitest = path.join(checkoutRoot, 'node_modules/vitest/vitest.mjs');
    const config = path.join(checkoutRoot, 'control-plane/vitest.system.config.ts');
    await tool('control planes', process.execPath, [vitest, 'run', '--config', config], {
      cwd: checkoutRoot,
      env: {
        ...env,
        OTHERWORLD_TEST_REDIS: redis,
        OTHERWORLD_TEST_PYTHON: python,
        OTHERWORLD_TEST_REPORTS: logs,
      },
      count: countVitest,
    });
    run.print(`\n${await schemathesisSummary()}\n`);
    // Once more with every transaction refused by the database once: what cannot be done twice shows.
    await tool('with conflicts', process.execPath, [vitest, 'run', 'control-plane/'], {
      cwd: checkoutRoot,
      env: { ...rust, OTHERWORLD_TEST_REDIS: redis, OTHERWORLD_INJECT_40001: '1' },
      count: countVitest,
    });
  },
};

/** A line for each run: who asked, from which seed, how many cases, and how it went. The whole reports lie beside the log. */
async function schemathesisSummary(): Promise<string> {
  const reports = (await readdir(logs)).filter((name) => /^schemathesis-\w+\.txt$/.test(name));
  const lines = reports.map(async (name) => {
    const said = await readFile(path.join(logs, name), 'utf8');
    const find = (pattern: RegExp) => pattern.exec(said)?.[1]?.trim() ?? '?';
    const [seed, operations, cases] = [/^(seed \d+)/, /Selected: (\S+)/, /^\s*(\d+ generated.*)$/m].map(find);
    const end = find(/=+ ([^=]* in [\d.]+s) =+\s*$/);
    return `${name.replace('.txt', '')}, ${seed}: ${operations} operations, ${cases}; ${end}`;
  });
  return (await Promise.all(lines)).join('\n');
}
