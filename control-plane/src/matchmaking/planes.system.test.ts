// Tickets as players meet them: by the public HTTP of a process that serves, with workers in processes of their own, which are
// killed; and a Redis that forgets or goes away.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';
import { type WorkerProcess, workerProcess } from '../../test/worker-process.ts';
import { readEvents } from '../fleet/local/sse-reader.ts';
import { PLAZA_ID } from '../worlds/seed.ts';

const CAPACITY = 20;

let plane: Fixture;
let fake: FakeInstance;
let workers: WorkerProcess[];
/** Seats that the instance has been offered and has not answered, while it is slow. */
let held: (() => void)[] | undefined;

beforeAll(async () => {
  plane = await controlPlaneFixture({ replicas: 1, capacity: CAPACITY, env: { OTHERWORLD_ROLES: 'api' } });
  [fake] = (await plane.populate({
    answer(id) {
      if (held === undefined) return 'accept';
      held.push(() =>
        fake.say({ case: 'seatAnswer', value: { id, answer: { case: 'accepted', value: {} } } }),
      );
      return undefined;
    },
  })) as [FakeInstance];
  workers = await Promise.all([workerProcess(plane), workerProcess(plane)]);
}, 120_000);

afterEach(async () => {
  held = undefined;
  await until(async () => {
    const seats = (await plane.instances()).flatMap((one) => one.seats);
    for (const { id } of seats) leave(id);
    return seats.length === 0;
  }, 30_000);
}, 60_000);

afterAll(async () => {
  await Promise.all(workers?.map((worker) => worker.kill()) ?? []);
  await plane?.close();
});

const leave = (seat: string) =>
  fake.say({ case: 'playerLeft', value: { seat: BigInt(seat), cause: 'left' } });

async function guest(): Promise<Record<string, string>> {
  const { status, body } = await plane.ask('POST', '/api/v1/guests', { name: 'Ada' });
  expect(status).toBe(201);
  return { authorization: `Bearer ${body.token}` };
}

const ask = (who: Record<string, string>, wait = 20, wish: object = { world: 'plaza' }) =>
  plane.ask('POST', '/api/v1/tickets', wish, { ...who, prefer: `wait=${wait}` });

test('a wish, a wait, and the way in for its owner alone', async () => {
  const [ada, eve] = [await guest(), await guest()];
  const { status, headers, body } = await ask(ada);
  expect({ status, state: body.state, reason: body.reason }).toEqual({
    status: 201,
    state: 'seated',
    reason: null,
  });
  expect(headers.get('preference-applied')).toBe('wait=20');
  expect(body.connect).toMatchObject({ instance: fake.name, world: { id: PLAZA_ID } });
  expect(body.connect.pipes[0].token).toMatch(/^[A-Za-z0-9+/]{2000,}=*$/);
  const address = headers.get('location') as string;
  expect((await plane.ask('GET', address, undefined, ada)).body).toMatchObject({
    id: body.id,
    state: 'seated',
  });
  for (const method of ['GET', 'DELETE']) {
    expect((await plane.ask(method, address, undefined, eve)).body.code).toBe('OW_ERR_UNKNOWN_TICKET');
  }
  expect((await plane.ask('GET', `${address}/events`, undefined, eve)).status).toBe(404);
});

test('what is wrong is refused before there is a ticket', async () => {
  const ada = await guest();
  const refusals: [object, Record<string, string>, number, string][] = [
    [{ world: 'plaza' }, {}, 401, 'OW_ERR_SIGN_IN'],
    [{ world: 'plaza' }, { authorization: `Bearer ow_${'x'.repeat(43)}` }, 401, 'OW_ERR_SIGN_IN'],
    [{ world: 'moon' }, ada, 404, 'OW_ERR_UNKNOWN_WORLD'],
    [{ world: '\u0000' }, ada, 400, 'OW_ERR_BAD_REQUEST'],
    [{}, ada, 400, 'OW_ERR_BAD_REQUEST'],
    [{ world: 'plaza', party: { id: 'p', size: 2 } }, ada, 400, 'OW_ERR_BAD_REQUEST'],
    [{ world: 'plaza', wishes: { avoid: Array(65).fill(PLAZA_ID) } }, ada, 400, 'OW_ERR_BAD_REQUEST'],
    [{ world: 'plaza', luck: 1 }, ada, 400, 'OW_ERR_BAD_REQUEST'],
  ];
  for (const [wish, who, status, code] of refusals) {
    const answer = await ask(who, 0, wish);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  }
  expect((await plane.ask('GET', '/api/v1/tickets/nonsense', undefined, ada)).status).toBe(400);
});

test('the events tell how it stands, then each change, and end when it is decided', async () => {
  const people = await Promise.all(Array.from({ length: CAPACITY }, guest));
  const seated = await Promise.all(people.map((who) => ask(who)));
  expect(seated.map(({ body }) => body.state)).toEqual(Array(CAPACITY).fill('seated'));
  const late = await guest();
  const { body } = await ask(late, 0);
  expect(body.state).toBe('waiting');
  const stream = await fetch(`${plane.url}/api/v1/tickets/${body.id}/events`, { headers: late });
  const events: string[] = [];
  const listening = (async () => {
    for await (const { event, data } of readEvents(stream.body as never)) {
      events.push(event);
      if (event === 'seated') expect(JSON.parse(data).connect.instance).toBe(fake.name);
    }
  })();
  await until(() => events.length > 0);
  leave(seated[0]?.body.connect.seat);
  await listening;
  expect([events[0], events.at(-1)]).toEqual(['position', 'seated']);
}, 60_000);

test('a worker that is killed while it seats people loses nobody and seats nobody twice', async () => {
  const people = await Promise.all(Array.from({ length: CAPACITY }, guest));
  held = [];
  const asked = people.map((who) => ask(who, 30));
  await until(() => (held?.length ?? 0) > 0);
  const [victim] = workers.splice(0, 1) as [WorkerProcess];
  // Which of the two is seating them cannot be seen from outside: both go, and one comes back.
  await Promise.all([victim.kill(), ...workers.map((worker) => worker.kill())]);
  held = undefined;
  workers = [await workerProcess(plane)];
  const answers = await Promise.all(asked);
  expect(answers.map(({ body }) => [body.state, body.reason])).toEqual(
    Array(CAPACITY).fill(['seated', null]),
  );
  const seats = answers.map(({ body }) => body.connect.seat);
  expect(new Set(seats).size).toBe(CAPACITY);
  await until(async () => {
    const [host] = await plane.instances();
    return (
      seats.every((seat) => host?.seats.some(({ id }) => id === seat)) && host?.seats.length === CAPACITY
    );
  }, 30_000);
}, 90_000);

test('a Redis that has forgotten everything: who waits is told, and asks again', async () => {
  const people = await Promise.all(Array.from({ length: CAPACITY }, guest));
  await Promise.all(people.map((who) => ask(who)));
  const late = await guest();
  const waiting = ask(late, 20);
  await sleep(300);
  await plane.stores.redis.flush();
  const { body } = await waiting;
  expect(body).toMatchObject({ state: 'ended', reason: { code: 'OW_ERR_TICKET_LOST' } });
  const again = ask(late, 30);
  await until(async () => (await plane.instances())[0]?.seats.length === CAPACITY, 20_000);
  leave((await plane.instances())[0]?.seats[0]?.id as string);
  expect((await again).body.state).toBe('seated');
}, 90_000);

test('a Redis that is away is said to be away, and is used again when it is back', async () => {
  const ada = await guest();
  await plane.stores.redis.kill();
  const refused = await ask(ada, 0);
  expect([refused.status, refused.body.code]).toEqual([503, 'OW_ERR_QUEUE_AWAY']);
  await plane.stores.redis.restart();
  await until(async () => (await ask(ada, 20)).body.state === 'seated', 40_000);
}, 90_000);
