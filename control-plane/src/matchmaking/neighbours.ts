// What matchmaking needs of its neighbours, and no more.
import type { WorldRef } from '../instances/instance.ts';

export interface World {
  readonly id: string;
  /** SHA-256 of the scene, in hex. */
  readonly scene: string;
  readonly kind: 'shared' | 'copies';
  readonly capacity: number;
  readonly tickRateHz: number;
}

export interface Worlds<Who> {
  byId(id: string): Promise<World | undefined>;
  /** The world at an id or slug, for somebody who wants in; refused with the error that says why not. */
  enter(address: string, who: Who): Promise<World>;
}

export interface InstanceEntry {
  readonly name: string;
  readonly state: string;
  readonly reachable: boolean;
  readonly listening: boolean;
  readonly draining: boolean;
  readonly world: WorldRef | undefined;
  readonly capacity: number;
  readonly taken: number;
  readonly protocolHash: bigint;
}

export interface Directory {
  all(): Promise<InstanceEntry[]>;
  get(name: string): Promise<InstanceEntry | undefined>;
  /** With those inside. */
  known(): Promise<{ readonly name: string; readonly seats: readonly { readonly user: string }[] }[]>;
  onChange(listener: () => void): () => void;
}

export interface Lines {
  assign(
    instance: string,
    world: WorldRef,
    capacity: number,
    tickRateHz: number,
  ): Promise<'listening' | 'failed'>;
}

export interface Holder {
  readonly account: string;
  readonly name: string;
  readonly role: 'player' | 'operator';
}

export interface Reservation {
  readonly seats: readonly bigint[];
  readonly at: number;
}

export interface Connect {
  readonly seat: string;
  readonly user: string;
  readonly instance: string;
  readonly world: WorldRef;
  readonly protocolHash: string;
  readonly pipes: readonly {
    readonly pipe: string;
    readonly token: string;
    readonly url?: string;
    readonly ticket?: string;
  }[];
}

export interface Seats {
  reserve(instance: string, holders: readonly Holder[]): Promise<Reservation | 'full' | 'gone'>;
  confirm(
    instance: string,
    reservation: Reservation,
    holders: readonly Holder[],
  ): Promise<'accepted' | { readonly refused: string } | 'timeout' | 'lost'>;
  connect(instance: string, seat: bigint, holder: Holder): Promise<Connect>;
  release(instance: string, seat: bigint): Promise<void>;
}
