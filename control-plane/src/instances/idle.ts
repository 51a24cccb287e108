// Ends instances that the fleet has given away and nobody is in: those that have been empty for a while, and those that
// were allocated by a process which died before anybody could come. The holder of the line does it, and shuts the door
// in the same step in which Redis sees that nobody has a seat there; the fleet puts a fresh one in its place.
import type { FastifyBaseLogger } from 'fastify';
import type { FleetProvider } from '../fleet/provider.ts';
import { type Instance, lineOf } from './instance.ts';
import { outgoing } from './messages.ts';
import type { Publisher } from './publisher.ts';
import type { InstanceRegistry } from './registry.ts';

/** To say goodbye to whoever may be on the way out. */
const GRACE_MS = 5_000;
/** One that was told to end and is still there after that is removed by the fleet. */
const OVERDUE_MS = 2 * GRACE_MS;

export interface IdleOptions {
  readonly registry: InstanceRegistry;
  readonly publisher: Publisher;
  readonly fleet: FleetProvider;
  /** How long an allocated instance may be empty (unit: milliseconds). */
  readonly idleMs: number;
  readonly log: FastifyBaseLogger;
}

export class Idle {
  readonly #options: IdleOptions;
  readonly #emptySinceMs = new Map<Instance, number>();
  readonly #endedAtMs = new Map<Instance, number>();
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(options: IdleOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), Math.min(1_000, options.idleMs / 4));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const instances = new Set(this.#options.registry.all());
      for (const known of [this.#emptySinceMs, this.#endedAtMs])
        for (const instance of known.keys()) if (!instances.has(instance)) known.delete(instance);
      for (const instance of instances) await this.#consider(instance, performance.now());
    } catch (error) {
      // Redis or the fleet is away; the next look comes.
      this.#options.log.debug({ err: error }, 'empty instances could not be looked after');
    } finally {
      this.#busy = false;
    }
  }

  async #consider(instance: Instance, nowMs: number): Promise<void> {
    const endedAtMs = this.#endedAtMs.get(instance);
    if (endedAtMs !== undefined && nowMs - endedAtMs > OVERDUE_MS) return this.#remove(instance);
    if (!isEmptyHere(instance)) {
      this.#emptySinceMs.delete(instance);
      return;
    }
    const sinceMs = this.#emptySinceMs.get(instance) ?? nowMs;
    this.#emptySinceMs.set(instance, sinceMs);
    if (nowMs - sinceMs < this.#options.idleMs) return;
    this.#emptySinceMs.delete(instance);
    if (await this.#options.publisher.shut(instance)) this.#end(instance, nowMs);
  }

  #end(instance: Instance, nowMs: number): void {
    instance.closing = true;
    this.#endedAtMs.set(instance, nowMs);
    lineOf(instance)?.send(outgoing({ case: 'shutdown', value: { graceMs: GRACE_MS } }));
    this.#options.registry.changed(instance);
    this.#options.log.info({ instance: instance.name }, 'empty for too long: it ends');
  }

  async #remove(instance: Instance): Promise<void> {
    this.#endedAtMs.delete(instance);
    await this.#options.fleet.remove(instance.name);
  }
}

/** As far as this process knows; Redis knows the reservations of the others. */
function isEmptyHere(instance: Instance): boolean {
  const isOurs = lineOf(instance) !== undefined && instance.gameServer?.state === 'Allocated';
  return isOurs && !instance.closing && instance.seats.size === 0;
}
