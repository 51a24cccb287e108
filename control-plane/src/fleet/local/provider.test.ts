// The local fleet under the contract of every fleet, and what is its own: the supervisor may be away.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fleetClient, freshFolder, supervisorFixture } from '../../../test/supervisor-fixture.ts';
import { until } from '../../../test/until.ts';
import { FleetUnavailable } from '../provider.ts';
import { providerContract } from '../provider-contract.ts';

vi.setConfig({ testTimeout: 60_000 });

providerContract('local', async (replicas) => {
  const { supervisor, data, fleet } = await supervisorFixture({ replicas });
  return {
    provider: fleet,
    label: ['agones.dev/fleet', 'plaza'],
    credentialOf: (name) => readFileSync(join(data, 'fleet/identities', name), 'utf8'),
    close: () => supervisor.close(),
  };
});

test('calls to a supervisor that is away fail at once, and the watch goes on when it is back', async () => {
  const data = freshFolder();
  const first = await supervisorFixture({ data, replicas: 0 });
  const fleet = fleetClient(first.url, data);
  const stop = new AbortController();
  let lists = 0;
  void (async () => {
    for await (const _list of fleet.watch(stop.signal)) lists += 1;
  })();
  await until(() => lists === 1);
  await first.supervisor.close();
  await expect(fleet.list()).rejects.toThrow(FleetUnavailable);
  await expect(fleet.allocate([])).rejects.toThrow(FleetUnavailable);
  const second = await supervisorFixture({ data, replicas: 0, port: Number(new URL(first.url).port) });
  await until(() => lists >= 2);
  stop.abort();
  await second.supervisor.close();
});
