// One instance's operating system process: its own process group, so that Ctrl-C at a terminal reaches only
// whoever stops things in order, and a death signal from the kernel, so that it cannot outlive the supervisor, not
// even after kill -9.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from './journal.ts';
import type { LogFile } from './log-file.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long the last lines may take from a process that is gone (unit: milliseconds). */
const LAST_LINES_MS = 500;

export class InstanceProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #silent: Promise<unknown>;
  #isGone = false;

  private constructor(child: ChildProcess, pid: number, log: LogFile) {
    this.pid = pid;
    child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
    this.#silent = new Promise((resolve) => child.once('close', resolve));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#isGone = true;
        killGroup(pid); // helpers it may have started
        resolve({ code, signal });
      });
    });
  }

  static start(argv: readonly string[], env: NodeJS.ProcessEnv, log: LogFile): Promise<InstanceProcess> {
    // The signal is kept across exec and lost across fork: a wrapper script must exec the server, not call it.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`cannot start ${argv[0]}: ${error.message}`)));
      child.once('spawn', () => resolve(new InstanceProcess(child, child.pid as number, log)));
    });
  }

  /** Asks it to end; after the grace period it is not asked. Resolves when its last lines are in its log. */
  async stop(graceMs: number): Promise<Exit> {
    if (!this.#isGone) killGroup(this.pid, 'SIGTERM');
    const timer = setTimeout(() => this.#isGone || killGroup(this.pid), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    await Promise.race([this.#silent, sleep(LAST_LINES_MS)]);
    return exit;
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `ended with status ${code}` : `killed by ${signal}`;
}
