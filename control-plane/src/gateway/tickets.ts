// Progress of tickets to the sockets of their owners. Matchmaking watches the tickets that somebody waits on, and keeps
// them alive; here it is known who waits: whoever has a socket.
import type { Bus } from '../bus.ts';
import { isDecided, type TicketNews } from '../matchmaking/ticket.ts';
import type { Ticket, Tickets } from '../matchmaking/tickets.ts';
import { TICKET } from '../matchmaking/watch.ts';
import { type Frame, frame } from './envelope.ts';
import type { Data } from './events.ts';
import type { People, Person } from './people.ts';

export type TicketSource = Pick<Tickets, 'current' | 'show' | 'watch'>;

export interface TicketsOptions {
  readonly bus: Bus;
  readonly tickets: TicketSource;
  readonly people: People;
  /** Their seat may be another one now. */
  readonly onSeated: (person: Person) => void;
  readonly onFailed: (error: unknown) => void;
}

interface Followed {
  readonly id: string;
  readonly stop: () => void;
}

export class TicketProgress {
  readonly #options: TicketsOptions;
  readonly #followed = new Map<Person, Followed>();
  readonly #stop: () => void;

  constructor(options: TicketsOptions) {
    this.#options = options;
    this.#stop = options.bus.subscribe(TICKET, (news: TicketNews) => this.#hear(news));
  }

  /** For a socket that has just said hello. */
  async current(person: Person): Promise<Frame | undefined> {
    const ticket = await this.#options.tickets.current(person.id);
    if (ticket === undefined) return undefined;
    const { connect: _, ...news } = ticket;
    this.#follow(person, { ...news, account: person.id });
    return progress(ticket);
  }

  /** Nobody waits here any more. */
  forget(person: Person): void {
    this.#followed.get(person)?.stop();
    this.#followed.delete(person);
  }

  close(): void {
    this.#stop();
    for (const { stop } of this.#followed.values()) stop();
    this.#followed.clear();
  }

  /** Changes of a ticket that is followed come from the watch; this finds new ones. */
  #hear(news: TicketNews): void {
    const person = this.#options.people.get(news.account);
    if (person === undefined || this.#followed.get(person)?.id === news.id) return;
    this.#follow(person, news);
    void this.#tell(person, news);
  }

  #follow(person: Person, news: TicketNews): void {
    if (isDecided(news) || this.#followed.get(person)?.id === news.id) return;
    if (this.#options.people.get(person.id) !== person) return; // gone meanwhile
    this.forget(person);
    const stop = this.#options.tickets.watch(news, (changed) => {
      if (isDecided(changed)) this.forget(person);
      void this.#tell(person, changed);
    });
    this.#followed.set(person, { id: news.id, stop });
  }

  /** The way in is sealed for its owner when they are told. */
  async #tell(person: Person, news: TicketNews): Promise<void> {
    if (news.state === 'seated') this.#options.onSeated(person);
    try {
      person.send(progress(await this.#options.tickets.show(news)));
    } catch (error) {
      this.#options.onFailed(error);
    }
  }
}

function progress(ticket: Ticket): Frame {
  // The table calls some fields required which a pipe has only when they mean something.
  return frame('ticket:progress:v1:stream', ticket as unknown as Data<'ticket:progress:v1:stream'>);
}
