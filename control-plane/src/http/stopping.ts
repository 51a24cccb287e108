// The end of a process that others count on. First it says that it is not ready, so that nobody new is sent here; then new
// requests are refused, streams and sockets are told and closed, and what runs may finish within a bound.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { App } from './route.ts';

/**
 * Whoever is on the way when the socket closes gets a broken connection instead of an answer. So it listens on and refuses
 * until nobody has come for a while, as everybody who was told goes elsewhere; bounded for those who do not (unit:
 * milliseconds).
 */
const QUIET_MS = 250;
const LONGEST_LINGER_MS = 2_000;
/** For what runs; below the 8 s after which `npm start` kills (unit: milliseconds). */
const FINISH_MS = 5_000;

/** Asked by whoever decides where requests go. */
const ALWAYS_ANSWERED = new Set(['/healthz', '/readyz']);

export class Stopping {
  readonly #end = new AbortController();
  #isAnnounced = false;
  #askedAtMs = 0;

  /** Readiness is red. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** New requests are refused; streams, sockets and everybody who waits come to an end. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Since the last request that was refused. */
  get quietMs(): number {
    return performance.now() - this.#askedAtMs;
  }

  refuse(): never {
    this.#askedAtMs = performance.now();
    throw new ApiError('OW_ERR_STOPPING');
  }

  announce(): void {
    this.#isAnnounced = true;
  }

  end(): void {
    this.#isAnnounced = true;
    this.#end.abort();
  }
}

/** A hook for every request, before all others. */
export function refuseWhenStopping(app: App, stopping: Stopping): void {
  app.addHook('onRequest', async ({ routeOptions }, reply) => {
    if (stopping.isAnnounced) reply.header('connection', 'close');
    if (stopping.signal.aborted && !ALWAYS_ANSWERED.has(routeOptions.url ?? '')) stopping.refuse();
  });
}

/** Resolves when nobody is served any more. */
export async function drain(app: App, stopping: Stopping, noticeMs: number): Promise<void> {
  stopping.announce();
  await sleep(noticeMs);
  stopping.end();
  await untilQuiet(app, stopping);
  const cut = setTimeout(() => {
    app.log.warn('requests did not finish in time and are cut off');
    app.server.closeAllConnections();
  }, FINISH_MS);
  await app.close();
  clearTimeout(cut);
}

async function untilQuiet(app: App, stopping: Stopping): Promise<void> {
  const since = performance.now();
  if ((await connections(app)) > 0) await sleep(QUIET_MS);
  while (stopping.quietMs < QUIET_MS && performance.now() - since < LONGEST_LINGER_MS)
    await sleep(QUIET_MS / 5);
}

function connections({ server }: App): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count ?? 0)));
}
