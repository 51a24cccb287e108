// The instance's heartbeats as the public API shows them, each counted once: ticks, those that were late, those given up.
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceView } from '../../control-plane/src/http/views.ts';

/** Shorter than the time between two heartbeats, so that none is missed. */
const POLL_MS = 200;

type Beat = Pick<InstanceView, 'tick' | 'tickTimes' | 'players' | 'tickAllocations'>;

export class Heartbeats {
  ticks = 0;
  late = 0;
  dropped = 0;
  /** The newest one's, for who looks on. */
  p99Ms = 0;
  players = 0;
  /** How often the tick's thread asked for memory from the first heartbeat that counts to the last. */
  allocations = 0;
  #url: string;
  #lastTick: number | null = null;
  #counts = false;
  #allocationsBefore: number | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** What is told from now on counts. */
  start(): void {
    [this.ticks, this.late, this.dropped, this.#counts] = [0, 0, 0, true];
    this.#allocationsBefore = undefined;
  }

  end(): void {
    this.#counts = false;
  }

  /** Asks again and again, until the signal. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const response = await fetch(`${this.#url}/api/v1/instances`, { signal }).catch(() => undefined);
      const body = (await response?.json().catch(() => undefined)) as
        | { instances: InstanceView[] }
        | undefined;
      for (const instance of body?.instances ?? []) this.take(instance);
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }

  take({ tick, tickTimes, players, tickAllocations }: Beat): void {
    this.players = players;
    if (tick === null || !tickTimes || tick === this.#lastTick) return;
    this.#lastTick = tick;
    this.p99Ms = tickTimes.p99Ms;
    if (!this.#counts) return;
    this.ticks += tickTimes.ticks;
    this.late += tickTimes.late;
    this.dropped += tickTimes.dropped;
    this.#allocationsBefore ??= tickAllocations ?? 0;
    this.allocations = (tickAllocations ?? 0) - this.#allocationsBefore;
  }
}
