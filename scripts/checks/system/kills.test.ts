// What is true after a kill -9 of each process, and that nothing is ever left.
import { expect, test } from 'vitest';
import { type Role, type System, startSystem, until } from './harness.ts';

const WITH_BOT = { args: ['--bots', '1'] };

const players = async (system: System) =>
  (await system.instances().catch(() => [])).reduce((total, { players }) => total + players, 0);

test('an instance killed with -9 is replaced and the bot plays in the new one', async () => {
  await using system = await startSystem(WITH_BOT);
  await system.ready();
  const supervisor = system.pidOf('supervisor');
  await until('the bot plays', 30, async () => (await players(system)) === 1);
  const [before] = await system.instances();
  const killed = system.kill('instance');
  await until('another instance runs', 30, () => ![undefined, killed].includes(system.pidOf('instance')));
  await until('the bot plays again', 60, async () =>
    (await system.instances()).some(({ name, players }) => name !== before?.name && players === 1),
  );
  expect(system.pidOf('supervisor')).toBe(supervisor);
});

test('the supervisor killed with -9 takes its instances with it, and both come back', async () => {
  await using system = await startSystem(WITH_BOT);
  await system.ready();
  await until('the bot plays', 30, async () => (await players(system)) === 1);
  const instance = system.pidOf('instance');
  const supervisor = system.kill('supervisor');
  await until('the instance is gone too', 5, () => !system.processes().some(({ pid }) => pid === instance));
  await until(
    'another supervisor runs',
    30,
    () => ![undefined, supervisor].includes(system.pidOf('supervisor')),
  );
  await until('the bot plays again', 60, async () => (await players(system)) === 1);
});

test('the control plane killed with -9 harms no instance and no player', async () => {
  await using system = await startSystem(WITH_BOT);
  await system.ready();
  await until('the bot plays', 30, async () => (await players(system)) === 1);
  const [before] = await system.instances();
  const { instance, bots } = { instance: system.pidOf('instance'), bots: system.pidOf('bots') };
  const killed = system.kill('controlPlane');
  await until(
    'another control plane runs',
    30,
    () => ![undefined, killed].includes(system.pidOf('controlPlane')),
  );
  await until('the same player is there', 60, async () => (await players(system)) === 1);
  // Seats are known from Redis at once, ticks when the instance has dialled again.
  const tick = async () => Number((await system.instances())[0]?.tick);
  await until('its instance is heard', 60, async () => (await tick()) > Number(before?.tick));
  const [after] = await system.instances();
  expect(after?.name).toBe(before?.name);
  expect(after?.seats.map(({ id }) => id)).toEqual(before?.seats.map(({ id }) => id));
  expect([system.pidOf('instance'), system.pidOf('bots')]).toEqual([instance, bots]);
});

test.for<Role>(['postgres', 'redis'])(
  '%s killed with -9 comes back and the control plane is ready again',
  async (role) => {
    await using system = await startSystem();
    await system.ready();
    const killed = system.kill(role);
    await until(`another ${role} runs`, 30, () => ![undefined, killed].includes(system.pidOf(role)));
    await until('the control plane is ready', 30, async () => (await fetch(`${system.url}/readyz`)).ok);
  },
);

test.for<Role>(['launcher', 'bootstrap'])('the %s killed with -9 leaves nothing', async (role) => {
  await using system = await startSystem(WITH_BOT);
  await system.ready();
  system.kill(role);
  expect(await system.exited).not.toBe(0);
  await system.nothingLeft();
});

test('npm killed with -9 leaves nothing', async () => {
  await using system = await startSystem(WITH_BOT);
  await system.ready();
  process.kill(system.pid, 'SIGKILL');
  await system.nothingLeft();
});
