// Progress of tickets to the sockets of their owners. The channel says that a ticket has changed, to everybody; what only
// its owner may have, the connect tokens, is read from the ticket itself.
import type { Bus } from '../bus.ts';
import { type Frame, frame } from './envelope.ts';
import type { Data } from './events.ts';
import type { People, Person } from './people.ts';

/** A ticket as its owner sees it. */
export interface TicketView {
  readonly id: string;
  readonly world: string;
  readonly state: string;
  readonly position: number | null;
  readonly estimateSeconds: number | null;
  readonly reason: object | null;
  readonly connect: object | null;
}

export interface TicketSource {
  /** The owner's live ticket, or the one that was decided last. */
  current(account: string): Promise<TicketView | undefined>;
  /** Somebody still waits on these: a ticket on which nobody does runs out. */
  renew(ids: readonly string[]): Promise<void>;
}

/** What `ow:ticket` carries: more than the view, and less, as `connect` is its owner's alone. */
interface News extends Omit<TicketView, 'connect'> {
  readonly account: string;
}

export interface TicketsOptions {
  readonly bus: Bus;
  readonly tickets: TicketSource;
  readonly people: People;
  /** Their seat may be another one now. */
  readonly onSeated: (person: Person) => void;
  readonly onFailed: (error: unknown) => void;
}

const CHANNEL = 'ow:ticket';

export class TicketProgress {
  readonly #options: TicketsOptions;
  readonly #stop: () => void;
  /** By their accounts, the tickets that wait for something and have a socket here to wait on them. */
  readonly #open = new Map<string, string>();

  constructor(options: TicketsOptions) {
    this.#options = options;
    this.#stop = options.bus.subscribe(CHANNEL, (news: News) => void this.#hear(news));
  }

  /** For a socket that has just said hello, and after messages may have been lost. */
  async current(account: string): Promise<Frame | undefined> {
    const ticket = await this.#options.tickets.current(account);
    if (ticket !== undefined) this.#note(account, ticket);
    return ticket && progress(ticket);
  }

  /** A socket is somebody who waits. To be called well within a ticket's lease. */
  async renew(): Promise<void> {
    for (const account of this.#open.keys()) {
      if (this.#options.people.get(account) === undefined) this.#open.delete(account);
    }
    if (this.#open.size > 0) await this.#options.tickets.renew([...this.#open.values()]);
  }

  /** Changes may not have been heard: tickets that were not over are looked at again. */
  async mend(): Promise<void> {
    for (const account of [...this.#open.keys()]) {
      const made = await this.current(account);
      if (made === undefined) this.#open.delete(account);
      else this.#options.people.get(account)?.send(made);
    }
  }

  close(): void {
    this.#stop();
  }

  async #hear(news: News): Promise<void> {
    const { account, state } = news;
    const { people, onSeated, onFailed } = this.#options;
    const person = people.get(account);
    if (person === undefined) return;
    this.#note(account, news);
    if (state !== 'seated') {
      person.send(progress({ ...news, connect: null }));
      return;
    }
    onSeated(person);
    try {
      const made = await this.current(account);
      if (made !== undefined) person.send(made);
    } catch (error) {
      onFailed(error);
    }
  }

  #note(account: string, { id, state }: Pick<TicketView, 'id' | 'state'>): void {
    const waits = state === 'waiting' || state === 'opening';
    if (waits && this.#options.people.get(account) !== undefined) this.#open.set(account, id);
    else this.#open.delete(account);
  }
}

/** `matchmaking/` makes the view; a test with both holds it to the table. */
function progress({ id, world, state, position, estimateSeconds, reason, connect }: TicketView): Frame {
  const data = { id, world, state, position, estimateSeconds, reason, connect };
  return frame('ticket:progress:v1:stream', data as Data<'ticket:progress:v1:stream'>);
}
