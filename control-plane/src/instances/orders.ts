// What may be asked of an instance, and how the process that holds its line carries it out. `lines.ts` brings the
// orders here from wherever they are given. 64-bit numbers travel as decimal strings.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Assignment, type Instance, lineOf, type WorldRef } from './instance.ts';
import type { Line } from './line.ts';
import { outgoing } from './messages.ts';
import type { InstanceRegistry, SeatAnswer } from './registry.ts';

export interface OfferedSeat {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly role: 'player' | 'operator';
  readonly at: number;
}

export type Order =
  | {
      /** All of these seats or none. */
      readonly type: 'offer';
      readonly seats: readonly OfferedSeat[];
      /** How long the instance may think (unit: milliseconds). */
      readonly answerMs: number;
      /** How long it keeps a seat for a player who does not come (unit: milliseconds). */
      readonly keepMs: number;
    }
  | { readonly type: 'revoke'; readonly seat: string }
  | { readonly type: 'kick'; readonly seat: string; readonly reason: string }
  | { readonly type: 'drain' }
  | { readonly type: 'shutdown'; readonly graceMs: number }
  | {
      readonly type: 'assign';
      readonly world: WorldRef;
      readonly capacity: number;
      readonly tickRateHz: number;
      readonly answerMs: number;
    }
  | {
      readonly type: 'request';
      readonly seat: string;
      readonly event: string;
      /** JSON. */
      readonly data: string;
      readonly answerMs: number;
    };

/** Lost: nobody holds the line, or no answer came. */
export type Outcome = 'done' | 'lost' | 'timeout' | 'unknown_seat' | 'failed' | { readonly refused: string };

export class Orders {
  readonly #registry: InstanceRegistry;
  readonly #held: (instance: Instance, seat: bigint) => Promise<boolean>;

  /** `held` writes an accepted seat down; false when its account has taken a newer one. */
  constructor(registry: InstanceRegistry, held: (instance: Instance, seat: bigint) => Promise<boolean>) {
    this.#registry = registry;
    this.#held = held;
  }

  async carryOut(name: string, order: Order): Promise<Outcome> {
    const instance = this.#registry.get(name);
    const line = instance && lineOf(instance);
    if (instance === undefined || line === undefined) return 'lost';
    switch (order.type) {
      case 'offer':
        return this.#offer(instance, line, order);
      case 'revoke':
        line.send(outgoing({ case: 'revokeSeat', value: { id: BigInt(order.seat) } }));
        return 'done';
      case 'kick': {
        const seat = BigInt(order.seat);
        if (!instance.seats.has(seat)) return 'unknown_seat';
        line.send(outgoing({ case: 'kick', value: { seat, reason: order.reason } }));
        return 'done';
      }
      case 'drain':
        line.send(outgoing({ case: 'drain', value: {} }));
        instance.draining = true;
        this.#registry.changed(instance);
        return 'done';
      case 'shutdown':
        line.send(outgoing({ case: 'shutdown', value: { graceMs: order.graceMs } }));
        return 'done';
      case 'assign':
        return this.#assign(instance, line, order);
      case 'request':
        return this.#request(line, order);
      default:
        return order satisfies never;
    }
  }

  async #offer(
    instance: Instance,
    line: Line,
    { seats, answerMs, keepMs }: Extract<Order, { type: 'offer' }>,
  ): Promise<Outcome> {
    const answers = seats.map(({ id, user, name, role, at }) => {
      const seat = BigInt(id);
      const answered = this.#registry.offerSeat(instance, {
        id: seat,
        user,
        name,
        role,
        at,
        state: 'offered',
      });
      line.send(
        outgoing({ case: 'offerSeat', value: { seat: { id: seat, user, name }, expiresMs: keepMs } }),
      );
      return answered.then((answer) => this.#noted(instance, seat, answer));
    });
    const outcome = await within(answerMs, Promise.all(answers).then(worst));
    if (outcome !== 'done') for (const { id } of seats) this.#withdraw(instance, line, BigInt(id));
    return outcome;
  }

  async #noted(instance: Instance, seat: bigint, answer: SeatAnswer): Promise<Outcome> {
    if (answer !== 'accepted') return answer;
    return (await this.#held(instance, seat)) ? 'done' : { refused: 'replaced' };
  }

  /** The same world again is only waited for; another one is not taken. */
  async #assign(
    instance: Instance,
    line: Line,
    { world, capacity, tickRateHz, answerMs }: Extract<Order, { type: 'assign' }>,
  ): Promise<Outcome> {
    const { assignment } = instance;
    if (assignment !== undefined && !isSame(assignment, { world, capacity, tickRateHz })) return 'failed';
    let stop = () => {};
    const settled = new Promise<Outcome>((resolve) => {
      stop = this.#registry.onNews((changed) => {
        const outcome = changed === instance && assigned(instance, line);
        if (outcome) resolve(outcome);
      });
    });
    try {
      if (assignment === undefined) this.#registry.assign(instance, { world, capacity, tickRateHz }, line);
      return assigned(instance, line) ?? (await within(answerMs, settled));
    } finally {
      stop();
    }
  }

  async #request(
    line: Line,
    { seat, event, data, answerMs }: Extract<Order, { type: 'request' }>,
  ): Promise<Outcome> {
    const over = new AbortController();
    const { id, answered } = this.#registry.request(over.signal);
    line.send(outgoing({ case: 'eventRequest', value: { id, seat: BigInt(seat), type: event, data } }));
    const outcome = answered.then((answer) => (answer === 'accepted' ? 'done' : answer));
    return within(answerMs, outcome).finally(() => over.abort());
  }

  #withdraw(instance: Instance, line: Line, seat: bigint): void {
    this.#registry.giveUpOffer(instance, seat);
    line.send(outgoing({ case: 'revokeSeat', value: { id: seat } }));
  }
}

function isSame(one: Assignment, other: Assignment): boolean {
  const { world, capacity, tickRateHz } = one;
  const isSameWorld = world.id === other.world.id && world.sha256 === other.world.sha256;
  return isSameWorld && capacity === other.capacity && tickRateHz === other.tickRateHz;
}

/** How an assignment has ended, once it has. */
function assigned({ link, failure }: Instance, line: Line): Outcome | undefined {
  if (!('line' in link) || link.line !== line) return 'lost';
  if (failure !== undefined) return 'failed';
  return link.state === 'listening' ? 'done' : undefined;
}

async function within(answerMs: number, outcome: Promise<Outcome>): Promise<Outcome> {
  const waiting = new AbortController();
  const late = sleep(answerMs, 'timeout' as const, { signal: waiting.signal }).catch(
    () => 'timeout' as const,
  );
  try {
    return await Promise.race([outcome, late]);
  } finally {
    waiting.abort();
  }
}

function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.find((outcome) => outcome !== 'done') ?? 'done';
}
