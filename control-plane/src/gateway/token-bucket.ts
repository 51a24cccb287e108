// So many at once, and so many a second after that. The caller has the clock.
import type { Bucket } from './rules.ts';

export class TokenBucket {
  readonly #rule: Bucket;
  #tokens: number;
  #atMs: number;

  constructor(rule: Bucket, nowMs: number) {
    this.#rule = rule;
    this.#tokens = rule.burst;
    this.#atMs = nowMs;
  }

  take(nowMs: number, tokens = 1): boolean {
    const { rate, burst } = this.#rule;
    this.#tokens = Math.min(burst, this.#tokens + (rate * (nowMs - this.#atMs)) / 1000);
    this.#atMs = nowMs;
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }
}
