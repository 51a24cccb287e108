// Sockets end with what they stand on: a session that is revoked, an account that is kept out. The channels say so
// at once; a look at the database now and then catches what a lost message has hidden, and sessions that run out.

import type { Who } from '../accounts/who.ts';
import type { Bus } from '../bus.ts';

export interface Revoked {
  readonly account?: string;
  readonly session?: string;
  /** Kept out: why. */
  readonly banned?: string;
}

/** A hello that began before the word came may have read the database before the deed (unit: milliseconds). */
const REMEMBERED_MS = 10_000;

export class Revocations {
  readonly #recent: { readonly atMs: number; readonly revoked: Revoked }[] = [];
  readonly #stops: (() => void)[];

  constructor(bus: Bus, onRevoked: (revoked: Revoked) => void) {
    const hear = (revoked: Revoked) => {
      this.#remember(revoked);
      onRevoked(revoked);
    };
    this.#stops = [
      bus.subscribe('ow:revoked', ({ account, session }: Revoked) =>
        hear({ ...(account !== undefined && { account }), ...(session !== undefined && { session }) }),
      ),
      bus.subscribe('ow:banned', ({ account, reason }: { account: string; reason: string }) =>
        hear({ account, banned: reason }),
      ),
    ];
  }

  /** The word on somebody since a moment, if there was one. */
  since(fromMs: number, who: Who): Revoked | undefined {
    return this.#recent.find(({ atMs, revoked }) => atMs >= fromMs && concerns(revoked, who))?.revoked;
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #remember(revoked: Revoked): void {
    const nowMs = performance.now();
    this.#recent.push({ atMs: nowMs, revoked });
    while (this.#recent[0] !== undefined && this.#recent[0].atMs < nowMs - REMEMBERED_MS)
      this.#recent.shift();
  }
}

export function concerns({ account, session }: Revoked, who: Who): boolean {
  return session === undefined ? account === who.account.id : session === who.session;
}
