// Progress of tickets to the sockets of their owners. The channel says that a ticket has changed, to everybody; what only
// its owner may have, the connect tokens, is read from the ticket itself.
import type { Bus } from '../bus.ts';
import { type Frame, frame } from './envelope.ts';
import type { Data } from './events.ts';
import type { People, Person } from './people.ts';

/** A ticket as its owner sees it. */
export interface TicketView {
  readonly id: string;
  readonly state: string;
}

export interface TicketSource {
  /** The owner's live ticket, or the one that has just ended. */
  current(account: string): Promise<TicketView | undefined>;
}

/** What `ow:ticket` carries: the view without `connect`. */
interface Changed extends TicketView {
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
  /** Accounts of this process whose last known ticket waits for something. */
  readonly #open = new Set<string>();

  constructor(options: TicketsOptions) {
    this.#options = options;
    this.#stop = options.bus.subscribe(CHANNEL, (changed: Changed) => void this.#hear(changed));
  }

  /** For a socket that has just said hello, and after messages may have been lost. */
  async current(account: string): Promise<Frame | undefined> {
    const ticket = await this.#options.tickets.current(account);
    if (ticket !== undefined) this.#note(account, ticket);
    return ticket && progress(ticket);
  }

  /** Changes may not have been heard: tickets that were not over are looked at again. */
  async mend(): Promise<void> {
    for (const account of [...this.#open]) {
      const made = await this.current(account);
      if (made === undefined) this.#open.delete(account);
      else this.#options.people.get(account)?.send(made);
    }
  }

  close(): void {
    this.#stop();
  }

  async #hear({ account, ...view }: Changed): Promise<void> {
    const { people, onSeated, onFailed } = this.#options;
    const person = people.get(account);
    if (person === undefined) return;
    this.#note(account, view);
    if (view.state !== 'seated') {
      person.send(progress({ ...view, connect: null } as TicketView));
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

  #note(account: string, { state }: TicketView): void {
    const waits = state === 'waiting' || state === 'opening';
    if (waits && this.#options.people.get(account) !== undefined) this.#open.add(account);
    else this.#open.delete(account);
  }
}

/** `matchmaking/` makes the view; a test holds it to the table. */
const progress = (ticket: TicketView): Frame =>
  frame('ticket:progress:v1:stream', ticket as unknown as Data<'ticket:progress:v1:stream'>);
