// The tickets of all worlds in Redis, where every process sees the same queue. Tickets are transient: each lives while
// somebody waits on it, and none survives the loss of Redis; whoever waits is told so (watch.ts) and asks again.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ApiError } from '../errors.ts';
import type { MatchTicket } from './match.ts';
import { type TicketScripts, ticketScripts } from './scripts.ts';
import { type Reason, reasonOf, type TicketAsk, type TicketNews } from './ticket.ts';

export interface QueueRules {
  /** How long a ticket lives on which nobody waits (unit: milliseconds). */
  readonly leaseMs: number;
  /** How long it can be read how a ticket ended. */
  readonly keptMs: number;
  /** How long one process may take to seat a match before another one may. */
  readonly claimMs: number;
  /** How long an instance that refused somebody at the door is left aside for them. */
  readonly refusedMs: number;
  /** Who waited for longer had to wait for a seat, and counts for the estimate. */
  readonly turnMs: number;
}

export const QUEUE_RULES: QueueRules = {
  leaseMs: 30_000,
  keptMs: 30_000,
  claimMs: 10_000,
  refusedMs: 2_000,
  turnMs: 1_000,
};

export interface QueuedTicket extends MatchTicket {
  readonly name: string;
  readonly state: 'waiting' | 'opening';
}

export class TicketQueue {
  readonly rules: QueueRules;
  readonly #scripts: TicketScripts;
  readonly #redis: Redis;

  constructor(redis: Redis, rules: QueueRules = QUEUE_RULES) {
    this.#redis = redis;
    this.#scripts = ticketScripts(redis);
    this.rules = rules;
  }

  /** `id` is used unless the account has the same wish in a queue already. */
  async create(
    id: string,
    account: { readonly id: string; readonly name: string },
    world: string,
    ask: Omit<TicketAsk, 'world'>,
  ): Promise<{ news: TicketNews; isNew: boolean }> {
    const replaced = JSON.stringify(reasonOf('OW_ERR_TICKET_REPLACED'));
    const { leaseMs, keptMs } = this.rules;
    const [view, isNew] = (await this.#run(
      'create',
      id,
      leaseMs,
      account.id,
      account.name,
      world,
      JSON.stringify(ask),
      keptMs,
      replaced,
    )) as [string, number];
    return { news: JSON.parse(view), isNew: isNew === 1 };
  }

  async look(id: string): Promise<TicketNews | undefined> {
    return (await this.lookAt([id], false))[0];
  }

  /** `renewed`: somebody waits on them. Undefined for those that are gone. */
  async lookAt(ids: readonly string[], renewed: boolean): Promise<(TicketNews | undefined)[]> {
    const views = (await this.#run('look', renewed ? this.rules.leaseMs : 0, ...ids)) as string[];
    return views.map((view) => (view === '' ? undefined : JSON.parse(view)));
  }

  /** The account's live ticket, or the one that was decided last. */
  async current(account: string): Promise<string | undefined> {
    return ((await this.#run('current', account)) as string | null) ?? undefined;
  }

  /** The queue of a world in its order, less those whom somebody is seating at this moment. */
  async load(world: string): Promise<QueuedTicket[]> {
    return ((await this.#run('load', world)) as LoadedRow[]).map(queued);
  }

  /** Worlds that have a queue. */
  worlds(): Promise<string[]> {
    return this.#redis.smembers('ow:queues');
  }

  /** Undefined when one of them is not to be had any more; then none is claimed. */
  async claim(ids: readonly string[]): Promise<string | undefined> {
    const claim = randomUUID();
    return (await this.#run('claim', claim, this.rules.claimMs, ...ids)) === 1 ? claim : undefined;
  }

  async unclaim(claim: string, ids: readonly string[], refusedBy = ''): Promise<void> {
    await this.#run('unclaim', claim, refusedBy, this.rules.refusedMs, ...ids);
  }

  /** Tells of each whether it has the seat now; one that was cancelled meanwhile has not. */
  async seat(
    claim: string,
    instance: string,
    seats: readonly { readonly id: string; readonly seat: bigint }[],
  ): Promise<boolean[]> {
    const pairs = seats.flatMap(({ id, seat }) => [id, String(seat)]);
    const { keptMs, turnMs } = this.rules;
    const flags = (await this.#run('seat', claim, instance, keptMs, turnMs, ...pairs)) as number[];
    return flags.map((flag) => flag === 1);
  }

  async mark(state: 'waiting' | 'opening', ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#run('mark', state, ...ids);
  }

  async end(ids: readonly string[], reason: Reason): Promise<boolean> {
    return (await this.#run('end', this.rules.keptMs, JSON.stringify(reason), ...ids)) !== 0;
  }

  async endOf(account: string, reason: Reason): Promise<boolean> {
    return (await this.#run('end-of', this.rules.keptMs, JSON.stringify(reason), account)) === 1;
  }

  async #run(name: keyof TicketScripts, ...args: (string | number)[]): Promise<unknown> {
    try {
      return await this.#scripts[name](...args);
    } catch (cause) {
      throw new ApiError('OW_ERR_QUEUE_AWAY', undefined, { cause });
    }
  }
}

type LoadedRow = [
  id: string,
  account: string,
  name: string,
  state: 'waiting' | 'opening',
  since: string,
  order: string,
  ask: string,
  refused: string,
];

function queued([id, account, name, state, since, order, ask, refused]: LoadedRow): QueuedTicket {
  const { party, wishes, protocolHash } = JSON.parse(ask) as Omit<TicketAsk, 'world'>;
  return {
    id,
    account,
    name,
    state,
    sinceMs: Number(since),
    order: Number(order),
    party,
    with: wishes?.with ?? [],
    avoid: wishes?.avoid ?? [],
    regions: wishes?.regions ?? {},
    protocolHash,
    refusedBy: refused === '' ? [] : JSON.parse(refused),
  };
}
