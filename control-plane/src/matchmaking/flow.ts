// Matchmaking, in order: a ticket waits in its world's queue → the queue is matched with the instances → the matched
// are seated → whoever waits on a seated ticket is given the way in. Instances are opened for those for whom there is no
// room. One pass does this for one world; a worker runs it whenever something has changed (worker.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Bus } from '../bus.ts';
import type { Directory } from '../instances/directory.ts';
import { Recent } from '../recent.ts';
import type { Seats } from '../seats/seats.ts';
import type { World } from '../worlds/world.ts';
import type { Worlds } from '../worlds/worlds.ts';
import { type Match, type Matching, match } from './match.ts';
import type { Opener, Openings } from './open.ts';
import { type Picture, picture } from './picture.ts';
import type { QueuedTicket, TicketQueue } from './queue.ts';
import { DEFAULT_RULES } from './rules.ts';
import { type Outcome, seat } from './seat.ts';
import { reasonOf } from './ticket.ts';
import type { Wake } from './wake.ts';
import { QUEUE_MOVED } from './watch.ts';

export interface MatchmakingContext {
  readonly queue: TicketQueue;
  readonly worlds: Worlds;
  readonly directory: Directory;
  readonly seats: Seats;
  readonly opener: Opener;
  readonly wake: Wake;
  readonly bus: Bus;
  readonly redis: Redis;
  readonly log: FastifyBaseLogger;
}

/** A pass does not wait longer for slow instances; their answers are taken when they come (unit: milliseconds). */
const PATIENCE_MS = 250;
/** A seat that was gone from under a match: the next picture is newer (unit: milliseconds). */
const AGAIN_MS = 100;
/** How often those who wait are told that they have moved up (unit: milliseconds). */
const MOVED_MS = 1_000;
/** How long a world's settings are believed (unit: milliseconds). */
const WORLD_MS = 1_000;

export class Matchmaking {
  readonly #context: MatchmakingContext;
  readonly #seating = new Set<Promise<unknown>>();
  readonly #movedMs = new Map<string, number>();
  readonly #worlds = new Recent<string, World | undefined>(WORLD_MS);

  constructor(context: MatchmakingContext) {
    this.#context = context;
  }

  /** Waits for the seats that are being asked for. */
  async close(): Promise<void> {
    await Promise.all(this.#seating);
    await this.#context.opener.close();
  }

  /** Answers what it has cost, less the time of waiting for instances (unit: milliseconds). */
  async pass(worldId: string): Promise<number> {
    const begun = performance.now();
    const { queue, opener, worlds } = this.#context;
    const tickets = await queue.load(worldId);
    if (tickets.length === 0) return 0;
    const world = await this.#worlds.get(worldId, () => worlds.byId(worldId));
    if (world === undefined) {
      await queue.end(idsOf(tickets), reasonOf('OW_ERR_UNKNOWN_WORLD'));
      return 0;
    }
    const openings = await opener.look(worldId);
    const seen = await picture(worldId, tickets, this.#context);
    const { kind, capacity } = world;
    const { spareHashes } = seen;
    const matching = match(
      tickets,
      seen.instances,
      { kind, capacity, rules: DEFAULT_RULES, spareHashes },
      Date.now(),
    );
    const costMs = performance.now() - begun;
    await this.#turnAway(matching);
    await Promise.race([this.#seat(worldId, matching.matches), sleep(PATIENCE_MS)]);
    await this.#open(world, matching, openings, seen);
    this.#tellMoved(worldId, matching);
    return costMs;
  }

  async #turnAway({ foreign }: Matching): Promise<void> {
    for (const { ticket, spoken } of foreign) {
      const theirs = ticket.protocolHash ?? 'several protocols in one party';
      const detail = `You speak ${theirs}; the instances speak ${spoken.join(', ')}.`;
      await this.#context.queue.end([ticket.id], reasonOf('OW_ERR_PROTOCOL', detail));
    }
  }

  async #seat(worldId: string, matches: readonly Match[]): Promise<void> {
    const { wake, log } = this.#context;
    const seating = matches.map((one) => {
      const step = seat(one, worldId, this.#context)
        .then((outcome: Outcome) => {
          if (outcome === 'full') setTimeout(() => wake.wake(worldId), AGAIN_MS);
          if (outcome === 'refused') wake.wake(worldId);
        })
        .catch((error: unknown) => log.warn({ err: error, world: worldId }, 'seating failed'))
        .finally(() => this.#seating.delete(step));
      this.#seating.add(step);
      return step;
    });
    await Promise.all(seating);
  }

  /** Opens what is needed, unless that is being done, and marks those who are waiting for it. */
  async #open(world: World, matching: Matching, openings: Openings, { instances }: Picture): Promise<void> {
    const { opener, wake, queue } = this.#context;
    const needed = matching.openings.length;
    let coming = openings.coming;
    if (needed > 0 && coming === undefined) {
      const protocols = matching.openings.map(({ protocolHash }) => protocolHash);
      const begun = await opener.open(world, protocols, openings, () => wake.wake(world.id));
      coming = begun ? needed : undefined;
    }
    const loading = instances.filter(({ open }) => !open).length;
    const later = matching.openings
      .slice(Math.max(0, (coming ?? 0) - loading))
      .flatMap(({ tickets }) => idsOf(tickets));
    const notYet = new Set(later);
    const state = (one: Matching['waiting'][number]) =>
      one.coming && !notYet.has(one.ticket.id) ? 'opening' : 'waiting';
    for (const to of ['opening', 'waiting'] as const) {
      const changed = matching.waiting.filter(
        (one) => state(one) === to && (one.ticket as QueuedTicket).state !== to,
      );
      await queue.mark(to, idsOf(changed.map(({ ticket }) => ticket)));
    }
  }

  #tellMoved(worldId: string, { matches, waiting }: Matching): void {
    const nowMs = performance.now();
    const lastMs = this.#movedMs.get(worldId) ?? Number.NEGATIVE_INFINITY;
    if (matches.length === 0 || waiting.length === 0 || nowMs - lastMs < MOVED_MS) return;
    this.#movedMs.set(worldId, nowMs);
    void this.#context.bus.publish(QUEUE_MOVED, { world: worldId }).catch(() => {});
  }
}

const idsOf = (tickets: readonly { readonly id: string }[]) => tickets.map(({ id }) => id);
