// A player who comes by the relay, in the real system: through the control plane's WebSocket to Godot, and back in after the
// control plane that carried the packets was killed.
import { expect, test } from 'vitest';
import { WORLD } from '../../run/visitors.ts';
import { startSystem, until } from './harness.ts';
import { play, seatFor } from './visitor.ts';

const WALK = { steps: [{ do: 'wander', area: { center: [0, 1], radius: 8 } }] };

test('who comes by the relay walks, and asks for another seat when the control plane is killed', async () => {
  await using system = await startSystem({ args: ['--bots', '1'] });
  await system.ready();
  const players = async () =>
    (await system.instances().catch(() => [])).reduce((sum, { players }) => sum + players, 0);
  const eve = await seatFor(system, 'Eve');
  const rejoin = { url: system.url, world: WORLD };
  using visitor = play(system, eve, { rejoin }, { name: 'Eve', pipe: 'relay', behaviour: WALK });
  await until('Eve is in', 20, () => visitor.has('bot', { state: 'playing' }));
  await until('both are inside', 10, async () => (await players()) === 2);
  const moved = () => {
    const places = visitor.lines.flatMap(({ position }) => (position ? [position.join()] : []));
    return new Set(places).size;
  };
  await until('Eve walks', 20, () => moved() > 3);

  system.kill('controlPlane');
  await until('Eve has lost the relay', 10, () => visitor.has('ended', { cause: 'relay', rejoining: true }));
  await until(
    'Eve is in again',
    60,
    () => visitor.lines.filter(({ type }) => type === 'connected').length === 2,
    visitor.errors,
  );
  const before = moved();
  await until('Eve walks again', 20, () => moved() > before + 3);
  // One seat an account: the one that was lost is not held beside the new one.
  await until('nobody is there twice', 40, async () => {
    const seats = (await system.instances()).flatMap((instance) => instance.seats);
    return seats.filter(({ name }) => name === 'Eve').length === 1;
  });
  expect(await players()).toBe(2);
});
