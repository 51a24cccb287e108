// A reservation made through the SDK: Reserved for so many seconds (0: until something else is asked), then Ready
// again.
import type { GameServer } from './game-server.ts';

/** setTimeout's longest (unit: milliseconds); 24 days are for ever here. */
const LONGEST_MS = 2 ** 31 - 1;

export class ReserveTimer {
  readonly #server: GameServer;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: GameServer) {
    this.#server = server;
  }

  start(seconds: number): void {
    this.stop();
    const forMs = seconds > 0 ? Math.min(seconds * 1000, LONGEST_MS) : undefined;
    const untilMs = forMs === undefined ? undefined : Date.now() + forMs;
    if (!this.#server.apply({ type: 'reserve', untilMs }) || forMs === undefined) return;
    this.#timer = setTimeout(() => this.#server.apply({ type: 'ready' }), forMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
