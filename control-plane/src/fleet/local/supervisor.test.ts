// The supervisor with real processes: replacement, deadlines, scale, its end and its violent end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  freshFolder,
  PATIENT,
  SWIFT,
  supervisorFixture,
  supervisorProcess,
} from '../../../test/supervisor-fixture.ts';
import { until } from '../../../test/until.ts';
import { identifyProcess } from './proc.ts';

vi.setConfig({ testTimeout: 60_000 });

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started(options: Parameters<typeof supervisorFixture>[0] = {}) {
  const fixture = await supervisorFixture(options);
  cleanups.push(() => fixture.supervisor.close());
  const names = async () => (await fixture.fleet.list()).map(({ name }) => name);
  const inState = async (state: string) =>
    (await fixture.fleet.list()).filter((server) => server.state === state);
  const ready = (count: number) => until(async () => (await inState('Ready')).length === count, 20_000);
  return { ...fixture, names, inState, ready };
}

const journal = (data: string) => JSON.parse(readFileSync(join(data, 'fleet/fleet.json'), 'utf8'));
const pidsOf = (data: string): number[] => journal(data).instances.map(({ pid }: { pid: number }) => pid);
const isAlive = (pid: number) => identifyProcess(pid) !== undefined;

describe('an instance', () => {
  test('gets a port of its own, an identity that only this user reads, and a log', async () => {
    const { data, fleet, ready } = await started({ replicas: 2 });
    await ready(2);
    const servers = await fleet.list();
    expect(new Set(servers.map(({ ports }) => ports[0]?.port)).size).toBe(2);
    for (const { name, uid } of servers) {
      const path = join(data, 'fleet/identities', name);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(await fleet.identify(readFileSync(path, 'utf8'))).toEqual({ name, uid });
      await until(() =>
        readFileSync(join(data, `logs/instance-${name}.log`), 'utf8').includes('tiny instance'),
      );
    }
    expect(await fleet.identify('x'.repeat(43))).toBeUndefined();
  });

  test('is told where to record what was true, each in a file of its own, when that is wanted', async () => {
    const { data, names, ready } = await started({ replicas: 2, recordDir: '/tmp/records' });
    await ready(2);
    for (const name of await names())
      await until(() =>
        readFileSync(join(data, `logs/instance-${name}.log`), 'utf8').includes(
          `records to /tmp/records/${name}.owtruth`,
        ),
      );
  });

  test('that is killed is replaced by another one', async () => {
    const { data, names, ready } = await started();
    await ready(1);
    const [before] = await names();
    const [pid] = pidsOf(data);
    process.kill(pid as number, 'SIGKILL');
    await until(async () => !(await names()).includes(before as string));
    await ready(1);
    expect(pidsOf(data)).not.toContain(pid);
    expect(existsSync(join(data, 'fleet/identities', before as string))).toBe(false);
  });

  test('that stops pinging becomes Unhealthy, is killed and replaced', async () => {
    const { data, fleet, names, ready } = await started({ behaviour: 'mute', tuning: SWIFT });
    const seen = new Set<string>();
    const stop = new AbortController();
    cleanups.push(() => stop.abort());
    void (async () => {
      for await (const servers of fleet.watch(stop.signal)) for (const { state } of servers) seen.add(state);
    })();
    await ready(1);
    const [before] = await names();
    const [pid] = pidsOf(data);
    await until(async () => !(await names()).includes(before as string), 30_000);
    expect(seen).toContain('Unhealthy');
    expect(isAlive(pid as number)).toBe(false);
    await ready(1);
  });

  test('that asks its SDK for Shutdown ends in order and is replaced', async () => {
    const { names, ready } = await started({ behaviour: 'leaves' });
    await ready(1);
    const [before] = await names();
    await until(async () => !(await names()).includes(before as string));
    await ready(1);
  });

  test('that takes its time to go is replaced while it does', async () => {
    const tuning = { ...PATIENT, graceMs: 6_000 };
    const { fleet, names, ready } = await started({ behaviour: 'lingers', tuning });
    await ready(1);
    const [before] = await names();
    await until(async () => {
      const servers = await fleet.list();
      const stateOf = (is: boolean) => servers.find(({ name }) => (name === before) === is)?.state;
      return stateOf(true) === 'Shutdown' && stateOf(false) === 'Ready';
    }, 5_000);
  });

  test('that was allocated and left is no crash: another one takes its place at once', async () => {
    const { fleet, data, names, ready } = await started();
    for (let round = 0; round < 3; round += 1) {
      await ready(1);
      const server = await fleet.allocate([]);
      const sdk = readFileSync(`/proc/${pidsOf(data).at(-1)}/environ`, 'utf8');
      const port = /AGONES_SDK_HTTP_PORT=(\d+)/.exec(sdk)?.[1];
      const begun = Date.now();
      await fetch(`http://127.0.0.1:${port}/shutdown`, { method: 'POST', body: '{}' });
      await until(async () => (await names()).some((name) => name !== server?.name));
      // The shortest pause after a crash is half a second, and doubles.
      expect(Date.now() - begun).toBeLessThan(400);
    }
  });

  test('that crashes at its start is tried again ever more slowly', async () => {
    const starts = new Set<string>();
    const { names } = await started({ behaviour: 'crash' });
    const end = Date.now() + 2_500;
    while (Date.now() < end) {
      for (const name of await names()) starts.add(name);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // 0, +0.5 s, +1 s, +2 s …: not one a moment.
    expect(starts.size).toBeGreaterThanOrEqual(2);
    expect(starts.size).toBeLessThanOrEqual(4);
  });

  test('whose command does not exist says so in its log and does not end the supervisor', async () => {
    const { fleet, data } = await started({ command: ['/nowhere/godot'] });
    const logs = () => readdirSync(data).includes('logs') && readdirSync(join(data, 'logs'));
    const [log] = (await until(() => logs() || undefined)) as string[];
    await until(() => readFileSync(join(data, 'logs', log as string), 'utf8').includes('/nowhere/godot'));
    expect(await fleet.list()).toBeDefined();
  });
});

describe('the HTTP side', () => {
  test('lets everybody look and only the holder of the token change', async () => {
    const { url } = await started({ replicas: 0 });
    expect((await fetch(`${url}/v1/gameservers`)).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/v1/allocate'],
      ['PATCH', '/v1/fleet'],
      ['POST', '/v1/identify'],
      ['DELETE', '/v1/gameservers/x'],
    ] as const) {
      expect((await fetch(url + path, { method })).status).toBe(401);
    }
  });

  test('answers nonsense with 400', async () => {
    const { url, data } = await started({ replicas: 0 });
    const token = readFileSync(join(data, 'secrets/fleet.token'), 'utf8');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (const body of ['{', '[]', '{"replicas":-1}', '{"replicas":1e9}', '{"replicas":"2"}']) {
      expect((await fetch(`${url}/v1/fleet`, { method: 'PATCH', headers, body })).status).toBe(400);
    }
  });
});

describe('the end', () => {
  test('SIGTERM is asked first, SIGKILL after the grace period, and nothing is left', async () => {
    const { supervisor, data } = await supervisorFixture({
      behaviour: 'stubborn',
      replicas: 2,
      tuning: SWIFT,
    });
    const pids = await until(() => (pidsOf(data).length === 2 ? pidsOf(data) : undefined));
    await until(() => readdirSync(join(data, 'logs')).length === 2);
    await until(() =>
      readdirSync(join(data, 'logs')).every((name) => statSync(join(data, 'logs', name)).size > 0),
    );
    const begun = Date.now();
    await supervisor.close();
    expect(Date.now() - begun).toBeGreaterThanOrEqual(PATIENT.graceMs - 50);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(data, 'fleet/fleet.json'))).toBe(false);
    expect(readdirSync(join(data, 'fleet/identities'))).toEqual([]);
  });

  test('kill -9 of the supervisor takes every instance along', async () => {
    const data = freshFolder();
    const { child } = await supervisorProcess(data, 2);
    cleanups.push(() => child.kill('SIGKILL'));
    const pids = await until(() => (pidsOf(data).length === 2 ? pidsOf(data) : undefined));
    expect(pids.filter(isAlive)).toHaveLength(2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => pids.filter(isAlive).length === 0, 2_000);
  });

  test('a second supervisor on the same folder is refused while the first lives', async () => {
    const data = freshFolder();
    const { child } = await supervisorProcess(data, 0);
    cleanups.push(() => child.kill('SIGKILL'));
    await expect(supervisorFixture({ data })).rejects.toThrow(/Another supervisor \(process \d+\)/);
  });
});

describe('leftovers of a supervisor that was killed', () => {
  async function sleeper() {
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    cleanups.push(() => child.kill('SIGKILL'));
    return { pid: child.pid as number, child };
  }
  const dead = { pid: 4_000_000, startTime: '1', boot: 'none' };

  test('are ended by the next one', async () => {
    const { data } = await supervisorFixture({ replicas: 0 }).then(async (fixture) => {
      await fixture.supervisor.close();
      return fixture;
    });
    const { pid } = await sleeper();
    const left = { supervisor: dead, instances: [{ name: 'plaza-left0', ...identifyProcess(pid) }] };
    writeFileSync(join(data, 'fleet/fleet.json'), JSON.stringify(left));
    await started({ data, replicas: 0 });
    expect(isAlive(pid)).toBe(false);
  });

  test('a foreign process that has their number by now is left alone', async () => {
    const { pid } = await sleeper();
    const { data, supervisor } = await supervisorFixture({ replicas: 0 });
    await supervisor.close();
    const left = {
      supervisor: dead,
      instances: [{ name: 'plaza-left1', ...identifyProcess(pid), startTime: '7' }],
    };
    writeFileSync(join(data, 'fleet/fleet.json'), JSON.stringify(left));
    await started({ data, replicas: 0 });
    expect(isAlive(pid)).toBe(true);
  });
});
