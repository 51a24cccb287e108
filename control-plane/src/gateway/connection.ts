// One socket from its upgrade to its end: hello, then requests and their answers, then a close that says why. Nothing
// that a client sends may throw past here; what it does wrong costs it tokens, and in the end the socket.
import type { RawData, WebSocket } from 'ws';
import type { Who } from '../accounts/who.ts';
import { ApiError } from '../errors.ts';
import { isAway } from '../persistence/away.ts';
import { errorFrame, type Frame, frame, type Request, readFrame } from './envelope.ts';
import { EVENTS, type StreamName } from './events.ts';
import { Outbox } from './outbox.ts';
import { CLOSE, type GatewayRules } from './rules.ts';
import { TokenBucket } from './token-bucket.ts';

/** What the rest of the gateway does for a socket. */
export interface Desk {
  readonly rules: GatewayRules;
  /** Undefined: no such session. May throw an ApiError. */
  authenticate(token: string): Promise<Who | undefined>;
  /** The socket may go on; answers `ready`. Throws an ApiError when it may not. */
  admit(connection: Connection, who: Who): Frame;
  /** What a request comes to. Throws an ApiError. */
  answer(connection: Connection, who: Who, request: Request): Promise<Answer>;
  closed(connection: Connection, code: number): void;
  /** Our own mistake. */
  failed(error: unknown, connection: Connection): void;
}

export interface Answer {
  readonly type: StreamName;
  readonly data: unknown;
}

type State =
  | { readonly name: 'greeting'; readonly timer: NodeJS.Timeout }
  /** The token is being looked at. */
  | { readonly name: 'entering'; readonly early: Buffer[] }
  | { readonly name: 'open'; readonly who: Who }
  | { readonly name: 'closed' };

const now = () => performance.now();

export class Connection {
  /** When its hello began: what was revoked since then was not seen by it. */
  readonly openedMs = now();
  readonly #socket: WebSocket;
  readonly #desk: Desk;
  readonly #outbox: Outbox;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #faults: TokenBucket;
  #state: State;
  #pending = 0;
  #heardMs = now();
  #pingedMs = now();

  constructor(socket: WebSocket, desk: Desk) {
    const { rules } = desk;
    this.#socket = socket;
    this.#desk = desk;
    this.#faults = new TokenBucket(rules.faults, now());
    this.#outbox = new Outbox(socket, rules, () =>
      this.close(CLOSE.slowReader, 'you do not read what you are sent'),
    );
    const timer = setTimeout(() => this.close(CLOSE.silent, 'no hello in time'), rules.helloMs);
    this.#state = { name: 'greeting', timer };
    socket.on('message', (raw, isBinary) => this.#hear(raw, isBinary));
    socket.on('pong', () => {
      this.#heardMs = now();
    });
    socket.on('error', () => {}); // bad frames and resets: `close` follows, with the code
    socket.on('close', (code) => this.#end(code));
  }

  get who(): Who | undefined {
    return this.#state.name === 'open' ? this.#state.who : undefined;
  }

  /** Frames that newer ones of their slot have replaced. */
  get coalesced(): number {
    return this.#outbox.coalesced;
  }

  /** Signed in by the upgrade's own header; else the first message has to say hello. */
  enter(who: Who, helloId?: string): void {
    this.#leaveGreeting();
    try {
      const ready = this.#desk.admit(this, who);
      this.#state = { name: 'open', who };
      this.send(helloId === undefined ? ready : answered(ready, helloId));
    } catch (error) {
      this.#reject(error, helloId);
    }
  }

  /** The newest word on who this is; the same session. */
  know(who: Who): void {
    if (this.#state.name === 'open') this.#state = { name: 'open', who };
  }

  send(frame: Frame): void {
    if (this.#state.name !== 'closed') this.#outbox.send(frame);
  }

  /** Says why, as far as the client reads it, and is gone soon after. */
  close(code: number, reason: string): void {
    if (this.#state.name === 'closed') return;
    this.#leaveGreeting();
    this.#outbox.send(frame('gateway:closing:v1:stream', { code, reason }));
    this.#outbox.close();
    this.#socket.close(code, reason);
    const cut = setTimeout(() => this.#socket.terminate(), this.#desk.rules.closeMs);
    this.#socket.once('close', () => clearTimeout(cut));
    this.#end(code);
  }

  /** To be called now and then: pings the silent, and gives up on the dead. */
  watch(): void {
    const { pingMs, idleMs } = this.#desk.rules;
    const silentMs = now() - this.#heardMs;
    if (silentMs > idleMs) this.close(CLOSE.silent, 'nothing was heard of you');
    else if (silentMs > pingMs && now() - this.#pingedMs > pingMs) {
      this.#pingedMs = now();
      this.#socket.ping();
    }
  }

  #end(code: number): void {
    if (this.#state.name === 'closed') return;
    this.#leaveGreeting();
    this.#outbox.close();
    this.#desk.closed(this, code);
    this.#state = { name: 'closed' };
  }

  #leaveGreeting(): void {
    if (this.#state.name === 'greeting') clearTimeout(this.#state.timer);
  }

  #hear(raw: RawData, isBinary: boolean): void {
    this.#heardMs = now();
    const bytes = raw as Buffer; // ws gives Buffers unless told otherwise
    switch (this.#state.name) {
      case 'greeting':
        if (isBinary) this.close(CLOSE.fault, 'text frames only');
        else void this.#greet(String(bytes));
        return;
      case 'entering':
        if (this.#state.early.length < this.#desk.rules.pending) this.#state.early.push(bytes);
        else this.close(CLOSE.tooFast, 'too much before hello was answered');
        return;
      case 'open':
        if (isBinary) this.#fault(new ApiError('OW_ERR_BAD_REQUEST', 'text frames only'));
        else this.#take(String(bytes), this.#state.who);
        return;
      case 'closed':
        return;
      default:
        this.#state satisfies never;
    }
  }

  async #greet(text: string): Promise<void> {
    this.#leaveGreeting();
    const early: Buffer[] = [];
    this.#state = { name: 'entering', early };
    const read = readFrame(text);
    const id = 'fault' in read ? read.id : read.request.id;
    try {
      if ('fault' in read) throw read.fault;
      const { request } = read;
      if (request.type !== 'gateway:hello:v1:requested')
        throw new ApiError('OW_ERR_SIGN_IN', 'Say hello first.');
      const { token } = (request as Request<'gateway:hello:v1:requested'>).data;
      const who = await this.#desk.authenticate(token);
      if (who === undefined) throw new ApiError('OW_ERR_SIGN_IN');
      if (this.#state.name !== 'entering') return; // it has gone meanwhile
      this.enter(who, id);
    } catch (error) {
      this.#reject(error, id);
    }
    for (const bytes of early) if (this.who !== undefined) this.#take(String(bytes), this.who);
  }

  /** Not let in: the error, and the end. */
  #reject(error: unknown, id: string | undefined): void {
    const known = this.#asApiError(error);
    this.send(errorFrame(known, id));
    this.close(closeCodeOf(known), known.message.slice(0, 100));
  }

  #take(text: string, who: Who): void {
    const read = readFrame(text);
    if ('fault' in read) this.#fault(read.fault, read.id);
    else {
      const refusal = this.#refusal(read.request);
      if (refusal !== undefined) this.#fault(refusal, read.request.id);
      else void this.#serve(read.request, who);
    }
  }

  #refusal({ type }: Request): ApiError | undefined {
    if (EVENTS[type].permission === 'none') return new ApiError('OW_ERR_BAD_REQUEST', 'You have said hello.');
    if (this.#pending >= this.#desk.rules.pending)
      return new ApiError('OW_ERR_TOO_FAST', 'Too many wait for answers.');
    return this.#bucket(EVENTS[type].rate as string).take(now())
      ? undefined
      : new ApiError('OW_ERR_TOO_FAST');
  }

  #bucket(rate: string): TokenBucket {
    const known = this.#buckets.get(rate);
    if (known !== undefined) return known;
    const rule = this.#desk.rules.buckets[rate];
    if (rule === undefined) throw new Error(`no bucket for the rate class ${rate}`);
    const bucket = new TokenBucket(rule, now());
    this.#buckets.set(rate, bucket);
    return bucket;
  }

  async #serve(request: Request, who: Who): Promise<void> {
    this.#pending += 1;
    try {
      const { type, data } = await this.#desk.answer(this, who, request);
      this.send(frame(type, data as never, { id: request.id }));
    } catch (error) {
      this.send(errorFrame(this.#asApiError(error), request.id));
    } finally {
      this.#pending -= 1;
    }
  }

  /** The client's mistake. Many of them end the socket: whoever floods is not owed an answer each. */
  #fault(error: ApiError, id?: string): void {
    this.send(errorFrame(error, id));
    if (this.#faults.take(now())) return;
    if (error.code === 'OW_ERR_TOO_FAST') this.close(CLOSE.tooFast, 'too fast for too long');
    else this.close(CLOSE.fault, 'too many bad messages');
  }

  #asApiError(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    if (isAway(error)) return new ApiError('OW_ERR_STORE_AWAY');
    this.#desk.failed(error, this);
    return new ApiError('OW_ERR_INTERNAL');
  }
}

/** `ready` answers hello, so it has its id; it is made once a socket. */
function answered(ready: Frame, id: string): Frame {
  const envelope = JSON.parse(String(ready.bytes)) as object;
  return { ...ready, bytes: Buffer.from(JSON.stringify({ ...envelope, id })) };
}

function closeCodeOf({ code }: ApiError): number {
  switch (code) {
    case 'OW_ERR_SIGN_IN':
      return CLOSE.signIn;
    case 'OW_ERR_BANNED':
      return CLOSE.banned;
    case 'OW_ERR_BAD_REQUEST':
    case 'OW_ERR_UNKNOWN_EVENT':
      return CLOSE.fault;
    default:
      return CLOSE.later;
  }
}
