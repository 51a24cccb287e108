// What the processes of the control plane tell each other, over Redis: published JSON reaches every process that listens now
// and none that does not. One connection per process listens; whoever keeps something because of what it heard also
// asks to be told of gaps, in which it may have missed a message.
import type { Redis } from 'ioredis';

interface Log {
  error(details: object, message: string): void;
}

// biome-ignore lint/suspicious/noExplicitAny: what a channel carries is known to its owner, who checks it
type Handler = (message: any) => void;

export class Bus {
  readonly #redis: Redis;
  readonly #listener: Redis;
  readonly #log: Log | undefined;
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #gapHandlers = new Set<() => void>();
  #subscribing: Promise<unknown> = Promise.resolve();
  #wasReady = false;

  constructor(redis: Redis, log?: Log) {
    this.#redis = redis;
    this.#log = log;
    // A subscription waits for Redis as long as it takes.
    this.#listener = redis.duplicate({ maxRetriesPerRequest: null, commandTimeout: undefined });
    this.#listener.on('error', () => {}); // the other connection tells it
    this.#listener.on('message', (channel, text) => this.#hear(channel, text));
    this.#listener.on('ready', () => this.#connected());
  }

  /** Answers how many processes have heard it. */
  async publish(channel: string, message: unknown): Promise<number> {
    return this.#redis.publish(channel, JSON.stringify(message));
  }

  /** Returns how to stop listening. `subscribed` says when messages come for certain. */
  subscribe(channel: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(channel) ?? new Set();
    handlers.add(handler);
    if (handlers.size === 1 && !this.#handlers.has(channel)) {
      this.#handlers.set(channel, handlers);
      this.#order(() => this.#listener.subscribe(channel));
    }
    return () => {
      if (!handlers.delete(handler) || handlers.size > 0) return;
      this.#handlers.delete(channel);
      this.#order(() => this.#listener.unsubscribe(channel));
    };
  }

  /** Resolves when everything subscribed so far is heard. */
  async subscribed(): Promise<void> {
    await this.#subscribing;
  }

  /** Called after each time in which messages may have been missed. */
  onGap(handler: () => void): () => void {
    this.#gapHandlers.add(handler);
    return () => this.#gapHandlers.delete(handler);
  }

  close(): void {
    this.#handlers.clear();
    this.#gapHandlers.clear();
    this.#listener.disconnect();
  }

  #connected(): void {
    const again = this.#wasReady;
    this.#wasReady = true;
    if (!again) return;
    // By now the client has sent its subscriptions anew; the answer to a ping comes after theirs.
    const listens = this.#listener.ping();
    void listens.then(
      () => this.#gapHandlers.forEach((handler) => void this.#run(handler)),
      () => {}, // away again: the next connection tells
    );
  }

  #order(command: () => Promise<unknown>): void {
    const done = command().catch(() => {}); // closed meanwhile
    this.#subscribing = Promise.all([this.#subscribing, done]);
  }

  #hear(channel: string, text: string): void {
    const message = parse(text);
    if (message === undefined) {
      this.#log?.error({ channel }, 'a message on the bus is not JSON');
      return;
    }
    for (const handler of [...(this.#handlers.get(channel) ?? [])]) this.#run(() => handler(message));
  }

  /** One listener's mistake is not its neighbours'. */
  #run(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#log?.error({ err: error }, 'a listener on the bus failed');
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
