// A GameServer with its SDK ports open and no process behind it: what the contract suites of the SDK talk to.
import { GameServer } from '../src/fleet/local/game-server.ts';
import { HealthMonitor, type HealthSpec } from '../src/fleet/local/health.ts';
import { listenSdk } from '../src/fleet/local/sdk/server.ts';

const PATIENT: HealthSpec = { disabled: false, initialDelayMs: 10_000, periodMs: 5_000, failureThreshold: 3 };

export async function sdkFixture(healthSpec = PATIENT) {
  const server = new GameServer({
    name: 'plaza-tests',
    uid: '7d7b8f2e-0c1c-4c70-9f2a-6f5a3f0b9c11',
    createdAt: 1_780_000_000_000,
    address: '127.0.0.1',
    ports: [{ name: 'udp', port: 7420 }],
    labels: { 'agones.dev/fleet': 'plaza' },
    annotations: {},
    counters: { players: { count: 0, capacity: 100 } },
    lists: { seats: { capacity: 100, values: [] } },
    health: healthSpec,
  });
  const health = new HealthMonitor(healthSpec, (reason) => server.apply({ type: 'unhealthy', reason }));
  const sdk = await listenSdk(server, health);
  for (const type of ['portAllocated', 'sdkListening', 'spawned'] as const) server.apply({ type });
  server.onChange(({ state }) => {
    if (state.name === 'RequestReady') queueMicrotask(() => server.apply({ type: 'readyConfirmed' }));
  });
  return { server, health, sdk, rest: `http://127.0.0.1:${sdk.httpPort}` };
}
