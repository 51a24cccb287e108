// What was asked a moment ago need not be asked again: one question for all who ask at the same time, and its answer for
// as long as it is recent. A question that failed is asked again by the next one.
export class Recent<K, V> {
  readonly #forMs: number;
  readonly #most: number;
  readonly #known = new Map<K, { readonly atMs: number; readonly answer: Promise<V> }>();

  /** `most`: answers that are kept; the oldest go first. */
  constructor(forMs: number, most = 1_000) {
    this.#forMs = forMs;
    this.#most = most;
  }

  get(key: K, ask: () => Promise<V>): Promise<V> {
    const known = this.#known.get(key);
    if (known !== undefined && performance.now() - known.atMs < this.#forMs) return known.answer;
    const asked = { atMs: performance.now(), answer: ask() };
    this.#known.delete(key);
    this.#known.set(key, asked);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(oldest);
    }
    asked.answer.catch(() => {
      if (this.#known.get(key) === asked) this.#known.delete(key);
    });
    return asked.answer;
  }

  clear(): void {
    this.#known.clear();
  }
}
