// Runs `npm start` as a person does: by npm, in a process group of its own like a terminal's job, on ports and data of its
// own. Every process carries a mark in its environment, so that a test can say what is still alive, whoever its parent is now.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceView } from '../../../control-plane/src/http/views.ts';
import { checkoutRoot } from '../../bootstrap/places.mjs';
import { freePorts } from '../../lib/free-ports.ts';

/** What each process of a system is, by what its command line holds. */
const ROLES = {
  bootstrap: 'scripts/bootstrap.mjs',
  launcher: 'scripts/start.ts',
  supervisor: 'control-plane/src/fleet/local/main.ts',
  controlPlane: 'control-plane/src/main.ts',
  instance: '--headless\0--path',
  bots: 'otherworld-bot',
  postgres: 'bin/postgres\0-D',
  redis: 'redis-server',
} as const;

export type Role = keyof typeof ROLES;

export type SystemOptions = {
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Program and arguments that run npm, for instance inside a namespace. */
  wrapper?: readonly string[];
  data?: string;
  port?: number;
};

export type System = Awaited<ReturnType<typeof startSystem>>;

export async function startSystem({
  args = [],
  env = {},
  cwd = checkoutRoot,
  wrapper = [],
  ...given
}: SystemOptions = {}) {
  const mark = randomUUID();
  const data = given.data ?? (await temporaryFolder('data'));
  const port = given.port ?? (await freePorts());
  const url = `http://127.0.0.1:${port}`;
  const command = [
    ...wrapper,
    'npm',
    'start',
    '--',
    '--no-open',
    '--port',
    String(port),
    '--data',
    data,
    ...args,
  ];
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: pathWithoutOurNode(), ...env, OTHERWORLD_TEST_MARK: mark },
  });
  const text = collectOutput(child);
  let code: number | undefined;
  const exited = new Promise<number>((resolve) => {
    child.once('close', (exit, signal) => {
      code = exit ?? 128 + (os.constants.signals[signal ?? 'SIGKILL'] ?? 0);
      resolve(code);
    });
  });

  const system = {
    data,
    port,
    url,
    exited,
    pid: child.pid ?? 0,
    output: text,
    /** Waits for something in the output. */
    async says(pattern: RegExp, seconds = 120): Promise<void> {
      await until(
        `the output says ${pattern}`,
        seconds,
        () => pattern.test(text()) || (code !== undefined && fail(`it ended with ${code}:\n${text()}`)),
      );
    },
    ready: () => system.says(/Ctrl-C to stop/),
    /** As a terminal does on Ctrl-C: to the whole job. */
    pressCtrlC: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
    processes: () => marked(mark),
    pidOf: (role: Role) => pidOf(mark, role),
    kill(role: Role): number {
      const pid = pidOf(mark, role) ?? fail(`there is no ${role} to kill:\n${text()}`);
      process.kill(pid, 'SIGKILL');
      return pid;
    },
    async instances(): Promise<InstanceView[]> {
      const response = await fetch(`${url}/api/v1/instances`, { signal: AbortSignal.timeout(3000) });
      const body = (await response.json()) as InstanceView[] | { instances: InstanceView[] };
      return Array.isArray(body) ? body : body.instances;
    },
    /** Signs in as the first admin, whose password is told at the first start; gives the way to ask with it. */
    async admin(): Promise<Ask> {
      const [, email, password] = /Sign in {2}(\S+)\s+(\S+)/.exec(text()) ?? fail(`no admin in\n${text()}`);
      const credentials = { email, password, newPassword: `a longer ${password}` };
      const { token } = (await ask(url)('POST', '/api/v1/sessions', credentials)) as { token: string };
      return ask(url, token);
    },
    /** Waits until nothing of it is alive. */
    async nothingLeft(seconds = 30): Promise<void> {
      await until(
        'nothing is left',
        seconds,
        () => marked(mark).length === 0,
        () =>
          marked(mark)
            .map(({ command }) => command)
            .join('\n'),
      );
    },
    async [Symbol.asyncDispose]() {
      if (code === undefined) system.pressCtrlC();
      await Promise.race([exited, sleep(30_000)]);
      for (const { pid } of marked(mark)) process.kill(pid, 'SIGKILL');
      if (!given.data) await rm(data, { recursive: true, force: true });
    },
  };
  return system;
}

/** Asks the public API; anything but yes is an error. */
export type Ask = (method: string, path: string, body?: object) => Promise<unknown>;

const ask =
  (url: string, token?: string): Ask =>
  async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(10_000),
    });
    const answer = await response.text();
    return response.ok ? JSON.parse(answer) : fail(`${method} ${path}: ${response.status} ${answer}`);
  };

export function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), `otherworld ${name} `));
}

/** Polls until a condition holds; says what was awaited when it does not. */
export async function until(
  what: string,
  seconds: number,
  holds: () => boolean | Promise<boolean>,
  detail = () => '',
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (await holds()) return;
    await sleep(50);
  }
  fail(`after ${seconds} s it does not hold that ${what}\n${detail()}`);
}

function fail(text: string): never {
  throw new Error(text);
}

/** The system must be started by the machine's Node, as on a fresh clone, not by the one that runs the tests. */
function pathWithoutOurNode(): string {
  const ours = path.dirname(process.execPath);
  return (process.env.PATH ?? '')
    .split(':')
    .filter((dir) => dir !== ours)
    .join(':');
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part) => (text += part));
  return () => text;
}

type Marked = { pid: number; command: string };

function marked(mark: string): Marked[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(mark)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return command ? [{ pid: Number(name), command }] : []; // a zombie has none
      } catch {
        return [];
      }
    });
}

function pidOf(mark: string, role: Role): number | undefined {
  const found = marked(mark).filter(
    ({ command }) => command.includes(ROLES[role]) && !command.startsWith('npm'),
  );
  return found.find(({ command }) => !/^(sh|setpriv)\0/.test(command))?.pid;
}
