// Makes a ban act everywhere. Whoever bans writes it down and then says it on `ow:banned`, where each process hears it within
// milliseconds: caches of sessions, tickets, sockets and seats are the business of those who listen there.
//
// A channel forgets: Redis may be away at that moment, or the process that banned may die between the two steps. So each process
// also reads the newest bans every second and says again what it has not heard itself, until it has heard it. And the database, asked
// every second about those who sit in the instances of this process, has the last word on them: that also finds who got a seat while
// the ban was being made, and needs no Redis.
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus.ts';
import { every, type Routine } from '../every.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { Db } from '../persistence/connect.ts';
import { type Ban, bansAmong, bansSince, sentence } from './bans.ts';
import { accountsHere, kickHere } from './seats.ts';

export const BANNED = 'ow:banned';

/** What is said on the channel. */
export interface Banned {
  readonly account: string;
  /** A sentence for the banned one. */
  readonly reason: string;
  readonly ban: string;
}

export interface BanContext {
  readonly db: Db;
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly log: FastifyBaseLogger;
}

const PERIOD_MS = 1_000;
/** Times are set by the clocks of the processes, before the commit: so far back is looked for what came late. */
const OVERLAP_MS = 60_000;
/** Seats asked about in one statement. */
const BATCH = 1_000;

export async function announce(bus: Bus, ban: Ban): Promise<void> {
  const said: Banned = { account: ban.account.id, reason: sentence(ban), ban: ban.id };
  await bus.publish(BANNED, said);
}

export class BanWatch {
  readonly #context: BanContext;
  /** Ids of bans, for as long as they are among the newest. */
  #heard = new Set<string>();
  readonly #stopHearing: () => void;
  readonly #routine: Routine;
  #since = new Date(Date.now() - OVERLAP_MS);

  constructor(context: BanContext, periodMs = PERIOD_MS) {
    this.#context = context;
    const { bus, log } = context;
    this.#stopHearing = bus.subscribe(BANNED, (said: Banned) => this.#hear(said));
    const failure = 'bans cannot be read; trying again every second';
    this.#routine = every(periodMs, () => this.#look(), { log, failure });
  }

  close(): Promise<void> {
    this.#stopHearing();
    return this.#routine.stop();
  }

  #hear({ account, reason, ban }: Banned): void {
    this.#heard.add(ban);
    kickHere(this.#context.registry, account, reason);
  }

  async #look(): Promise<void> {
    await this.#sweep();
    await this.#repeat();
  }

  async #sweep(): Promise<void> {
    const { db, registry } = this.#context;
    const accounts = [...accountsHere(registry)];
    for (let from = 0; from < accounts.length; from += BATCH) {
      for (const ban of await bansAmong(db, accounts.slice(from, from + BATCH))) {
        kickHere(registry, ban.account.id, sentence(ban));
      }
    }
  }

  /** Goes on in time only when everything before has been heard. */
  async #repeat(): Promise<void> {
    const newest = await bansSince(this.#context.db, this.#since);
    const unheard = newest.filter(({ id }) => !this.#heard.has(id));
    for (const ban of unheard) await announce(this.#context.bus, ban).catch(() => {}); // Redis is away: the next second
    if (unheard.length > 0 || newest.length === 0) return;
    const last = Math.max(...newest.map(({ createdAt }) => createdAt.getTime()));
    this.#since = new Date(Math.max(this.#since.getTime(), last - OVERLAP_MS));
    this.#heard = new Set(newest.map(({ id }) => id));
  }
}
