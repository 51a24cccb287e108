// schemathesis asks every operation of the OpenAPI document what fits its schemas and what does not, as nobody, as a
// guest and as an admin. Nothing is answered with 500, and every answer is one that the document declares.
//
// OTHERWORLD_TEST_PYTHON and its PYTHONPATH come from `npm test -- --only plane`; SCHEMATHESIS_SEED repeats a run.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';

const python = process.env.OTHERWORLD_TEST_PYTHON ?? 'python3';
const seed = process.env.SCHEMATHESIS_SEED ?? String(randomInt(2 ** 31));
const reports = process.env.OTHERWORLD_TEST_REPORTS;

/** Cases that hypothesis makes for each operation, beside those of the coverage phase. */
const EXAMPLES = '15';
/** Of one run (unit: milliseconds). */
const DEADLINE_MS = 170_000;

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'negative_data_rejection',
  // Left out: positive_data_acceptance, since whether a seat, an invitation or a world exists is not in a schema;
  // unsupported_method, since a path that has no such method is answered as no path (404); ignored_auth, since a route
  // may be open to nobody and to guests alike.
];

/** No answer of them ends: app.test.ts reads them. */
const ENDLESS = ['followInstances', 'followTicket'];
/** They end the very session that asks, so they have runs of their own with sessions that nobody needs. */
const LAST_WORDS = ['signOut', 'signOutEverywhere', 'endSession', 'rotateSession'];
/** As an admin it would start a thousand processes here; nobody and guests are refused and do ask it. */
const TOO_STRONG = ['scaleFleet'];

/** 503 says that a dependency is away or that there is no room: no fault of ours, and declared where it can happen. */
const CONFIG = `
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503]
`;

let fixture: Fixture;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ow-schemathesis-'));
  writeFileSync(join(folder, 'schemathesis.toml'), CONFIG);
  fixture = await controlPlaneFixture();
  await fixture.populate();
}, 120_000);
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true, force: true });
});

async function guest(): Promise<string> {
  const { body } = await fixture.ask('POST', '/api/v1/guests', { name: 'Schemathesis' });
  return `Bearer ${body.token}`;
}

interface Asking {
  readonly name: string;
  readonly as: string | undefined;
  readonly only?: readonly string[];
  readonly without?: readonly string[];
}

/** Its exit status and all it said. */
async function askEverything({ name, as, only = [], without = [] }: Asking) {
  const args = [
    ['-m', 'schemathesis.cli', '--config-file', join(folder, 'schemathesis.toml'), 'run'],
    [`${fixture.url}/api/v1/openapi.json`, '--no-color', '--checks', CHECKS.join(',')],
    ['--phases', 'examples,coverage,fuzzing', '--max-examples', EXAMPLES],
    ['--seed', seed, '--generation-database', 'none', '--request-timeout', '20', '--continue-on-failure'],
    ['--suppress-health-check', 'all', '--warnings', 'off'],
    as === undefined ? [] : ['--header', `Authorization: ${as}`],
    only.flatMap((id) => ['--include-operation-id', id]),
    without.flatMap((id) => ['--exclude-operation-id', id]),
  ].flat();
  const child = spawn(python, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [said, complained, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const output = `${said}\n${complained}`;
  const summary = output.slice(Math.max(0, output.indexOf(' SUMMARY ')));
  if (reports !== undefined) {
    mkdirSync(reports, { recursive: true });
    writeFileSync(join(reports, `schemathesis-${name}.txt`), `seed ${seed}\n${output}`);
  }
  console.log(`schemathesis as ${name}, seed ${seed}\n${summary}`);
  return { status, output };
}

describe(`schemathesis, seed ${seed}`, () => {
  test('as nobody', async () => {
    const { status, output } = await askEverything({ name: 'nobody', as: undefined, without: ENDLESS });
    expect(status, output).toBe(0);
  });

  test('as a guest', async () => {
    const without = [...ENDLESS, ...LAST_WORDS];
    const { status, output } = await askEverything({ name: 'guest', as: await guest(), without });
    expect(status, output).toBe(0);
  });

  test('as an admin', async () => {
    const without = [...ENDLESS, ...LAST_WORDS, ...TOO_STRONG];
    const { status, output } = await askEverything({
      name: 'admin',
      as: fixture.operator.authorization,
      without,
    });
    expect(status, output).toBe(0);
  });

  test.each(LAST_WORDS)('%s, which ends its session', async (operation) => {
    const { status, output } = await askEverything({ name: operation, as: await guest(), only: [operation] });
    expect(status, output).toBe(0);
  });
});
