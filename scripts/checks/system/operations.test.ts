// What an admin does to people and instances, in the real system: a kick, and a drain.
import { expect, test } from 'vitest';
import { startSystem, until } from './harness.ts';
import { play, seatFor } from './visitor.ts';

const KICKED = 6;
const REFUSED = 5;
const LOST = 8;

test('who is kicked is out at once, and no token of theirs opens the door again', async () => {
  await using system = await startSystem({ args: ['--bots', '1'] });
  await system.ready();
  const admin = await system.admin();
  const seats = async () =>
    (await system.instances()).flatMap((instance) => instance.seats.map(({ id }) => id));

  const [eve, away] = [await seatFor(system, 'Eve'), await seatFor(system, 'Away')];
  using first = play(system, eve, { resume_s: 0 });
  // Its network is gone for a while, and then it would come back with a resume token.
  const silence = { faults: [{ kind: 'silence', at_s: 7, for_s: 6 }] };
  using second = play(system, away, { resume_s: 13 }, silence);
  await until('both are in', 20, () => [first, second].every(({ has }) => has('bot', { state: 'playing' })));
  // A line a second; the first resume token comes within five.
  await until(
    'one of them has a resume token, and no network',
    20,
    () => second.lines.filter(({ type }) => type === 'bot').length >= 9,
  );
  for (const { seat, instance } of [eve, away])
    await admin('POST', `/api/v1/instances/${instance}/kick`, { seat, reason: 'you stood on the flowers' });

  expect(await first.ended).toBe(KICKED);
  expect(first.errors()).toContain('you stood on the flowers');
  await until('their seats are free', 2, async () => {
    const held = await seats();
    return !held.includes(eve.seat) && !held.includes(away.seat);
  });
  expect(await second.ended, second.errors()).toSatisfy((code) => code === REFUSED || code === LOST);
  expect(second.has('returned')).toBe(false);

  // The connect token itself is good for 30 s, and was good until a moment ago.
  using again = play(system, eve, { resume_s: 0 });
  expect(await again.ended).toBe(REFUSED);
  const refusals = (await system.instances()).map(({ refusals }) => refusals);
  expect(JSON.stringify(refusals)).toMatch(/"no_seat":[1-9]|"replayed":[1-9]/);
  expect(await seats()).toHaveLength(1);
});

test('a drained instance ends when its last player has left, and another one takes its place', async () => {
  await using system = await startSystem({ args: ['--bots', '1'] });
  await system.ready();
  const admin = await system.admin();
  const players = async () => (await system.instances()).reduce((sum, { players }) => sum + players, 0);
  await until('the bot plays', 30, async () => (await players()) === 1);
  const [before] = await system.instances();
  const name = before?.name ?? '';
  const [seat] = before?.seats ?? [];
  await admin('POST', `/api/v1/instances/${name}/drain`, {});
  await until('it drains', 5, async () =>
    (await system.instances()).some((one) => one.name === name && one.draining),
  );
  expect((await system.instances()).find((one) => one.name === name)?.players).toBe(1);
  const begun = Date.now();
  await admin('POST', `/api/v1/instances/${name}/kick`, { seat: seat?.id, reason: 'we close' });
  await until('another one is Ready', 20, async () =>
    (await system.instances()).some((one) => one.name !== name && one.state === 'Ready'),
  );
  console.log(`the next instance was Ready ${Date.now() - begun} ms after the last player had left`);
  await until('the drained one is gone', 20, async () =>
    (await system.instances()).every((one) => one.name !== name),
  );
});
