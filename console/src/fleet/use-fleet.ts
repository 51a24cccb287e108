/** Follows the stream while the page is open: the fleet's state for React, the live worlds for the map. */
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { followInstances, type StreamEvent } from '../api/stream.ts';
import { LiveWorld } from '../map/live-world.ts';
import { type FleetState, INITIAL, reduceFleet } from './fleet-state.ts';

export interface Fleet {
  state: FleetState;
  worldOf(instance: string): LiveWorld;
}

const DEFAULT_RATE_HZ = 30;

export class FleetStore {
  #state: FleetState = INITIAL;
  readonly #worlds = new Map<string, LiveWorld>();
  readonly #listeners = new Set<() => void>();

  hear(event: StreamEvent, now: number): void {
    if (event.type === 'telemetry') {
      this.worldOf(event.telemetry.instance).push(event.telemetry, now);
      return;
    }
    this.#state = reduceFleet(this.#state, event, now);
    if (event.type === 'instances') this.#forgetGone();
    for (const listener of this.#listeners) listener();
  }

  worldOf = (name: string): LiveWorld => {
    const rate = this.#state.instances?.find((instance) => instance.name === name)?.tickRateHz;
    const world = this.#worlds.get(name) ?? new LiveWorld(rate || DEFAULT_RATE_HZ);
    this.#worlds.set(name, world);
    return world;
  };

  getState = (): FleetState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #forgetGone(): void {
    const alive = new Set(this.#state.instances?.map(({ name }) => name));
    for (const name of this.#worlds.keys()) if (!alive.has(name)) this.#worlds.delete(name);
  }
}

export function useFleet(): Fleet {
  const store = useMemo(() => new FleetStore(), []);
  const state = useSyncExternalStore(store.subscribe, store.getState);
  useEffect(() => followInstances((event) => store.hear(event, Date.now())), [store]);
  return useMemo(() => ({ state, worldOf: store.worldOf }), [state, store]);
}
