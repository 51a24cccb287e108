// Writes what this process hears from the instances whose lines it holds into Redis, for all the others.
//
// Each line has a generation, claimed by its first write in Redis' own time: a process that was frozen, or whose line was
// taken over by another's, finds a newer one there and writes no more. The record of an instance lives for three
// seconds and is renewed twice a second, so one whose holder dies is closed to newcomers by itself; and when Redis has
// forgotten it (FLUSHALL, an empty restart, a failover) the next renewal says so, and record and seats are
// written anew from the instance's own list, in one step. Until then nobody can reserve there.
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus.ts';
import { type SeatScripts, seatPairs } from '../seats/scripts.ts';
import { CHANGED } from './directory.ts';
import { type Instance, lineOf, type Seat } from './instance.ts';
import type { Line } from './line.ts';
import { recordOf } from './record.ts';
import type { InstanceRegistry, News } from './registry.ts';

const TICK_MS = 100;
const RENEW_MS = 500;
/** Between two whole lists, which mend whatever else has gone wrong. */
const SYNC_MS = 5_000;
const RECORD_LEASE_MS = 3_000;
/** How long it is still shown why a line was lost. */
const LOST_LEASE_MS = 15_000;
/** Renewed by every whole list. */
const SEAT_LEASE_MS = 60_000;
/** Of one that the instance has not answered yet; longer than it may take to. */
const OFFER_LEASE_MS = 5_000;

/** What this process has written about one line. */
interface Written {
  readonly line: Line;
  generation: string;
  /** Redis may not hold what we know: the next write is the whole list. */
  stale: boolean;
  /** The record has changed since it was written. */
  changed: boolean;
  syncedMs: number;
  writtenMs: number;
  busy: boolean;
}

export interface PublisherOptions {
  readonly scripts: SeatScripts;
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly log: FastifyBaseLogger;
  /** A seat whose account has taken a newer one: it has to be ended at its instance. */
  readonly onReplaced: (instance: string, seat: bigint) => void;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #written = new Map<string, Written>();
  readonly #timer: NodeJS.Timeout;
  /** Something was written that has not been told. */
  #isNews = false;
  readonly #stop: () => void;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#stop = options.registry.onNews((instance, news) => this.#hear(instance, news));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stop();
  }

  /** The instance has accepted a seat. False when its account has taken a newer one meanwhile. */
  async held(instance: Instance, id: bigint): Promise<boolean> {
    const seat = instance.seats.get(id);
    if (seat === undefined) return false;
    const replaced = await this.#mark(instance, seat, seat.state);
    return !replaced.some((other) => other.instance === instance.name && other.seat === id);
  }

  /** Shuts the door of an instance if nobody holds a seat on it. */
  async shut(instance: Instance): Promise<boolean> {
    const written = this.#written.get(instance.name);
    if (written === undefined || written.stale || written.generation === '') return false;
    return this.#options.scripts.close(instance.name, written.generation);
  }

  #hear(instance: Instance, news: News): void {
    switch (news.type) {
      case 'registered': {
        const line = lineOf(instance) as Line;
        const fresh = { generation: '', stale: true, changed: true, busy: false };
        this.#written.set(instance.name, { line, ...fresh, syncedMs: 0, writtenMs: 0 });
        void this.#sync(instance);
        return;
      }
      case 'lost':
        void this.#lost(instance);
        return;
      case 'connected':
        void this.#mark(instance, news.seat, 'connected');
        return;
      case 'left':
        void this.#mark(instance, news.seat, 'left');
        return;
      case 'changed': {
        const written = this.#written.get(instance.name);
        if (written !== undefined) written.changed = true;
        return;
      }
      case 'event':
        return;
      default:
        news satisfies never;
    }
  }

  #tick(): void {
    // Once for all that has been written: whoever listens looks at everything anyway.
    if (this.#isNews) void this.#options.bus.publish(CHANGED, {}).catch(() => {});
    this.#isNews = false;
    const nowMs = performance.now();
    for (const [name, written] of this.#written) {
      const instance = this.#options.registry.get(name);
      if (instance === undefined || lineOf(instance) !== written.line) this.#written.delete(name);
      else if (written.busy) continue;
      else if (written.stale || nowMs - written.syncedMs > SYNC_MS) void this.#sync(instance);
      else if (written.changed || nowMs - written.writtenMs > RENEW_MS) void this.#refresh(instance);
    }
  }

  /** The whole list, in one step. */
  async #sync(instance: Instance): Promise<void> {
    await this.#write(instance, async (written) => {
      const { registration, draining, closing, seats } = instance;
      if (registration === undefined) return;
      written.stale = false;
      written.changed = false;
      const told = [...seats.values()].flatMap((seat) => seatArgs(seat, seat.state));
      const [word, ...rest] = await this.#options.scripts.words('sync', [
        instance.name,
        written.generation,
        RECORD_LEASE_MS,
        registration.uid,
        flag(isOpen(instance)),
        flag(closing),
        flag(draining),
        instance.assignment?.capacity ?? 0,
        JSON.stringify(recordOf(instance)),
        ...told,
      ]);
      if (word === 'superseded') return this.#superseded(written);
      const [isDraining, ...replaced] = rest;
      written.generation = word;
      written.syncedMs = performance.now();
      if (isDraining === '1') instance.draining = true;
      this.#replace(replaced);
    });
  }

  async #refresh(instance: Instance): Promise<void> {
    await this.#write(instance, async (written) => {
      written.changed = false;
      const answer = await this.#options.scripts.refresh([
        instance.name,
        written.generation,
        instance.link.state === 'lost' ? LOST_LEASE_MS : RECORD_LEASE_MS,
        flag(isOpen(instance)),
        flag(instance.draining),
        instance.assignment?.capacity ?? 0,
        JSON.stringify(recordOf(instance)),
      ]);
      if (answer === 'superseded') this.#superseded(written);
      if (answer === 'absent' && instance.link.state !== 'lost') written.stale = true;
    });
  }

  /** The reason is shown for a while; then the record runs out. */
  async #lost(instance: Instance): Promise<void> {
    const written = this.#written.get(instance.name);
    if (written === undefined) return;
    if (written.generation !== '') await this.#refresh(instance);
    if (this.#written.get(instance.name) === written) this.#written.delete(instance.name);
  }

  async #write(instance: Instance, work: (written: Written) => Promise<void>): Promise<void> {
    const written = this.#written.get(instance.name);
    if (written === undefined) return;
    written.busy = true;
    written.writtenMs = performance.now();
    try {
      await work(written);
      this.#isNews = true;
    } catch (error) {
      written.stale = true;
      this.#options.log.debug({ err: error, instance: instance.name }, 'its record could not be written');
    } finally {
      written.busy = false;
    }
  }

  /** Answers whose seats have lost to a newer one of the same account. */
  async #mark(instance: Instance, seat: Seat, state: Seat['state'] | 'left') {
    const written = this.#written.get(instance.name);
    if (written === undefined) return [];
    try {
      const args = [instance.name, written.generation, ...seatArgs(seat, state)];
      const [word, ...replaced] = await this.#options.scripts.words('mark', args);
      if (word === 'absent') written.stale = true;
      this.#isNews = true;
      return this.#replace(replaced);
    } catch (error) {
      written.stale = true;
      this.#options.log.debug({ err: error, instance: instance.name }, 'a seat could not be written');
      return [];
    }
  }

  #replace(flat: readonly string[]): { instance: string; seat: bigint }[] {
    const replaced = seatPairs(flat);
    for (const { instance, seat } of replaced) this.#options.onReplaced(instance, seat);
    return replaced;
  }

  #superseded({ line }: Written): void {
    line.supersede();
  }
}

function isOpen({ link, draining, closing }: Instance): boolean {
  return link.state === 'listening' && !draining && !closing;
}

const flag = (yes: boolean) => (yes ? '1' : '0');

function seatArgs({ id, user, name, role, at }: Seat, state: Seat['state'] | 'left'): (string | number)[] {
  const isOffered = state === 'offered';
  const lease = isOffered ? OFFER_LEASE_MS : SEAT_LEASE_MS;
  return [String(id), isOffered ? 'reserved' : state, lease, user, name, role, at];
}
