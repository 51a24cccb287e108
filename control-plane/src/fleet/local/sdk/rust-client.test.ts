// The SDK server against Agones' own Rust crate: the instance's probe walks through every call and tells what it
// saw. The same probe runs beside a real Agones sidecar at acceptance.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkFixture } from '../../../../test/sdk-fixture.ts';

const run = promisify(execFile);
const NETCODE = join(import.meta.dirname, '../../../../../netcode');
const BUILD_TIMEOUT_MS = 15 * 60_000;

const hasCargo = await run('cargo', ['--version']).then(
  () => true,
  () => false,
);
if (!hasCargo) console.warn('cargo is not on PATH: the SDK is not tested against the Rust crate here');

let fixture: Awaited<ReturnType<typeof sdkFixture>>;

beforeAll(async () => {
  fixture = await sdkFixture();
});

afterAll(() => fixture.sdk.close());

async function buildProbe(): Promise<string> {
  const args = ['build', '--quiet', '-p', 'otherworld-instance', '--example', 'agones_probe'];
  await run('cargo', args, { cwd: NETCODE });
  const { stdout } = await run('cargo', ['metadata', '--no-deps', '--format-version', '1'], {
    cwd: NETCODE,
    maxBuffer: 2 ** 24,
  });
  return join(JSON.parse(stdout).target_directory, 'debug/examples/agones_probe');
}

test.runIf(hasCargo)('every call, seen by the crate `agones`', { timeout: BUILD_TIMEOUT_MS }, async () => {
  const probe = await buildProbe();
  expect(existsSync(probe)).toBe(true);
  const env = { ...process.env, AGONES_SDK_GRPC_PORT: String(fixture.sdk.grpcPort) };
  const { stdout } = await run(probe, [], { env, timeout: 60_000 });
  const said = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const states = said.filter(({ state }) => state).map(({ call, state }) => [call, state]);
  expect(said.every(({ ok }) => ok)).toBe(true);
  expect(states).toEqual([
    ['get', 'Scheduled'],
    ['ready', 'Ready'],
    ['reserve', 'Reserved'],
    ['reserve_over', 'Ready'],
    ['allocate', 'Allocated'],
    ['set_label_and_annotation', 'Allocated'],
    ['shutdown', 'Shutdown'],
  ]);
  expect(said.find(({ call }) => call === 'counter')).toMatchObject({
    count: 1,
    capacity: 100,
    grown: 101,
    beyond: 'OutOfRange',
    below: 'OutOfRange',
    unknown: 'NotFound',
  });
  expect(said.find(({ call }) => call === 'list')).toMatchObject({
    values: ['1', '2'],
    contains: true,
    length: 2,
    capacity: 100,
    twice: 'AlreadyExists',
    absent: 'NotFound',
    full: 'OutOfRange',
    unknown: 'NotFound',
  });
});
