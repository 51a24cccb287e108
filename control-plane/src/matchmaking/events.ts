// A ticket's events for one listener: how it stands, then each change, until it is decided. A listener who does not read
// costs one pending change, because only the newest is kept. Whoever comes back is told how it stands; there is
// nothing to replay.
import { isDecided, type TicketNews } from './ticket.ts';
import type { Ticket, Tickets } from './tickets.ts';

export interface TicketEvent {
  readonly event: 'position' | 'opening' | 'seated' | 'ended';
  readonly data: Ticket;
}

export async function* ticketEvents(
  tickets: Tickets,
  known: TicketNews,
  gone: AbortSignal,
): AsyncGenerator<TicketEvent, void> {
  let pending: TicketNews | undefined = known;
  let wake = () => {};
  const stop = isDecided(known)
    ? () => {}
    : tickets.watch(known, (news) => {
        pending = news;
        wake();
      });
  gone.addEventListener('abort', () => wake());
  try {
    while (!gone.aborted) {
      if (pending === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const news: TicketNews = pending;
      pending = undefined;
      const data = await tickets.show(news);
      yield { event: data.state === 'waiting' ? 'position' : data.state, data };
      if (isDecided(news)) return;
    }
  } finally {
    stop();
  }
}
