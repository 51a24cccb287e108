// Waiting on tickets, in the process that the waiting client is connected to: a long poll, an event stream, a socket of the
// gateway. While somebody waits here their ticket is kept alive; when they have gone it runs out by itself.
//
// Changes come by `ow:ticket`. A channel forgets, so every few seconds all watched tickets are looked at again, in one
// script, which renews them too: that finds what was missed, and tickets that are gone because Redis has lost them.
import type { Bus } from '../bus.ts';
import type { TicketQueue } from './queue.ts';
import { isDecided, reasonOf, type TicketNews } from './ticket.ts';

/** A change of a ticket, without the way in. */
export const TICKET = 'ow:ticket';
/** Somebody has left this world's queue, so that those behind have moved up: `{world}`. */
export const QUEUE_MOVED = 'ow:queue-moved';

export type TicketListener = (news: TicketNews) => void;

interface Watched {
  readonly listeners: Set<TicketListener>;
  last: TicketNews;
  /** `last` as text, to see whether anything has changed. */
  text: string;
}

/** So many in one script, which nobody else can interrupt. */
const BATCH = 500;
/** How long it is known here how a ticket was decided before anybody here waited on it (unit: milliseconds). */
const RECENT_MS = 2_000;

export class TicketWatch {
  readonly #queue: TicketQueue;
  readonly #watched = new Map<string, Watched>();
  /** Tickets that were decided a moment ago, in two halves of which the older is dropped. */
  #recent = new Map<string, TicketNews>();
  #older = new Map<string, TicketNews>();
  readonly #stops: (() => void)[];
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(queue: TicketQueue, bus: Bus) {
    this.#queue = queue;
    this.#stops = [
      bus.subscribe(TICKET, (news: TicketNews) => this.#hear(news)),
      bus.subscribe(QUEUE_MOVED, ({ world }: { world: string }) => void this.#lookAgain(world)),
      bus.onGap(() => void this.#lookAgain()),
    ];
    this.#timers = [
      setInterval(() => void this.#lookAgain(), queue.rules.leaseMs / 6),
      setInterval(() => {
        this.#older = this.#recent;
        this.#recent = new Map();
      }, RECENT_MS),
    ];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const stop of this.#stops) stop();
  }

  /** Tells of each change after `known`, until it is decided. Returns how to stop; the ticket lives on for its lease. */
  watch(known: TicketNews, listener: TicketListener): () => void {
    const watched = this.#watched.get(known.id) ?? {
      listeners: new Set(),
      last: known,
      text: JSON.stringify(known),
    };
    this.#watched.set(known.id, watched);
    watched.listeners.add(listener);
    // It may have been decided between the look of the caller and now.
    const decided = this.#recent.get(known.id) ?? this.#older.get(known.id);
    if (decided !== undefined) queueMicrotask(() => this.#hear(decided));
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0 && this.#watched.get(known.id) === watched)
        this.#watched.delete(known.id);
    };
  }

  #hear(news: TicketNews): void {
    if (isDecided(news)) this.#recent.set(news.id, news);
    const watched = this.#watched.get(news.id);
    if (watched === undefined) return;
    const text = JSON.stringify(news);
    if (text === watched.text) return;
    watched.last = news;
    watched.text = text;
    if (isDecided(news)) this.#watched.delete(news.id);
    for (const listener of [...watched.listeners]) listener(news);
  }

  async #lookAgain(world?: string): Promise<void> {
    const ids = [...this.#watched]
      .filter(([, { last }]) => world === undefined || last.world === world)
      .map(([id]) => id);
    for (let at = 0; at < ids.length; at += BATCH) await this.#look(ids.slice(at, at + BATCH));
  }

  async #look(ids: readonly string[]): Promise<void> {
    const views = await this.#queue.lookAt(ids, true).catch(() => undefined);
    if (views === undefined) return; // Redis is away: nothing is decided, and the next look tells
    for (const [index, id] of ids.entries()) {
      const watched = this.#watched.get(id);
      if (watched !== undefined) this.#hear(views[index] ?? lost(watched.last));
    }
  }
}

/** Tickets are transient: when Redis has lost them, or nobody could renew them for too long, they have ended. */
function lost(last: TicketNews): TicketNews {
  const { id, account, world } = last;
  const reason = reasonOf('OW_ERR_TICKET_LOST');
  return { id, account, world, state: 'ended', position: null, estimateSeconds: null, reason };
}
