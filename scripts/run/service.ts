// One long-running child: started, watched by its health, started again when it dies, stopped in order. Each has a process
// group of its own, so that Ctrl-C does not reach it, and a signal from the kernel for the case that we are killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../bootstrap/problem.mjs';
import { killGroup } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';

const POLL_MS = 50;
const START_DEADLINE_MS = 90_000;
const STOP_GRACE_MS = 8_000;
const BACKOFF_MS = { first: 250, most: 10_000, forgottenAfter: 30_000 };
const LOG_LIMIT = 20e6; // bytes

export type Command = {
  file: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is then closed. */
  input?: string;
  /** More options for setpriv(1). */
  privileges?: readonly string[];
};

export type Service = {
  /** As people call it. */
  name: string;
  address: string;
  logFile: string;
  /** Ends it in order; the kernel sends it too when we die. */
  stopSignal: NodeJS.Signals;
  command(): Promise<Command>;
  healthy(): Promise<boolean>;
};

type State = {
  phase: 'starting' | 'running' | 'stopping';
  child?: ChildProcess;
  /** How it ended, once it has. */
  exited?: Promise<string>;
  /** Where in the log its own lines begin. */
  logFrom: number;
};

export type Supervised = ReturnType<typeof supervise>;

/** Watches over one service. */
export function supervise(run: Run, service: Service) {
  const state: State = { phase: 'starting', logFrom: 0 };

  async function launch(): Promise<void> {
    const command = await service.command();
    const { log, from } = await openLog(service.logFile);
    if (state.phase === 'stopping') return closeSync(log);
    const child = spawnLogged(service, command, log);
    state.child = child;
    state.logFrom = from;
    state.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit code ${code}`));
    });
  }

  /** Starts it and waits until it is healthy; a service that fails its first start stops the whole start. */
  async function start(): Promise<void> {
    await launch();
    const ended = state.exited ?? Promise.resolve('not started');
    const outcome = await Promise.race([untilHealthy(service, run.signal), ended]);
    run.signal.throwIfAborted();
    if (outcome !== 'healthy') {
      throw new Problem(
        `${service.name} did not start (${outcome})${await lastWords(service.logFile, state.logFrom)}`,
        `see ${service.logFile}`,
      );
    }
    state.phase = 'running';
    void keepAlive();
  }

  async function keepAlive(): Promise<void> {
    let delay = BACKOFF_MS.first;
    while (state.phase === 'running') {
      const since = Date.now();
      const how = await state.exited;
      if (state.phase !== 'running') return;
      if (Date.now() - since > BACKOFF_MS.forgottenAfter) delay = BACKOFF_MS.first;
      run.warn(
        `${service.name} stopped (${how}); starting it again${delay > BACKOFF_MS.first ? ` in ${delay / 1000} s` : ''}.`,
      );
      await sleep(delay);
      delay = Math.min(delay * 2, BACKOFF_MS.most);
      await launch().catch((error) => run.warn(`${service.name} cannot start: ${error.message}`));
    }
  }

  async function stop(): Promise<void> {
    state.phase = 'stopping';
    const { child, exited } = state;
    if (!child || !isAlive(child)) return;
    child.kill(service.stopSignal);
    const inTime = await Promise.race([exited, sleep(STOP_GRACE_MS, 'late', { ref: false })]);
    if (inTime !== 'late') return;
    run.warn(`${service.name} did not stop within ${STOP_GRACE_MS / 1000} s and was killed.`);
    killGroup(child.pid, 'SIGKILL');
    await exited;
  }

  return { service, start, stop, pid: () => state.child?.pid };
}

async function untilHealthy(
  service: Service,
  signal: AbortSignal,
): Promise<'healthy' | 'no sign of health in time'> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && !signal.aborted) {
    if (await service.healthy().catch(() => false)) return 'healthy';
    await sleep(POLL_MS);
  }
  return 'no sign of health in time';
}

function spawnLogged(
  service: Service,
  { file, args, env, input, privileges = [] }: Command,
  log: number,
): ChildProcess {
  const kernel = ['--pdeathsig', service.stopSignal.slice('SIG'.length), ...privileges];
  const child = spawn('setpriv', [...kernel, file, ...args], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', log, log],
  });
  closeSync(log); // it has its own
  child.stdin?.on('error', () => {}); // it ended before it read
  child.stdin?.end(input);
  return child;
}

async function openLog(file: string): Promise<{ log: number; from: number }> {
  await mkdir(path.dirname(file), { recursive: true });
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > LOG_LIMIT) await rename(file, `${file}.old`);
  return { log: openSync(file, 'a'), from: size > LOG_LIMIT ? 0 : size };
}

async function lastWords(file: string, from: number): Promise<string> {
  const text = (await readFile(file).catch(() => Buffer.alloc(0))).subarray(from).toString().trim();
  const lines = text.split('\n');
  const line = lines.findLast((candidate) => /error|fatal|refus|panic/i.test(candidate)) ?? lines.at(-1);
  return line ? `, its last words: ${line.slice(0, 300)}` : '';
}

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Whether an HTTP address answers with success. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.body?.cancel();
  return response.ok;
}
