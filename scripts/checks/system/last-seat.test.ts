// The last seat of a real instance: 99 bots inside, 100 callers for it, Redis emptied and the control plane killed with -9
// between the seat and the player who takes it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { planAddresses } from '../../run/addresses.ts';
import { type Seated, visit } from '../../run/visitors.ts';
import { type System, startSystem, until } from './harness.ts';
import { play } from './visitor.ts';

const SEATS = 100;
const CALLERS = 100;

const inside = async (system: System) =>
  (await system.instances().catch(() => [])).map(({ players, seats }) => ({ players, seats: seats.length }));

test('100 callers for the last seat, FLUSHALL and kill -9 between: never 101, and 100 play', async () => {
  await using system = await startSystem({ args: ['--bots', String(SEATS - 1), '--instances', '1'] });
  await system.ready();
  await until('99 play', 120, async () => (await inside(system))[0]?.players === SEATS - 1);

  const over = new AbortController();
  const seated: Seated[] = [];
  const calling = Array.from({ length: CALLERS }, async (_, at) => {
    while (!over.signal.aborted) {
      const [seat] = await visit(over.signal, system, [`Caller ${at}`]).catch(() => []);
      if (seat !== undefined) {
        seated.push(seat);
        return;
      }
    }
  });
  await flush(system);
  await until('somebody has the last seat', 60, () => seated.length > 0);
  await flush(system);
  system.kill('controlPlane');
  // It serves the world's file, which the player fetches first. Their seat waits for 30 s.
  await until('the control plane is back', 20, () =>
    fetch(`${system.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  using winner = play(system, seated[0] as Seated, { duration_s: 40, resume_s: 0 });
  await until(
    'they play',
    20,
    () => winner.has('bot', { state: 'playing' }),
    () => `${winner.errors()}\n${JSON.stringify(winner.lines.slice(-3))}`,
  );
  await flush(system);

  let most = 0;
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(250))
    for (const { seats } of await inside(system)) most = Math.max(most, seats);
  over.abort();
  await Promise.all(calling);
  expect(seated).toHaveLength(1);
  expect(most).toBe(SEATS);
  expect(await inside(system)).toEqual([{ players: SEATS, seats: SEATS }]);
});

async function flush(system: System): Promise<void> {
  const password = readFileSync(path.join(system.data, 'secrets/redis.password'), 'utf8').trim();
  const { host, port } = planAddresses({ host: '127.0.0.1', port: system.port } as never).redis;
  const redis = new Redis({ host, port, password });
  await redis.flushall();
  redis.disconnect();
}
