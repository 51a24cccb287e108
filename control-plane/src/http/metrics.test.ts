// What Prometheus would read, read as it reads: every line is a comment or a sample.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await controlPlaneFixture({ replicas: 0 });
}, 60_000);
afterAll(() => fixture.close());

/** Prometheus reads numbers as Go does, and prom-client writes “Nan” before the first reading. */
const SAMPLE = /^([a-z0-9_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+-]+|nan|[+-]inf)$/i;

async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(fixture.metricsUrl());
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).trimEnd().split('\n');
  const samples = lines.filter((line) => line !== '' && !/^# (HELP|TYPE) otherworld_\w+ /.test(line));
  return new Map(
    samples.map((line) => {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (!name?.startsWith('otherworld_')) throw new Error(`not a sample: ${line}`);
      return [`${name}{${labels}}`, Number(value)];
    }),
  );
}

test('requests by route and status, the process, and its event loop', async () => {
  const worlds = 'method="GET",route="/api/v1/worlds",status="200"';
  const count = async (labels: string) =>
    (await scrape()).get(`otherworld_http_request_duration_seconds_count{${labels}}`) ?? 0;
  const before = await count(worlds);
  for (let n = 0; n < 3; n += 1) await fixture.ask('GET', '/api/v1/worlds');
  expect(await count(worlds)).toBe(before + 3);
  await fixture.ask('GET', '/api/v1/worlds/no-such-world');
  expect(await count('method="GET",route="/api/v1/worlds/:world",status="404"')).toBe(1);
  await fixture.ask('POST', '/api/v1/strange/%00/path');
  expect(await count('method="POST",route="none",status="404"')).toBe(1);

  const names = [...(await scrape()).keys()].map((key) => key.split('{')[0]);
  expect(names).toEqual(
    expect.arrayContaining([
      'otherworld_nodejs_eventloop_lag_p99_seconds',
      'otherworld_process_cpu_seconds_total',
      'otherworld_process_resident_memory_bytes',
    ]),
  );
});

test('the port serves nothing else, and the API does not serve the metrics', async () => {
  expect((await fetch(fixture.metricsUrl().replace('/metrics', '/'))).status).toBe(404);
  expect((await fixture.ask('GET', '/metrics')).text).not.toContain('otherworld_http');
});
