/**
 * Turns an instance's ticks into a smooth time to draw at, whatever the network does to their arrival.
 *
 * The offset between this machine's clock and the instance's follows the fastest arrivals at once and drifts towards the
 * slower ones, so that one late datagram does not make the picture jump.
 */
const DRIFT = 0.02;
/** A tick that is this far from where it should be belongs to another life of the instance (unit: ms). */
const RESTART = 5_000;

export class ServerClock {
  readonly #msPerTick: number;
  #offset: number | null = null;
  #last: { tick: number; at: number } | null = null;
  #interval = 100;

  constructor(rateHz: number) {
    this.#msPerTick = 1000 / rateHz;
  }

  /** The server time of the tick; `restarted`: it is of a new life, forget what was heard before. */
  push(tick: number, arrivedAt: number): { at: number; restarted: boolean } {
    const at = tick * this.#msPerTick;
    const offset = arrivedAt - at;
    const restarted = this.#offset !== null && Math.abs(offset - this.#offset) > RESTART;
    if (this.#offset === null || restarted || offset < this.#offset) this.#offset = offset;
    else this.#offset += (offset - this.#offset) * DRIFT;
    if (this.#last && !restarted && at > this.#last.at) {
      this.#interval += (Math.min(at - this.#last.at, 1000) - this.#interval) * 0.1;
    }
    this.#last = { tick, at };
    return { at, restarted };
  }

  /** Two telemetry intervals in the past: one to draw between, one for what comes late. */
  drawTime(now: number): number {
    return this.#offset === null ? 0 : now - this.#offset - 2 * this.#interval;
  }
}
