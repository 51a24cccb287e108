// Orders to instances, whichever process holds their lines. Each holder listens on the channel of each of its instances;
// whoever orders waits for the answer on a channel of its own. An order that was not heard, because a subscription was just
// being renewed, is said again under the same id, and the holder does the same id once and answers it each time. One
// that nobody hears or answers is 'lost' after a bounded time.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../bus.ts';
import { type Instance, lineOf, type WorldRef } from './instance.ts';
import type { OfferedSeat, Order, Orders, Outcome } from './orders.ts';
import type { InstanceRegistry } from './registry.ts';

/** How long one may take that only has to be passed on. */
const PASS_ON_MS = 2_000;
/** For the way there and back, on top of what the instance may take. */
const WAY_MS = 1_000;
const REPEAT_MS = 250;
/** An order that nobody has heard for so long has no holder to hear it. */
const UNHEARD_MS = 750;
const ASSIGN_MS = 30_000;
const REQUEST_MS = 2_000;
/** How long a holder knows what it has answered. */
const REMEMBERED_MS = 30_000;

const channelOf = (instance: string) => `ow:line:${instance}`;

interface Asked {
  readonly id: string;
  /** Channel for the answer. */
  readonly to: string;
  readonly order: Order;
}

interface Answered {
  readonly id: string;
  readonly outcome: Outcome;
}

export interface LinesOptions {
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly orders: Orders;
}

export class Lines {
  readonly #bus: Bus;
  readonly #registry: InstanceRegistry;
  readonly #orders: Orders;
  readonly #answers = `ow:answer:${randomUUID()}`;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly #listening = new Map<string, () => void>();
  readonly #done = new Map<string, Promise<Outcome>>();
  readonly #stops: (() => void)[];

  constructor({ bus, registry, orders }: LinesOptions) {
    this.#bus = bus;
    this.#registry = registry;
    this.#orders = orders;
    this.#stops = [
      bus.subscribe(this.#answers, ({ id, outcome }: Answered) => this.#waiting.get(id)?.(outcome)),
      registry.onNews((instance) => this.#listen(instance)),
    ];
  }

  close(): void {
    for (const stop of [...this.#stops, ...this.#listening.values()]) stop();
  }

  /** All of these seats or none; on anything but 'done' the instance holds none of them. */
  offer(
    instance: string,
    seats: readonly OfferedSeat[],
    rules: { answerMs: number; keepMs: number },
  ): Promise<Outcome> {
    return this.#give(instance, { type: 'offer', seats, ...rules }, rules.answerMs + WAY_MS);
  }

  /** Frees a seat unless its player is inside. */
  revoke(instance: string, seat: bigint): Promise<Outcome> {
    return this.#give(instance, { type: 'revoke', seat: String(seat) }, PASS_ON_MS);
  }

  /** Throws a player out, or shuts the door before one who has not come yet. */
  kick(instance: string, seat: bigint, reason: string): Promise<'done' | 'unknown_seat' | 'lost'> {
    return this.#give(instance, { type: 'kick', seat: String(seat), reason }, PASS_ON_MS) as Promise<
      'done' | 'unknown_seat' | 'lost'
    >;
  }

  drain(instance: string): Promise<'done' | 'lost'> {
    return this.#give(instance, { type: 'drain' }, PASS_ON_MS) as Promise<'done' | 'lost'>;
  }

  shutdown(instance: string, graceMs = 5_000): Promise<'done' | 'lost'> {
    return this.#give(instance, { type: 'shutdown', graceMs }, PASS_ON_MS) as Promise<'done' | 'lost'>;
  }

  /** Gives a world to an allocated instance, and waits until it can be joined. The same again changes nothing. */
  async assign(
    instance: string,
    world: WorldRef,
    capacity: number,
    tickRateHz: number,
    answerMs = ASSIGN_MS,
  ): Promise<'listening' | 'failed'> {
    const order: Order = { type: 'assign', world, capacity, tickRateHz, answerMs };
    return (await this.#give(instance, order, answerMs + WAY_MS)) === 'done' ? 'listening' : 'failed';
  }

  /** Something that a player asks the world for; `data` is JSON. */
  async request(
    instance: string,
    { seat, type, data }: { seat: bigint; type: string; data: string },
  ): Promise<{ accepted: true } | { refused: string }> {
    const order: Order = {
      type: 'request',
      seat: String(seat),
      event: type,
      data,
      answerMs: REQUEST_MS,
    };
    const outcome = await this.#give(instance, order, REQUEST_MS + WAY_MS);
    if (outcome === 'done') return { accepted: true };
    return typeof outcome === 'object' ? outcome : { refused: outcome };
  }

  async #give(instance: string, order: Order, patienceMs: number): Promise<Outcome> {
    const own = this.#registry.get(instance);
    if (own !== undefined && lineOf(own) !== undefined) return this.#orders.carryOut(instance, order);
    const asked: Asked = { id: randomUUID(), to: this.#answers, order };
    const answered = new Promise<Outcome>((resolve) => this.#waiting.set(asked.id, resolve));
    const over = new AbortController();
    try {
      return await Promise.race([answered, this.#say(instance, asked, patienceMs, over.signal)]);
    } finally {
      over.abort();
      this.#waiting.delete(asked.id);
    }
  }

  /** Says it until it was heard, and now and then after that; 'lost' at the end. */
  async #say(instance: string, asked: Asked, patienceMs: number, over: AbortSignal): Promise<Outcome> {
    const begun = performance.now();
    let hasBeenHeard = false;
    for (;;) {
      const listeners = await this.#bus.publish(channelOf(instance), asked).catch(() => 0);
      hasBeenHeard ||= listeners > 0;
      const passedMs = performance.now() - begun;
      if (passedMs > patienceMs || (!hasBeenHeard && passedMs > UNHEARD_MS)) return 'lost';
      await sleep(REPEAT_MS, undefined, { signal: over }).catch(() => {});
      if (over.aborted) return 'lost';
    }
  }

  #listen({ name }: Instance): void {
    const instance = this.#registry.get(name);
    const isHeld = instance !== undefined && lineOf(instance) !== undefined;
    const stop = this.#listening.get(name);
    if (isHeld && stop === undefined) {
      this.#listening.set(
        name,
        this.#bus.subscribe(channelOf(name), (asked: Asked) => void this.#obey(name, asked)),
      );
    }
    if (!isHeld && stop !== undefined) {
      stop();
      this.#listening.delete(name);
    }
  }

  async #obey(name: string, { id, to, order }: Asked): Promise<void> {
    const known = this.#done.get(id);
    const outcome = known ?? this.#orders.carryOut(name, order);
    if (known === undefined) {
      this.#done.set(id, outcome);
      setTimeout(() => this.#done.delete(id), REMEMBERED_MS).unref();
    }
    await this.#bus.publish(to, { id, outcome: await outcome } satisfies Answered).catch(() => {});
  }
}
