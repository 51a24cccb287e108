// The scripts against a small model of themselves: whatever happens in whatever order, Redis and the model say the same, no
// account has two seats, and an instance has never more than its capacity by what the scripts alone have given.
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestRedis, testRedis } from '../../test/stores.ts';
import { SeatScripts, seatPairs } from './scripts.ts';

let redis: TestRedis;
let scripts: SeatScripts;
beforeAll(async () => {
  redis = await testRedis();
  scripts = new SeatScripts(redis.client);
});
beforeEach(() => redis.flush());
afterAll(() => redis.close());

const CAPACITY = 2;
const LEASE_MS = 60_000;
const NAMES = ['one', 'two'] as const;
const ACCOUNTS = ['ada', 'bo', 'cy', 'dee'] as const;

interface ModelSeat {
  readonly account: string;
  readonly state: 'reserved' | 'held';
  readonly at: number;
}

/** What Redis should hold, and what the instances themselves know. */
class Model {
  readonly known = new Map<string, { open: boolean; generation: string; seats: Map<string, ModelSeat> }>();
  readonly own = new Map(NAMES.map((name) => [name as string, new Map<string, ModelSeat>()]));

  seatOf(account: string): { name: string; seat: string; at: number } | undefined {
    for (const [name, { seats }] of this.known)
      for (const [seat, one] of seats) if (one.account === account) return { name, seat, at: one.at };
    return undefined;
  }

  drop(name: string, seat: string): void {
    this.known.get(name)?.seats.delete(seat);
  }

  /** A seat that the instance vouches for; answers who has lost. */
  vouch(name: string, seat: string, one: ModelSeat): { instance: string; seat: bigint }[] {
    const other = this.seatOf(one.account);
    if (other !== undefined && !(other.name === name && other.seat === seat)) {
      const loser = other.at > one.at ? { name, seat } : other;
      this.drop(loser.name, loser.seat);
      this.own.get(loser.name)?.delete(loser.seat); // it is kicked
      if (loser !== other) return [{ instance: name, seat: BigInt(seat) }];
      this.known.get(name)?.seats.set(seat, one);
      return [{ instance: other.name, seat: BigInt(other.seat) }];
    }
    this.known.get(name)?.seats.set(seat, one);
    return [];
  }
}

type Step =
  | { do: 'reserve'; name: string; accounts: string[] }
  | { do: 'accept' | 'leave' | 'release'; pick: number }
  | { do: 'sync' | 'close'; name: string }
  | { do: 'flush' };

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      name,
      accounts: fc.uniqueArray(fc.constantFrom(...ACCOUNTS), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('accept' as const, 'leave' as const, 'release' as const),
      pick: fc.nat(7),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sync' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), name }) },
  { weight: 1, arbitrary: fc.constant({ do: 'flush' as const }) },
);

test('whatever is asked in whatever order, Redis is as the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await redis.flush();
      const run = new Run();
      for (const name of NAMES) await run.sync(name);
      for (const one of steps) {
        await run.take(one);
        await run.compare();
      }
    }),
    { numRuns: 150, endOnFailure: false },
  );
}, 120_000);

interface Reserved {
  readonly name: string;
  readonly seat: string;
  readonly account: string;
  readonly at: number;
}

class Run {
  readonly #model = new Model();
  /** Every seat that was ever reserved: late words about them come too. */
  readonly #reserved: Reserved[] = [];
  #lastSeat = 0;
  /** Somebody was let in whom Redis had forgotten or given up: the instance's word, which comes after Redis' own. */
  #hasLateWord = false;

  async take(one: Step): Promise<void> {
    switch (one.do) {
      case 'reserve':
        return this.#reserve(one.name, one.accounts);
      case 'accept':
      case 'leave':
      case 'release': {
        const seat = this.#reserved[this.#reserved.length - 1 - one.pick];
        if (seat !== undefined) await this[one.do](seat);
        return;
      }
      case 'sync':
        return this.sync(one.name);
      case 'close': {
        const known = this.#model.known.get(one.name);
        const empties = known !== undefined && known.seats.size === 0;
        expect(await scripts.close(one.name, known?.generation ?? '1')).toBe(empties);
        if (empties) known.open = false;
        return;
      }
      case 'flush':
        await redis.flush();
        this.#model.known.clear();
        this.#hasLateWord = true;
        return;
      default:
        one satisfies never;
    }
  }

  async #reserve(name: string, accounts: string[]): Promise<void> {
    const seats = accounts.map((_, at) => String(this.#lastSeat + 1 + at));
    this.#lastSeat += accounts.length;
    const holders = accounts.flatMap((account, at) => [seats[at] as string, account, 'Ada', 'player']);
    const [word, at, ...rest] = await scripts.words('reserve', [name, LEASE_MS, ...holders]);
    const known = this.#model.known.get(name);
    const older = accounts.flatMap((account) => this.#model.seatOf(account) ?? []);
    const freed = older.filter((one) => one.name === name).length;
    const fits = (known?.seats.size ?? 0) - freed + accounts.length <= CAPACITY;
    expect(word).toBe(!known?.open ? 'gone' : fits ? 'reserved' : 'full');
    if (word !== 'reserved') return;
    expect(seatPairs(rest)).toEqual(older.map((one) => ({ instance: one.name, seat: BigInt(one.seat) })));
    for (const one of older) {
      this.#model.drop(one.name, one.seat);
      this.#model.own.get(one.name)?.delete(one.seat);
    }
    accounts.forEach((account, index) => {
      const seat = seats[index] as string;
      known?.seats.set(seat, { account, state: 'reserved', at: Number(at) });
      this.#reserved.push({ name, seat, account, at: Number(at) });
    });
  }

  /** The instance takes the seat if it has room, and its word is written down. */
  async accept({ name, seat, account, at }: Reserved): Promise<void> {
    const own = this.#model.own.get(name);
    if (own === undefined || (own.size >= CAPACITY && !own.has(seat))) return;
    own.set(seat, { account, state: 'held', at });
    const known = this.#model.known.get(name);
    const args = [name, known?.generation ?? '1', seat, 'held', LEASE_MS, account, 'Ada', 'player', at];
    const [word, ...rest] = await scripts.words('mark', args);
    expect(word).toBe(known === undefined ? 'absent' : 'ok');
    if (known === undefined) return;
    this.#hasLateWord ||= !known.seats.has(seat);
    expect(seatPairs(rest)).toEqual(this.#model.vouch(name, seat, { account, state: 'held', at }));
  }

  async leave({ name, seat }: Reserved): Promise<void> {
    this.#model.own.get(name)?.delete(seat);
    const known = this.#model.known.get(name);
    await scripts.words('mark', [name, known?.generation ?? '1', seat, 'left', 0, '', '', '', 0]);
    this.#model.drop(name, seat);
  }

  async release({ name, seat }: Reserved): Promise<void> {
    this.#model.own.get(name)?.delete(seat); // revoked
    await scripts.release(name, [BigInt(seat)]);
    this.#model.drop(name, seat);
  }

  async sync(name: string): Promise<void> {
    const known = this.#model.known.get(name);
    const own = [...(this.#model.own.get(name) ?? [])];
    const told = own.flatMap(([seat, { account, at }]) => [
      seat,
      'held',
      LEASE_MS,
      account,
      'Ada',
      'player',
      at,
    ]);
    const head = [name, known?.generation ?? '', LEASE_MS, 'uid', '1', '0', '0', CAPACITY, '{}'];
    const [generation, draining, ...rest] = await scripts.words('sync', [...head, ...told]);
    expect(draining).toBe('0');
    const kept = [...(known?.seats ?? [])].filter(
      ([seat, { state }]) => state === 'reserved' || this.#model.own.get(name)?.has(seat),
    );
    this.#model.known.set(name, { open: true, generation, seats: new Map(kept) });
    const lost = own.flatMap(([seat, one]) => this.#model.vouch(name, seat, { ...one, state: 'held' }));
    expect(seatPairs(rest)).toEqual(lost);
  }

  async compare(): Promise<void> {
    const listed = await scripts.list(true);
    const seen = new Map(listed.map((one) => [one.name, one]));
    expect([...seen.keys()].sort()).toEqual([...this.#model.known.keys()].sort());
    const accounts: string[] = [];
    for (const [name, { open, seats }] of this.#model.known) {
      const one = seen.get(name);
      expect(one?.open).toBe(open);
      expect(one?.taken).toBe(seats.size);
      const shown = one?.seats.map(({ id, account, state }) => [id, account, state]).sort();
      expect(shown).toEqual([...seats].map(([id, { account, state }]) => [id, account, state]).sort());
      accounts.push(...[...seats.values()].map(({ account }) => account));
      if (!this.#hasLateWord) expect(seats.size).toBeLessThanOrEqual(CAPACITY);
    }
    expect(new Set(accounts).size).toBe(accounts.length);
  }
}

const open = (name: string, generation = '', draining = '0', uid = 'uid') =>
  scripts.words('sync', [name, generation, LEASE_MS, uid, '1', '0', draining, CAPACITY, '{}']);

test('a reservation that nobody confirms is free again', async () => {
  await open('one');
  for (const account of ['ada', 'bo'])
    await scripts.words('reserve', ['one', 150, String(account.length), account, 'A', 'player']);
  expect(await scripts.words('reserve', ['one', 150, '9', 'cy', 'C', 'player'])).toEqual(['full']);
  await sleep(200);
  expect((await scripts.words('reserve', ['one', 150, '9', 'cy', 'C', 'player']))[0]).toBe('reserved');
  expect(await scripts.where('ada')).toBeUndefined();
});

test('a process that was frozen finds a newer line there, and changes nothing', async () => {
  const [frozen] = await open('one');
  const [newer] = await open('one');
  await scripts.words('mark', ['one', newer, '7', 'connected', LEASE_MS, 'ada', 'A', 'player', 0]);
  expect(await open('one', frozen)).toEqual(['superseded']);
  expect(await scripts.refresh(['one', frozen, LEASE_MS, '0', '0', 9, '{}'])).toBe('superseded');
  expect(await scripts.words('mark', ['one', frozen, '7', 'left', 0, '', '', '', 0])).toEqual(['absent']);
  expect(await scripts.close('one', frozen)).toBe(false);
  expect(await scripts.list(true)).toMatchObject([{ name: 'one', open: true, seats: [{ id: '7' }] }]);
});

test('an instance of which Redis has lost everything takes nobody until it is written again', async () => {
  const [generation] = await open('one');
  await redis.flush();
  expect(await scripts.refresh(['one', generation, LEASE_MS, '1', '0', 2, '{}'])).toBe('absent');
  expect(await scripts.words('reserve', ['one', 150, '9', 'cy', 'C', 'player'])).toEqual(['gone']);
});

test('an order to drain outlives the line over which it came, and the process it was for', async () => {
  await open('one', '', '1');
  expect((await open('one')).slice(1)).toEqual(['1']);
  expect(await scripts.words('reserve', ['one', 150, '9', 'cy', 'C', 'player'])).toEqual(['gone']);
  expect((await open('one', '', '0', 'another process')).slice(1)).toEqual(['0']);
});

test('of one that is closed and one that reserves at the same moment, one alone has its way', async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 200; round += 1) {
    const [generation] = await open(`i${round}`);
    const reserve = () => scripts.words('reserve', [`i${round}`, 5_000, '9', `a${round}`, 'C', 'player']);
    const close = () => scripts.close(`i${round}`, generation);
    const [first, second] = round % 2 === 0 ? [reserve, close] : [close, reserve];
    const answers = await Promise.all([first(), second()]);
    const isClosed = answers.includes(true);
    const isReserved = answers.some((answer) => Array.isArray(answer) && answer[0] === 'reserved');
    expect(isClosed).toBe(!isReserved);
    outcomes.add(isClosed ? 'closed' : 'reserved');
  }
  expect(outcomes.size).toBe(2);
});
