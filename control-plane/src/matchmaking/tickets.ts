// What players do with tickets: ask for one, look at it, wait on it, give it up. The routes and the gateway stand on this.
import { randomUUID } from 'node:crypto';
import type { Who } from '../accounts/who.ts';
import type { Bus } from '../bus.ts';
import { ApiError } from '../errors.ts';
import type { Connect, Seats } from '../seats/seats.ts';
import type { Worlds } from '../worlds/worlds.ts';
import type { TicketQueue } from './queue.ts';
import { isDecided, type Reason, reasonOf, type TicketAsk, type TicketNews } from './ticket.ts';
import type { Wake } from './wake.ts';
import { QUEUE_MOVED, TicketWatch } from './watch.ts';

/** A ticket as its owner sees it. */
export interface Ticket {
  readonly id: string;
  readonly world: string;
  readonly state: TicketNews['state'];
  readonly position: number | null;
  readonly estimateSeconds: number | null;
  readonly reason: Reason | null;
  readonly connect: Connect | null;
}

export interface TicketsOptions {
  readonly queue: TicketQueue;
  readonly bus: Bus;
  readonly wake: Wake;
  readonly seats: Seats;
  readonly worlds: Worlds;
}

export class Tickets {
  readonly #queue: TicketQueue;
  readonly #bus: Bus;
  readonly #wake: Wake;
  readonly #seats: Seats;
  readonly #worlds: Worlds;
  readonly #watch: TicketWatch;

  constructor({ queue, bus, wake, seats, worlds }: TicketsOptions) {
    this.#queue = queue;
    this.#bus = bus;
    this.#wake = wake;
    this.#seats = seats;
    this.#worlds = worlds;
    this.#watch = new TicketWatch(queue, bus);
  }

  close(): void {
    this.#watch.close();
  }

  /** A place in the queue of a world that they may enter. The same wish again is the same ticket. */
  async ask({ world: address, ...ask }: TicketAsk, who: Who): Promise<{ news: TicketNews; isNew: boolean }> {
    const world = await this.#worlds.enter(address, who);
    const size = ask.party?.size ?? 1;
    if (size > world.capacity) {
      throw new ApiError(
        'OW_ERR_PARTY_TOO_LARGE',
        `This world has ${world.capacity} seats; the party is ${size}.`,
      );
    }
    const asked = await this.#queue.create(randomUUID(), who.account, world.id, ask);
    this.#wake.wake(world.id);
    return asked;
  }

  /** Somebody else's ticket is as unknown as one that there is not. */
  async look(id: string, account: string): Promise<TicketNews> {
    const [news] = await this.#queue.lookAt([id], true);
    if (news === undefined || news.account !== account) throw new ApiError('OW_ERR_UNKNOWN_TICKET');
    return news;
  }

  /** Ends it; one that is decided stays as it is. */
  async cancel(id: string, account: string): Promise<TicketNews> {
    const { world } = await this.look(id, account);
    await this.#queue.end([id], reasonOf('OW_ERR_TICKET_CANCELLED'));
    void this.#bus.publish(QUEUE_MOVED, { world }).catch(() => {});
    return this.look(id, account);
  }

  /** The account is kept out: its ticket ends. */
  async endOf(account: string, message: string): Promise<void> {
    await this.#queue.endOf(account, reasonOf('OW_ERR_BANNED', message));
  }

  /** Tells of each change from now on, until it is decided, and keeps it alive. Returns how to stop. */
  watch(known: TicketNews, listener: (news: TicketNews) => void): () => void {
    return this.#watch.watch(known, listener);
  }

  /** How it stands when it is decided, or when `signal` says that nobody waits any longer. */
  decided(known: TicketNews, signal: AbortSignal): Promise<TicketNews> {
    if (isDecided(known) || signal.aborted) return Promise.resolve(known);
    return new Promise((resolve) => {
      let last = known;
      const finish = () => {
        signal.removeEventListener('abort', finish);
        stop();
        resolve(last);
      };
      const stop = this.watch(known, (news) => {
        last = news;
        if (isDecided(news)) finish();
      });
      signal.addEventListener('abort', finish);
    });
  }

  /** For the gateway: the account's live ticket, or the one that was decided last; looking keeps it alive. */
  async current(account: string): Promise<Ticket | undefined> {
    const id = await this.#queue.current(account);
    const [news] = id === undefined ? [] : await this.#queue.lookAt([id], true);
    return news && this.show(news);
  }

  /** With the way in, for its owner alone. It is sealed for each who asks: tokens lie in no store. */
  async show(news: TicketNews): Promise<Ticket> {
    const { id, account, world, state, position, estimateSeconds, reason, place } = news;
    const shown = { id, world, state, position, estimateSeconds, reason, connect: null };
    if (place === undefined) return shown;
    try {
      const holder = { account, name: place.name, role: 'player' } as const;
      return { ...shown, connect: await this.#seats.connect(place.instance, BigInt(place.seat), holder) };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'OW_ERR_INSTANCE_SILENT') throw error;
      return { ...shown, state: 'ended', reason: reasonOf(error.code) };
    }
  }
}
