// The end of a process that others count on. First it says that it is not ready, so that nobody new is sent here; then new
// requests are refused, streams and sockets are told and closed, and what runs may finish within a bound.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { App } from './route.ts';

/** Still listening, so that who comes over a connection that is open hears that it closes (unit: milliseconds). */
const LINGER_MS = 250;
/** For what runs; below the 8 s after which `npm start` kills (unit: milliseconds). */
const FINISH_MS = 5_000;

/** Asked by whoever decides where requests go. */
const ALWAYS_ANSWERED = new Set(['/healthz', '/readyz']);

export class Stopping {
  readonly #end = new AbortController();
  #isAnnounced = false;

  /** Readiness is red. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** New requests are refused; streams, sockets and everybody who waits come to an end. */
  get signal(): AbortSignal {
    return this.#end.signal;
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
    if (stopping.signal.aborted && !ALWAYS_ANSWERED.has(routeOptions.url ?? '')) {
      throw new ApiError('OW_ERR_STOPPING');
    }
  });
}

/** Resolves when nobody is served any more. */
export async function drain(app: App, stopping: Stopping, noticeMs: number): Promise<void> {
  stopping.announce();
  await sleep(noticeMs);
  stopping.end();
  if ((await connections(app)) > 0) await sleep(LINGER_MS);
  const cut = setTimeout(() => {
    app.log.warn('requests did not finish in time and are cut off');
    app.server.closeAllConnections();
  }, FINISH_MS);
  await app.close();
  clearTimeout(cut);
}

function connections({ server }: App): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count ?? 0)));
}
