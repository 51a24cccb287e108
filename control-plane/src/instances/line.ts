// The line to one instance: what is said to it, and the deadline for its heartbeats. One line lives as long as one
// gRPC stream.
import { Code, ConnectError } from '@connectrpc/connect';
import { Mailbox } from '../mailbox.ts';
import type { Outgoing } from './messages.ts';

/** An instance that lets so many messages lie does not read any more. */
const BACKLOG = 1024;

export class Line {
  readonly name: string;
  readonly #outbox = new Mailbox<Outgoing>(BACKLOG);
  readonly #deadlineMs: number;
  readonly #onEnd: (code: Code, reason: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #end: ConnectError | undefined;

  constructor(name: string, deadlineMs: number, onEnd: (code: Code, reason: string) => void) {
    this.name = name;
    this.#deadlineMs = deadlineMs;
    this.#onEnd = onEnd;
    this.beat();
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Nothing that is said may be lost: a line that is full ends, and the instance dials again. */
  send(message: Outgoing): void {
    if (this.#outbox.length >= BACKLOG) this.end(Code.ResourceExhausted, 'it does not read');
    else this.#outbox.push(message);
  }

  /** A heartbeat was heard. */
  beat(): void {
    clearTimeout(this.#timer);
    if (this.#end !== undefined) return;
    this.#timer = setTimeout(() => {
      this.end(Code.DeadlineExceeded, `no heartbeat for ${this.#deadlineMs / 1000} s`);
    }, this.#deadlineMs);
  }

  end(code: Code, reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = new ConnectError(reason, code);
    clearTimeout(this.#timer);
    this.#outbox.close();
    this.#onEnd(code, reason);
  }

  /** Another process holds a newer line of the same instance. */
  supersede(): void {
    this.end(Code.AlreadyExists, 'a newer line of the same instance took over');
  }

  /** What is said, until the line ends; then throws why. */
  async *messages(): AsyncGenerator<Outgoing, void> {
    yield* this.#outbox;
    if (this.#end !== undefined) throw this.#end;
  }
}
