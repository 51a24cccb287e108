// How `npm start` ends: on Ctrl-C at any time, and when it cannot go on, with one sentence, a code and nothing left.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkoutRoot } from '../../bootstrap/places.mjs';
import { type Role, startSystem, temporaryFolder, until } from './harness.ts';

/** The lines with which it says why it ends. */
const complaints = (output: string) => output.split('\n').filter((line) => /^✗ .*: .*\.$/.test(line));

/** npm ends by the signal that ended its shell, whatever the script's own code is. */
const ON_CTRL_C = 130;

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

async function folder(name: string): Promise<string> {
  const made = await temporaryFolder(name);
  cleanups.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A fresh clone, as git would make it, in a path with spaces. */
async function clone(): Promise<string> {
  const home = path.join(await folder('clone'), 'other world');
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: checkoutRoot,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name && existsSync(path.join(checkoutRoot, name)))) {
    await mkdir(path.dirname(path.join(home, file)), { recursive: true });
    await cp(path.join(checkoutRoot, file), path.join(home, file), { verbatimSymlinks: true });
  }
  return home;
}

test('Ctrl-C stops a running system in order and leaves nothing', async () => {
  await using system = await startSystem({ args: ['--bots', '1'] });
  await system.ready();
  system.pressCtrlC();
  expect(await system.exited).toBe(ON_CTRL_C);
  expect(system.output()).toContain('nothing is left running');
  expect(complaints(system.output())).toEqual([]);
  await system.nothingLeft(1);
});

test('what was there before Ctrl-C is there after the next start', async () => {
  const data = await folder('data');
  for (const round of [1, 2]) {
    await using system = await startSystem({ data });
    await system.ready();
    expect(existsSync(path.join(data, 'postgres/PG_VERSION')), `round ${round}`).toBe(true);
    system.pressCtrlC();
    expect(await system.exited).toBe(ON_CTRL_C);
  }
});

describe('in the middle of a first set-up', () => {
  const fresh = (async () => ({ cwd: await clone(), env: { OTHERWORLD_CACHE: await folder('cache') } }))();
  const untilDoing = (url: string, what: RegExp) =>
    until(`the page shows ${what}`, 300, async () => what.test(await setUpState(url)));

  test.for([/npm ci/, /crate \d+ of/])('Ctrl-C at “%s” leaves nothing', async (moment) => {
    await using system = await startSystem(await fresh);
    await untilDoing(system.url, moment);
    system.pressCtrlC();
    expect(await system.exited).toBe(ON_CTRL_C);
    await system.nothingLeft(5);
    expect(complaints(system.output())).toEqual([]);
  });

  test.for<Role>(['bootstrap', 'launcher'])(
    'kill -9 of the %s while cargo works leaves nothing',
    async (role) => {
      await using system = await startSystem(await fresh);
      await untilDoing(system.url, /crate \d+ of/);
      system.kill(role);
      expect(await system.exited).not.toBe(0);
      await system.nothingLeft(15);
    },
  );
});

test('a taken port is one sentence with the cure', async () => {
  await using system = await startSystem({ port: await takePort(0) });
  expect(await system.exited).not.toBe(0);
  expect(complaints(system.output())).toEqual([
    expect.stringMatching(/Port \d+ \(the web port\) is taken.*--port \d+\.$/),
  ]);
  await system.nothingLeft(1);
});

test('a taken port of another service names that service', async () => {
  await using system = await startSystem({ port: await takePort(3) });
  expect(await system.exited).not.toBe(0);
  expect(complaints(system.output())).toEqual([expect.stringMatching(/Port \d+ \(PostgreSQL\) is taken/)]);
  await system.nothingLeft(5);
});

test('a second start with the same data is refused and names the first', async () => {
  await using first = await startSystem();
  await first.ready();
  await using second = await startSystem({ data: first.data });
  expect(await second.exited).not.toBe(0);
  expect(complaints(second.output())).toEqual([expect.stringContaining(first.url)]);
  await second.nothingLeft(1);
  expect((await fetch(`${first.url}/readyz`)).ok).toBe(true);
});

test('two copies run at once on other ports', async () => {
  const systems = await Promise.all([startSystem(), startSystem()]);
  try {
    for (const system of systems) {
      await system.ready();
      expect(await system.instances()).toHaveLength(1);
    }
  } finally {
    await Promise.all(systems.map((system) => system[Symbol.asyncDispose]()));
  }
});

test('a cache that cannot be written is one sentence with the cure', async () => {
  const file = path.join(await folder('cache'), 'a-file');
  await writeFile(file, '');
  await using system = await startSystem({ env: { OTHERWORLD_CACHE: path.join(file, 'below') } });
  expect(await system.exited).not.toBe(0);
  expect(complaints(system.output())).toEqual([
    expect.stringMatching(/cache folder .* cannot be written.*OTHERWORLD_CACHE/),
  ]);
});

test('a missing Rust is one sentence with the cure', async () => {
  const PATH = (process.env.PATH ?? '')
    .split(':')
    .filter((dir) => !existsSync(path.join(dir, 'cargo')))
    .join(':');
  await using system = await startSystem({ env: { PATH } });
  expect(await system.exited).not.toBe(0);
  expect(complaints(system.output())).toEqual([expect.stringMatching(/Rust is missing.*rustup/)]);
  await system.nothingLeft(5);
});

test('a full disk is one sentence with the cure', async (context) => {
  const cache = await folder('small disk');
  const wrapper = [
    'unshare',
    '--mount',
    '--map-root-user',
    'sh',
    '-c',
    `mount -t tmpfs -o size=16m none "${cache}" && exec "$@"`,
    'on-small-disk',
  ];
  try {
    execFileSync(wrapper[0] ?? '', [...wrapper.slice(1), 'true'], { stdio: 'ignore' });
  } catch {
    return context.skip('this machine does not let us mount a small disk');
  }
  await using system = await startSystem({ wrapper, cwd: await clone(), env: { OTHERWORLD_CACHE: cache } });
  expect(await system.exited).not.toBe(0);
  expect(complaints(system.output())).toEqual([expect.stringMatching(/disk is full.*OTHERWORLD_CACHE/)]);
  await system.nothingLeft(5);
});

/** What the set-up page's port answers to a health check. */
async function setUpState(url: string): Promise<string> {
  const response = await fetch(`${url}/healthz`).catch(() => undefined);
  return (await response?.text()) ?? '';
}

/** Takes a port; returns the web port from which it is `offset` away. */
async function takePort(offset: number): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  cleanups.push(async () => void server.close());
  return port - offset;
}
