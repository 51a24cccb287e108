// All instances, whichever process holds their lines: the records that the holders keep alive in Redis, joined with the
// fleet's own list, which each process watches. A picture is at most a tenth of a second old; whoever takes a seat on it
// is told the truth by the reservation itself.
import type { Bus } from '../bus.ts';
import type { ListedInstance, SeatScripts } from '../seats/scripts.ts';
import type { Instance } from './instance.ts';
import {
  entryOf,
  type InstanceEntry,
  type InstanceRecord,
  type KnownInstance,
  type KnownSeat,
  recordOf,
} from './record.ts';
import type { InstanceRegistry } from './registry.ts';

export type { InstanceEntry } from './record.ts';

/** Holders say here that something has changed. */
export const CHANGED = 'ow:instances';

const FRESH_MS = 100;

export class Directory {
  readonly #scripts: SeatScripts;
  readonly #registry: InstanceRegistry;
  readonly #bus: Bus;
  readonly #pictures = new Map<
    boolean,
    { readonly atMs: number; readonly listed: Promise<ListedInstance[]> }
  >();
  /** The last record of each instance of the fleet, for what is said of one whose holder is gone. */
  readonly #last = new Map<string, InstanceRecord>();

  constructor({ scripts, registry, bus }: { scripts: SeatScripts; registry: InstanceRegistry; bus: Bus }) {
    this.#scripts = scripts;
    this.#registry = registry;
    this.#bus = bus;
  }

  /** Fails while Redis is away: then nobody can be seated anyway. */
  async all(): Promise<InstanceEntry[]> {
    return this.#join(await this.#picture(false)).map(entryOf);
  }

  async ofWorld(worldId: string): Promise<InstanceEntry[]> {
    return (await this.all()).filter(({ world }) => world?.id === worldId);
  }

  /** One instance, as it is now. */
  async get(name: string): Promise<InstanceEntry | undefined> {
    const known = this.#join(await this.#scripts.list(false, [name])).find((one) => one.name === name);
    return known && entryOf(known);
  }

  /** With seats, for people to look at. While Redis is away it is what this process alone knows. */
  async known(): Promise<KnownInstance[]> {
    try {
      return this.#join(await this.#picture(true));
    } catch {
      return this.#registry.all().map(ownPicture);
    }
  }

  /** The accounts that hold seats, by instance, as it is now. */
  async inside(): Promise<ReadonlyMap<string, readonly string[]>> {
    const listed = await this.#scripts.list(true);
    return new Map(listed.map(({ name, seats }) => [name, seats.map(({ account }) => account)]));
  }

  /** Returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    const stops = [this.#registry.onChange(listener), this.#bus.subscribe(CHANGED, listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #picture(withSeats: boolean): Promise<ListedInstance[]> {
    const known = this.#pictures.get(withSeats);
    if (known !== undefined && performance.now() - known.atMs < FRESH_MS) return known.listed;
    const listed = this.#scripts.list(withSeats);
    this.#pictures.set(withSeats, { atMs: performance.now(), listed });
    listed.catch(() => this.#pictures.delete(withSeats));
    return listed;
  }

  #join(listed: readonly ListedInstance[]): KnownInstance[] {
    const records = new Map(listed.map((one) => [one.name, one]));
    const fleet = this.#registry.fleet();
    for (const name of this.#last.keys()) if (!fleet.has(name)) this.#last.delete(name);
    const names = new Set([...fleet.keys(), ...records.keys()]);
    return [...names].flatMap((name): KnownInstance[] => {
      const gameServer = fleet.get(name);
      const found = records.get(name);
      if (found === undefined) {
        const last = this.#last.get(name);
        const record = last && { ...last, link: 'lost' as const, reason: 'no process holds its line' };
        return [{ name, gameServer, record, open: false, taken: 0, seats: [] }];
      }
      const record = { ...(JSON.parse(found.record) as InstanceRecord), draining: found.draining };
      if (gameServer !== undefined) this.#last.set(name, record);
      else if (record.link === 'lost') return []; // gone from the fleet and from the line
      const seats = found.seats.map(({ id, account, name: shown, state }) => ({
        id,
        user: account,
        name: shown,
        state,
      }));
      return [{ name, gameServer, record, open: found.open, taken: found.taken, seats }];
    });
  }
}

function ownPicture(instance: Instance): KnownInstance {
  const { name, gameServer, registration, seats, draining, closing, link } = instance;
  return {
    name,
    gameServer,
    record: registration && recordOf(instance),
    open: link.state === 'listening' && !draining && !closing,
    taken: seats.size,
    seats: [...seats.values()].map(
      ({ id, user, name: shown, state }): KnownSeat => ({
        id: String(id),
        user,
        name: shown,
        state: state === 'offered' ? 'reserved' : state,
      }),
    ),
  };
}
