// How long the fleet waits before it starts the next replacement: not at all while instances live, ever longer
// while they end soon after their start, so that a broken build costs no core.

/** A life shorter than this counts as a crash at the start (unit: milliseconds). */
const SHORT_LIFE_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

export class Backoff {
  #shortLives = 0;
  #notBeforeMs = 0;

  /** An instance ended that nobody had asked to end. */
  ended(livedMs: number, nowMs: number): void {
    this.#shortLives = livedMs < SHORT_LIFE_MS ? this.#shortLives + 1 : 0;
    const delay = this.#shortLives === 0 ? 0 : FIRST_DELAY_MS * 2 ** (this.#shortLives - 1);
    this.#notBeforeMs = nowMs + Math.min(delay, LONGEST_DELAY_MS);
  }

  /** Unit: milliseconds; 0 means now. */
  delayMs(nowMs: number): number {
    return Math.max(0, this.#notBeforeMs - nowMs);
  }
}
