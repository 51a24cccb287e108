// Who goes where: a pure function of the tickets of one world, its instances, its rules and the time. It gives no
// seat; it proposes, and the atomic script of `seats/` and the instance itself decide.
//
// In order of arrival, each party goes as a whole to an instance that speaks its protocol, is near enough, holds
// nobody it must be kept apart from and has room for all of it: to friends first, then where it is fullest. Who fits
// nowhere waits, and instances are opened for as many of them as the rules allow. Smaller parties may pass a larger
// one that does not fit; after a while seats are kept for it (`keepSeatsAfterSeconds`), so that it does not wait for
// ever.
import { type Group, groups } from './groups.ts';
import type { MatchRules } from './rules.ts';

export interface MatchTicket {
  readonly id: string;
  readonly account: string;
  /** Place in the queue: the smaller, the earlier. */
  readonly order: number;
  /** Unix time at which it began to wait (unit: milliseconds). */
  readonly sinceMs: number;
  readonly party: { readonly id: string; readonly size: number } | undefined;
  readonly with: readonly string[];
  readonly avoid: readonly string[];
  /** Round-trip times to regions, as the client measured them (unit: milliseconds). */
  readonly regions: Readonly<Record<string, number>>;
  readonly protocolHash: string | undefined;
  /** Instances that turned it away at the door. */
  readonly refusedBy: readonly string[];
}

export interface MatchInstance {
  readonly name: string;
  readonly capacity: number;
  readonly taken: number;
  readonly protocolHash: string;
  readonly region: string | undefined;
  /** False while it loads the world: its seats are counted on, and nobody is sent there yet. */
  readonly open: boolean;
  /** Accounts inside, and those whom somebody inside avoids. Only wishes ask for them. */
  readonly inside: readonly string[];
  readonly avoided: readonly string[];
}

export interface MatchWorld {
  /** `shared`: one instance for all. `copies`: as many as are needed. */
  readonly kind: 'shared' | 'copies';
  /** Seats of a new instance. */
  readonly capacity: number;
  readonly rules: MatchRules;
  /** Protocols of new instances that the fleet could give; empty: not known. */
  readonly spareHashes: readonly string[];
}

export interface Match {
  readonly instance: string;
  readonly tickets: readonly MatchTicket[];
}

/** One more instance is needed, for these. */
export interface Opening {
  readonly protocolHash: string | undefined;
  readonly tickets: readonly MatchTicket[];
}

export interface Matching {
  readonly matches: readonly Match[];
  readonly openings: readonly Opening[];
  /** Those left. `coming`: an instance that is being opened, or is to be, has a seat for it. */
  readonly waiting: readonly { readonly ticket: MatchTicket; readonly coming: boolean }[];
  /** Nobody can ever seat these: they speak a protocol that no instance speaks. */
  readonly foreign: readonly { readonly ticket: MatchTicket; readonly spoken: readonly string[] }[];
}

export function match(
  tickets: readonly MatchTicket[],
  instances: readonly MatchInstance[],
  world: MatchWorld,
  nowMs: number,
): Matching {
  const pass = new Pass(instances, world, nowMs);
  const { complete, incomplete } = groups(tickets);
  for (const group of complete) pass.place(group);
  for (const ticket of incomplete) pass.leave(ticket);
  return pass.result;
}

class Pass {
  readonly #world: MatchWorld;
  readonly #nowMs: number;
  /** Protocols with which one could be seated. */
  readonly #spoken: readonly string[];
  /** With free seats, the fullest first; those kept for a large party are taken out. */
  #rooms: Room[];
  readonly #loading: readonly Room[];
  readonly #openings: { readonly room: Room; readonly tickets: MatchTicket[] }[] = [];
  readonly #maxOpenings: number;
  readonly #matches: Match[] = [];
  readonly #waiting: { ticket: MatchTicket; coming: boolean }[] = [];
  readonly #foreign: { ticket: MatchTicket; spoken: readonly string[] }[] = [];

  constructor(instances: readonly MatchInstance[], world: MatchWorld, nowMs: number) {
    this.#world = world;
    this.#nowMs = nowMs;
    const sorted = [...instances].sort((a, b) => Number(b.open) - Number(a.open) || fullestFirst(a, b));
    // Should a shared world ever have two, all go to the same one and the other empties.
    const eligible = world.kind === 'shared' ? sorted.slice(0, 1) : sorted;
    const isClosed = world.kind === 'shared' && eligible.length > 0;
    const spoken = [
      ...eligible.map(({ protocolHash }) => protocolHash),
      ...(isClosed ? [] : world.spareHashes),
    ];
    this.#spoken = [...new Set(spoken)].sort();
    this.#rooms = eligible.filter(({ open, capacity, taken }) => open && taken < capacity).map(room);
    this.#loading = eligible.filter(({ open }) => !open).map(room);
    this.#maxOpenings = world.kind === 'copies' ? world.rules.openAtOnce : isClosed ? 0 : 1;
  }

  get result(): Matching {
    return {
      matches: this.#matches,
      openings: this.#openings.map(({ room: { protocolHash }, tickets }) => ({ protocolHash, tickets })),
      waiting: this.#waiting,
      foreign: this.#foreign,
    };
  }

  leave(ticket: MatchTicket): void {
    this.#waiting.push({ ticket, coming: false });
  }

  place(group: Group): void {
    const { tickets } = group;
    if (this.#isForeign(group)) {
      for (const ticket of tickets) this.#foreign.push({ ticket, spoken: this.#spoken });
      return;
    }
    const chosen = this.#choose(group);
    if (chosen !== undefined) {
      enter(chosen, group);
      this.#settle(chosen);
      this.#matches.push({ instance: chosen.name, tickets });
      return;
    }
    const coming = this.#comeLater(group);
    if (!coming) this.#keepSeats(group);
    for (const ticket of tickets) this.#waiting.push({ ticket, coming });
  }

  #isForeign({ hash }: Group): boolean {
    if (hash === 'mixed') return true;
    return hash !== undefined && this.#spoken.length > 0 && !this.#spoken.includes(hash);
  }

  /** Where most friends are; else the fullest, which is the first. */
  #choose(group: Group): Room | undefined {
    const suits = (candidate: Room) => fits(candidate, group) && this.#accepts(candidate, group);
    if (group.wished.length === 0) return this.#rooms.find(suits);
    const friends = ({ inside }: Room) => group.wished.filter((account) => inside.has(account)).length;
    return this.#rooms
      .filter(suits)
      .map((candidate) => ({ candidate, friends: friends(candidate) }))
      .sort((a, b) => b.friends - a.friends || fullestFirst(a.candidate, b.candidate))[0]?.candidate;
  }

  /** All but the number of seats. */
  #accepts(candidate: Room, group: Group): boolean {
    const speaks = group.hash === undefined || (candidate.protocolHash ?? group.hash) === group.hash;
    return (
      speaks &&
      !group.tickets.some(({ refusedBy }) => refusedBy.includes(candidate.name)) &&
      this.#isNear(candidate, group) &&
      areApart(candidate, group)
    );
  }

  #isNear({ region }: Room, { tickets }: Group): boolean {
    if (region === undefined) return true;
    return tickets.every(({ regions, sinceMs }) => {
      const rttMs = regions[region];
      const boundMs = this.#boundMs(sinceMs);
      return rttMs === undefined || boundMs === null || rttMs <= boundMs;
    });
  }

  #boundMs(sinceMs: number): number | null {
    const waited = (this.#nowMs - sinceMs) / 1000;
    return this.#world.rules.latency.findLast(({ afterSeconds }) => waited >= afterSeconds)?.maxMs ?? null;
  }

  /** A seat in an instance that loads, or in one more. */
  #comeLater(group: Group): boolean {
    const suits = (candidate: Room) => fits(candidate, group) && this.#accepts(candidate, group);
    const loading = this.#loading.find(suits);
    if (loading !== undefined) {
      enter(loading, group);
      return true;
    }
    const planned = this.#openings.find((opening) => suits(opening.room));
    if (planned !== undefined) {
      enter(planned.room, group);
      planned.tickets.push(...group.tickets);
      return true;
    }
    const fresh = emptyRoom(this.#world.capacity, group.hash);
    if (this.#openings.length >= this.#maxOpenings || !fits(fresh, group) || this.#waitsForNearness(group)) {
      return false;
    }
    enter(fresh, group);
    this.#openings.push({ room: fresh, tickets: [...group.tickets] });
    return true;
  }

  /** There is room, only too far away for now: a further instance would be no nearer. */
  #waitsForNearness(group: Group): boolean {
    return this.#rooms.some((candidate) => fits(candidate, group) && !this.#isNear(candidate, group));
  }

  /** The room that will fit the party soonest takes nobody else in this pass. */
  #keepSeats(group: Group): void {
    const size = group.tickets.length;
    const patienceMs = this.#world.rules.keepSeatsAfterSeconds * 1000;
    if (size === 1 || this.#nowMs - group.sinceMs < patienceMs) return;
    const free = ({ capacity, taken }: Room) => capacity - taken;
    const kept = this.#rooms
      .filter((candidate) => candidate.capacity >= size && this.#accepts(candidate, group))
      .sort((a, b) => free(b) - free(a) || byName(a, b))[0];
    if (kept !== undefined) this.#rooms = this.#rooms.filter((candidate) => candidate !== kept);
  }

  /** Takes a room to its place in the order after it was entered, or out of it when it is full. */
  #settle(entered: Room): void {
    const rooms = this.#rooms;
    let at = rooms.indexOf(entered);
    if (entered.taken >= entered.capacity) {
      rooms.splice(at, 1);
      return;
    }
    for (; at > 0 && fullestFirst(rooms[at - 1] as Room, entered) > 0; at -= 1) {
      rooms[at] = rooms[at - 1] as Room;
      rooms[at - 1] = entered;
    }
  }
}

/** An instance during a pass: seats are taken in it as the pass goes on. */
interface Room {
  readonly name: string;
  readonly capacity: number;
  readonly protocolHash: string | undefined;
  readonly region: string | undefined;
  taken: number;
  readonly inside: Set<string>;
  readonly avoided: Set<string>;
}

function room(instance: MatchInstance): Room {
  return { ...instance, inside: new Set(instance.inside), avoided: new Set(instance.avoided) };
}

function emptyRoom(capacity: number, protocolHash: string | undefined): Room {
  const nobody = { taken: 0, inside: new Set<string>(), avoided: new Set<string>() };
  return { name: '', capacity, protocolHash, region: undefined, ...nobody };
}

function enter(into: Room, { tickets, avoided }: Group): void {
  into.taken += tickets.length;
  for (const { account } of tickets) into.inside.add(account);
  for (const account of avoided) into.avoided.add(account);
}

function fits({ capacity, taken }: Room, { tickets }: Group): boolean {
  return capacity - taken >= tickets.length;
}

/** Nobody of the party avoids somebody inside, and nobody inside avoids one of them. */
function areApart({ inside, avoided }: Room, group: Group): boolean {
  return (
    !group.avoided.some((account) => inside.has(account)) &&
    !group.tickets.some(({ account }) => avoided.has(account))
  );
}

type Named = { readonly name: string; readonly taken: number };

function fullestFirst(a: Named, b: Named): number {
  return b.taken - a.taken || byName(a, b);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
