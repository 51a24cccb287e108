// One instance as a process knows it: what the fleet says about its process, and what it says itself over its line, if
// this process holds that line. Memory only: after a restart the fleet's list and each instance's Register say all of
// it again. What other processes know comes by the directory.
import type { GameServerView, StateName } from '../fleet/game-server.ts';
import type { Line } from './line.ts';

export interface Seat {
  readonly id: bigint;
  /** UUID of the account that holds it. */
  readonly user: string;
  readonly name: string;
  readonly role: 'player' | 'operator';
  /** Offered: the instance has not answered yet. Held: it waits for its player. */
  readonly state: 'offered' | 'held' | 'connected';
  /** When it was reserved, by Redis' clock (unit: ms); 0 when it was told by a Register. */
  readonly at: number;
}

export interface WorldRef {
  readonly id: string;
  readonly sha256: string;
  readonly url: string;
}

/** The line to the instance. */
export type Link =
  | { readonly state: 'never' }
  | { readonly state: 'registered' | 'listening'; readonly line: Line }
  | { readonly state: 'lost'; readonly sinceMs: number; readonly reason: string };

export interface Endpoint {
  readonly pipe: string;
  readonly address: string;
  readonly port: number;
}

export interface Registration {
  readonly uid: string;
  readonly build: string;
  readonly protocolHash: bigint;
  readonly endpoints: readonly Endpoint[];
}

/** What an instance was given to run, once in its life. */
export interface Assignment {
  readonly world: WorldRef;
  readonly capacity: number;
  readonly tickRateHz: number;
}

/** What the last heartbeat said, and the cores used since the one before. */
export interface Vitals {
  readonly players: number;
  readonly tick: number;
  /** Since the heartbeat before. */
  readonly tickTimes: TickTimes | undefined;
  readonly tickTimesSinceStart: TickTimes | undefined;
  /** How often the tick's thread asked for memory, since the instance's start. */
  readonly tickAllocations: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly cpuSeconds: number;
  readonly cpuCores: number | undefined;
  readonly residentBytes: number;
  readonly atMs: number;
}

/** Over some span of time (unit: milliseconds). */
export interface TickTimes {
  readonly ticks: number;
  readonly late: number;
  readonly dropped: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface Loaded {
  readonly worldHash: bigint;
  readonly staticTriangles: number;
  readonly dynamicBodies: number;
  readonly loadMs: number;
}

export interface Instance {
  readonly name: string;
  gameServer: GameServerView | undefined;
  link: Link;
  registration: Registration | undefined;
  assignment: Assignment | undefined;
  loaded: Loaded | undefined;
  vitals: Vitals | undefined;
  draining: boolean;
  /** It was empty for too long and ends: nobody is let in any more. */
  closing: boolean;
  /** Why it ends, in its own words, where nobody asked it to. */
  failure: string | undefined;
  readonly seats: Map<bigint, Seat>;
}

export function unknownInstance(name: string): Instance {
  return {
    name,
    gameServer: undefined,
    link: { state: 'never' },
    registration: undefined,
    assignment: undefined,
    loaded: undefined,
    vitals: undefined,
    draining: false,
    closing: false,
    failure: undefined,
    seats: new Map(),
  };
}

/** The line, if the instance can be spoken to. */
export function lineOf({ link }: Instance): Line | undefined {
  return link.state === 'registered' || link.state === 'listening' ? link.line : undefined;
}

/** The fleet's word, except that nobody is called Ready who has fallen silent. */
export function stateOf(gameServer: GameServerView | undefined, link: Link['state']): StateName {
  const state = gameServer?.state ?? 'Scheduled';
  const claimsLife = state === 'Ready' || state === 'Reserved' || state === 'Allocated';
  return claimsLife && link === 'lost' ? 'Unhealthy' : state;
}
