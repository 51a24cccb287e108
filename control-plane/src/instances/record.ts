// What the holder of an instance's line writes about it for the other processes: everything that it knows but for the
// seats, which have keys of their own. JSON: 64-bit numbers are decimal strings, what is not known is absent.
import type { GameServerView, StateName } from '../fleet/game-server.ts';
import {
  type Assignment,
  type Endpoint,
  type Instance,
  type Link,
  type Loaded,
  stateOf,
  type Vitals,
  type WorldRef,
} from './instance.ts';

export interface InstanceRecord {
  readonly link: Link['state'];
  /** Why the line is lost, or the instance ends. */
  readonly reason?: string;
  readonly uid: string;
  readonly build: string;
  readonly protocolHash: string;
  readonly endpoints: readonly Endpoint[];
  readonly assignment?: Assignment;
  readonly draining: boolean;
  readonly loaded?: Omit<Loaded, 'worldHash'> & { readonly worldHash: string };
  readonly vitals?: Vitals;
}

export function recordOf(instance: Instance): InstanceRecord {
  const { link, registration, assignment, draining, loaded, vitals, failure } = instance;
  if (registration === undefined) throw new Error('an instance without a line has no record');
  const reason = failure ?? (link.state === 'lost' ? link.reason : undefined);
  return {
    link: link.state,
    ...(reason !== undefined && { reason }),
    ...registration,
    protocolHash: String(registration.protocolHash),
    ...(assignment && { assignment }),
    draining,
    ...(loaded && { loaded: { ...loaded, worldHash: String(loaded.worldHash) } }),
    ...(vitals && { vitals }),
  };
}

/** An instance as whoever seats players sees it. */
export interface InstanceEntry {
  readonly name: string;
  readonly uid: string;
  readonly state: StateName;
  /** Some process holds its line. */
  readonly reachable: boolean;
  /** It has loaded its world and can be joined. */
  readonly listening: boolean;
  /** It takes nobody new: an operator drains it, or it is about to end. */
  readonly draining: boolean;
  readonly world: WorldRef | undefined;
  readonly capacity: number;
  /** Seats that somebody holds, reservations among them. */
  readonly taken: number;
  /** 0 until it has registered. */
  readonly protocolHash: bigint;
  readonly endpoints: readonly Endpoint[];
  /** Of its UDP pipe, "192.0.2.1:7420". */
  readonly address: string | undefined;
  readonly tickRateHz: number;
}

/** What is known of an instance, from the fleet and from the holder of its line. */
export interface KnownInstance {
  readonly name: string;
  readonly gameServer: GameServerView | undefined;
  readonly record: InstanceRecord | undefined;
  /** May be reserved on. */
  readonly open: boolean;
  readonly taken: number;
  readonly seats: readonly KnownSeat[];
}

export interface KnownSeat {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly state: 'reserved' | 'held' | 'connected';
}

export function entryOf({ name, gameServer, record, open, taken }: KnownInstance): InstanceEntry {
  const link = record?.link ?? 'never';
  return {
    name,
    uid: record?.uid ?? gameServer?.uid ?? '',
    state: stateOf(gameServer, link),
    reachable: link === 'registered' || link === 'listening',
    listening: link === 'listening',
    draining: (record?.draining ?? false) || (link === 'listening' && !open),
    world: record?.assignment?.world,
    capacity: record?.assignment?.capacity ?? 0,
    taken,
    protocolHash: BigInt(record?.protocolHash ?? 0),
    endpoints: record?.endpoints ?? [],
    address: addressOf(gameServer, record),
    tickRateHz: record?.assignment?.tickRateHz ?? 0,
  };
}

export function addressOf(
  gameServer: GameServerView | undefined,
  record: InstanceRecord | undefined,
): string | undefined {
  const udp = record?.endpoints.find(({ pipe }) => pipe === 'udp');
  const port = udp?.port ?? gameServer?.ports.find((candidate) => candidate.name === 'udp')?.port;
  const host = udp?.address ?? gameServer?.address;
  if (host === undefined || port === undefined) return undefined;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
