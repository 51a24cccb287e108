// What waits to be sent to one socket. A client that reads is sent everything at once. For one that is slow, the newest of
// each slot waits here and takes the older one's place; what must arrive goes on into the socket's own queue. A client
// for whom that queue grows to the bound does not read, and is cut off: what it costs is bounded either way.
import type { Frame } from './envelope.ts';

/** A WebSocket, as far as sending goes. */
export interface Sink {
  readonly bufferedAmount: number;
  send(bytes: Buffer, options: { binary: false }, done: () => void): void;
}

export interface OutboxRules {
  readonly unsentHighBytes: number;
  readonly unsentMaxBytes: number;
  readonly slots: number;
}

export class Outbox {
  readonly #sink: Sink;
  readonly #rules: OutboxRules;
  readonly #onOverflow: () => void;
  readonly #waiting = new Map<string, Frame>();
  #isOver = false;
  /** Frames whose place a newer one took. */
  coalesced = 0;

  constructor(sink: Sink, rules: OutboxRules, onOverflow: () => void) {
    this.#sink = sink;
    this.#rules = rules;
    this.#onOverflow = onOverflow;
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    if (frame.slot !== undefined && this.#isSlow()) this.#wait(frame.slot, frame);
    else if (this.#isFullFor(frame)) this.#overflow();
    else this.#write(frame);
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#isOver = true;
    this.#waiting.clear();
  }

  /** In its slot's turn: what waits goes out in the order in which it was last told. */
  #wait(slot: string, frame: Frame): void {
    if (this.#waiting.delete(slot)) this.coalesced += 1;
    if (this.#waiting.size >= this.#rules.slots) this.#overflow();
    else this.#waiting.set(slot, frame);
  }

  #isSlow(): boolean {
    return this.#waiting.size > 0 || this.#sink.bufferedAmount > this.#rules.unsentHighBytes;
  }

  /** One frame, however big, may always be on its way. */
  #isFullFor({ bytes }: Frame): boolean {
    const unsent = this.#sink.bufferedAmount;
    return unsent > 0 && unsent + bytes.length > this.#rules.unsentMaxBytes;
  }

  #write(frame: Frame): void {
    this.#sink.send(frame.bytes, { binary: false }, () => this.#drain());
  }

  #drain(): void {
    for (const [slot, frame] of this.#waiting) {
      if (this.#isOver || this.#sink.bufferedAmount > this.#rules.unsentHighBytes) return;
      this.#waiting.delete(slot);
      this.#write(frame);
    }
  }

  #overflow(): void {
    this.close();
    this.#onOverflow();
  }
}
