// A bounded queue between one writer that never waits and one reader that may be slow: when it is full, the oldest
// item goes, so that a reader always catches up with what is newest. Streams to watchers (SDK, SSE) are built on
// it.

export class Mailbox<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  /** Items that were thrown away because the reader was slow. */
  dropped = 0;

  constructor(capacity: number, signal?: AbortSignal) {
    this.#capacity = capacity;
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#closed) return;
    if (this.#items.length === this.#capacity) {
      this.#items.shift();
      this.dropped += 1;
    }
    this.#items.push(item);
    this.#wake?.();
  }

  /** Ends the reading after what is already inside. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift() as T;
        if (this.#closed) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }
}
