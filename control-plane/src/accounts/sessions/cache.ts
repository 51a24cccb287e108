// What was found lately, so that a busy client does not cost a statement per request. A second of memory is the most
// that anybody may be late to hear of a revocation; the bus makes it milliseconds.
import type { Found } from './find.ts';

const KEPT_MS = 1_000;
const MOST = 20_000;

interface Entry {
  readonly found: Promise<Found>;
  readonly untilMs: number;
  /** Once it is there. */
  value?: Found;
}

export class SessionCache {
  readonly #entries = new Map<string, Entry>();

  /** Asks once for all who ask at the same time. What failed or was not found is not kept. */
  get(key: string, find: () => Promise<Found>): Promise<Found> {
    const kept = this.#entries.get(key);
    if (kept !== undefined && kept.untilMs > performance.now()) return kept.found;
    const entry: Entry = { found: find(), untilMs: performance.now() + KEPT_MS };
    this.#keep(key, entry);
    entry.found.then(
      (value) => {
        entry.value = value;
        if (value.state !== 'known') this.#forget(key, entry);
      },
      () => this.#forget(key, entry),
    );
    return entry.found;
  }

  /** Also those that are being asked for: their answer may be from before. */
  drop({ account, session }: { account?: unknown; session?: unknown }): void {
    for (const [key, { value }] of this.#entries) {
      const who = value?.state === 'known' ? value.who : undefined;
      if (who === undefined || who.account.id === account || who.session === session)
        this.#entries.delete(key);
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.size >= MOST ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, entry);
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
