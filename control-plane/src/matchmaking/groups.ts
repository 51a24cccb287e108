// Tickets as they are to be seated: alone, or as a party that goes together or not at all. A party is complete when
// as many tickets name it as it said it has members, and stands in the queue where its last member stands: nobody
// holds a place for friends who have not come.
import type { MatchTicket } from './match.ts';

export interface Group {
  readonly tickets: readonly MatchTicket[];
  /** Whom they want to be with, and whom not. Who came as one party did not come to be kept apart. */
  readonly wished: readonly string[];
  readonly avoided: readonly string[];
  /** Since it is complete (unit: milliseconds, Unix time). */
  readonly sinceMs: number;
  /** The protocol that all of them speak; undefined: they did not say. */
  readonly hash: string | 'mixed' | undefined;
}

export function groups(tickets: readonly MatchTicket[]): {
  readonly complete: readonly Group[];
  readonly incomplete: readonly MatchTicket[];
} {
  const complete: Group[] = [];
  const gathering = new Map<string, MatchTicket[]>();
  for (const ticket of [...tickets].sort(byOrder)) {
    if (ticket.party === undefined || ticket.party.size === 1) {
      complete.push(group([ticket]));
      continue;
    }
    const { id, size } = ticket.party;
    const key = `${size}:${id}`;
    const members = [...(gathering.get(key) ?? []), ticket];
    if (members.length < size) gathering.set(key, members);
    else {
      complete.push(group(members));
      gathering.delete(key);
    }
  }
  return { complete, incomplete: [...gathering.values()].flat() };
}

function group(tickets: readonly MatchTicket[]): Group {
  const accounts = new Set(tickets.map(({ account }) => account));
  const hashes = new Set(tickets.flatMap(({ protocolHash }) => protocolHash ?? []));
  return {
    tickets,
    wished: [...new Set(tickets.flatMap((ticket) => ticket.with))],
    avoided: [...new Set(tickets.flatMap(({ avoid }) => avoid))].filter((account) => !accounts.has(account)),
    sinceMs: Math.max(...tickets.map(({ sinceMs }) => sinceMs)),
    hash: hashes.size > 1 ? 'mixed' : [...hashes][0],
  };
}

function byOrder(a: MatchTicket, b: MatchTicket): number {
  return a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
