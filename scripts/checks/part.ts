// A part of `npm test`: a named list of checks with a time budget. A check is one run of a tool; a failed one does not keep the others
// from running, and what it said is shown at once and kept in the part's log.
import { appendFile } from 'node:fs/promises';
import { tryTool } from '../bootstrap/tool.mjs';
import type { Run, Step } from '../lib/launcher.ts';
import type { Parts } from '../setup/flow.ts';
import { sum, type Tally } from './tally.ts';

const SHOWN_LINES = 100;

export type Part = {
  name: string;
  /** What it covers, for the table. */
  about: string;
  /** (unit: minutes) */
  budget: number;
  /** Whether `npm run test:fast` runs it too. */
  fast: boolean;
  check(checks: Checks): Promise<void>;
};

export type CheckOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Counts the tests in what it printed; without it the check itself counts as one. */
  count?: (output: string) => Tally;
};

export type Checks = {
  run: Run;
  /** The built system; made at the first call. */
  parts(): Promise<Parts>;
  /** Runs a tool and counts how it ended. */
  tool(label: string, file: string, args: readonly string[], options?: CheckOptions): Promise<void>;
  /** Counts a check that is not a tool's run. */
  fail(label: string, why: string): void;
  tally(): Tally;
};

export function createChecks(run: Run, step: Step, log: string, parts: () => Promise<Parts>): Checks {
  const tallies: Tally[] = [];
  function fail(label: string, why: string): void {
    tallies.push({ passed: 0, failed: 1 });
    const lines = why.trim().split('\n');
    const cut =
      lines.length > SHOWN_LINES ? `… ${lines.length - SHOWN_LINES} lines before this are in ${log}\n` : '';
    run.print(`\n── ${label} failed ──\n${cut}${lines.slice(-SHOWN_LINES).join('\n')}\n`);
  }
  return {
    run,
    parts,
    fail,
    tally: () => sum(tallies),
    async tool(label, file, args, { cwd, env, count } = {}) {
      step.report(label);
      const result = await tryTool(file, args, {
        signal: run.signal,
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...(env ?? process.env), NO_COLOR: '1' },
      });
      const said = `${result.output}\n${result.errors}`;
      await appendFile(log, `\n$ ${file} ${args.join(' ')}\n${said}`);
      const counted = count?.(said) ?? { passed: result.code === 0 ? 1 : 0, failed: 0 };
      if (result.code !== 0) {
        fail(label, said);
        if (counted.failed > 0) counted.failed -= 1; // the failed run itself has been counted
      } else if (counted.passed === 0) fail(label, `it ended well but ran no test\n${said}`);
      tallies.push(counted);
    },
  };
}
