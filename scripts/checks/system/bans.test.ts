// A ban in the real system: the account is out of the instance within a second while it walks there, nothing that it holds lets it
// back in, and nobody else notices. Then the same while Redis is being killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WORLD } from '../../run/visitors.ts';
import { type System, startSystem, until } from './harness.ts';
import { play, seatFor } from './visitor.ts';

const KICKED = 6;
const REFUSED = 5;
const ROUNDS = 10;
const OWN_BOTS = 3;
const REASON = 'you stood on the flowers';

const seats = async (system: System) => (await system.instances()).flatMap((instance) => instance.seats);

/** With a token of that account. */
async function asks(system: System, token: string, path: string, body?: object) {
  const response = await fetch(system.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { id: string; code?: string; message?: string },
  };
}

/** Somebody who walks in the world. */
async function visitor(system: System, name: string) {
  const seated = await seatFor(system, name);
  const account = (await asks(system, seated.token, '/api/v1/account')).body.id;
  const rejoin = { url: system.url, world: WORLD };
  const bot = play(system, seated, { resume_s: 5, rejoin });
  await until(`${name} walks`, 20, () => bot.has('bot', { state: 'playing' }));
  return { seated, account, bot };
}

test('who is banned is out within a second, and nothing lets them back', async () => {
  await using system = await startSystem({ args: ['--bots', String(OWN_BOTS)] });
  await system.ready();
  const admin = await system.admin();
  await until('the others play', 30, async () => (await seats(system)).length === OWN_BOTS);
  const others = (await seats(system)).map(({ id }) => id).toSorted();

  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const eve = await visitor(system, `Eve ${round}`);
    using bot = eve.bot;
    const begun = performance.now();
    await admin('POST', '/api/v1/bans', { account: eve.account, reason: REASON });
    while ((await seats(system)).some(({ user }) => user === eve.account)) await sleep(5);
    times.push(performance.now() - begun);
    expect(await bot.ended).toBe(KICKED);
    expect(bot.errors()).toContain(REASON);

    const ticket = await asks(system, eve.seated.token, '/api/v1/tickets', { world: WORLD });
    expect(ticket).toMatchObject({ status: 403, body: { code: 'OW_ERR_BANNED' } });
    expect(ticket.body.message).toContain(REASON);
    if (round > 0) continue;
    // Its connect token is good for 30 s, and was good until a moment ago.
    using again = play(system, eve.seated, { resume_s: 0 });
    expect(await again.ended).toBe(REFUSED);
  }
  times.sort((a, b) => a - b);
  console.log(`banned and out: p50 ${times[ROUNDS / 2]?.toFixed(0)} ms, max ${times.at(-1)?.toFixed(0)} ms`);
  expect(times.at(-1)).toBeLessThan(1_000);

  // A seat that waits for its player is shut before they come.
  const late = await seatFor(system, 'Late');
  const account = (await asks(system, late.token, '/api/v1/account')).body.id;
  await admin('POST', '/api/v1/bans', { account, reason: REASON });
  await until('the seat is free', 1, async () => (await seats(system)).every(({ user }) => user !== account));
  using never = play(system, late, { resume_s: 0 });
  expect(await never.ended).toBe(REFUSED);

  expect((await seats(system)).map(({ id, state }) => [id, state]).toSorted()).toEqual(
    others.map((id) => [id, 'connected']),
  );
});

test('a ban made while Redis is killed empties the seat all the same', async () => {
  await using system = await startSystem({ args: ['--bots', '1'] });
  await system.ready();
  const admin = await system.admin();
  const eve = await visitor(system, 'Eve');
  using bot = eve.bot;
  system.kill('redis');
  const begun = performance.now();
  await admin('POST', '/api/v1/bans', { account: eve.account, reason: REASON });
  expect(await bot.ended).toBe(KICKED);
  console.log(`banned and out while Redis was killed: ${(performance.now() - begun).toFixed(0)} ms`);
  expect(performance.now() - begun).toBeLessThan(5_000);
  await until('its token is refused', 10, async () => {
    const { body } = await asks(system, eve.seated.token, '/api/v1/account').catch(() => ({
      body: { code: '' },
    }));
    return body.code === 'OW_ERR_BANNED';
  });
});
