// The health deadline, counted as Agones' sidecar counts it: after the initial delay the time since the last ping
// is looked at once a period; each period without a ping is a failure, a ping clears them, and the threshold's
// failure in a row is the end.

export interface HealthSpec {
  readonly disabled: boolean;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly failureThreshold: number;
}

export class HealthMonitor {
  readonly #spec: HealthSpec;
  readonly #onUnhealthy: (reason: string) => void;
  readonly #now: () => number;
  #lastPingMs: number;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: HealthSpec, onUnhealthy: (reason: string) => void, now = () => performance.now()) {
    this.#spec = spec;
    this.#onUnhealthy = onUnhealthy;
    this.#now = now;
    this.#lastPingMs = now();
  }

  start(): void {
    if (this.#spec.disabled) return;
    this.ping();
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(() => this.#check(), this.#spec.periodMs);
    }, this.#spec.initialDelayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  ping(): void {
    this.#lastPingMs = this.#now();
    this.#failures = 0;
  }

  #check(): void {
    const silentMs = this.#now() - this.#lastPingMs;
    if (silentMs <= this.#spec.periodMs) return;
    this.#failures += 1;
    if (this.#failures < this.#spec.failureThreshold) return;
    this.stop();
    this.#onUnhealthy(`no health ping for ${(silentMs / 1000).toFixed(1)} s`);
  }
}
