// A player's end of the gateway, for tests and benchmarks: sends envelopes, keeps what comes, and holds every event that
// it is sent to the table.
import { WebSocket } from 'ws';
import { check, type Data, type EventName, isEvent, type RequestName } from '../src/gateway/events.ts';
import { until } from './until.ts';

export interface Envelope<N extends EventName = EventName> {
  readonly type: N;
  readonly id: string;
  readonly time: string;
  readonly world?: string;
  readonly instance?: string;
  readonly from?: string;
  readonly data: Data<N>;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const ENVELOPE = new Set(['type', 'id', 'time', 'world', 'instance', 'from', 'data']);

export class GatewayClient {
  readonly socket: WebSocket;
  readonly events: Envelope[] = [];
  /** What the table does not allow. */
  readonly faults: string[] = [];
  closed: Closed | undefined;
  #ids = 0;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/gateway`, {
      headers,
      perMessageDeflate: false,
    });
    this.socket.on('message', (bytes) => this.#hear(String(bytes)));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('error', () => {}); // `close` follows
  }

  /** Connected, and signed in. */
  static async enter(url: string, token: string): Promise<GatewayClient> {
    const client = new GatewayClient(url);
    await client.opened();
    await client.request('gateway:hello:v1:requested', { token });
    return client;
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
  }

  send<N extends RequestName>(type: N, data: Data<N>, id = this.#nextId()): string {
    this.socket.send(JSON.stringify({ type, id, data }));
    return id;
  }

  /** The event that answers. */
  async request<N extends RequestName>(type: N, data: Data<N>): Promise<Envelope> {
    const id = this.send(type, data);
    return until(() => this.events.find((event) => event.id === id));
  }

  of<N extends EventName>(type: N): Envelope<N>[] {
    return this.events.filter((event): event is Envelope<N> => event.type === type);
  }

  /** The first event of a type, that has come or comes; with `such` one like that. */
  next<N extends EventName>(type: N, such: (event: Envelope<N>) => boolean = () => true, within = 10_000) {
    return until(() => this.of(type).find(such), within);
  }

  ended(within = 10_000): Promise<Closed> {
    return until(() => this.closed, within);
  }

  close(): void {
    this.socket.close();
  }

  #nextId(): string {
    this.#ids += 1;
    return `c${this.#ids}`;
  }

  #hear(text: string): void {
    const event = JSON.parse(text) as Envelope;
    const extra = Object.keys(event).find((key) => !ENVELOPE.has(key));
    const checked = isEvent(event.type) ? check(event.type, event.data) : { fault: 'no such event' };
    if (extra !== undefined) this.faults.push(`${event.type}: ${extra} in the envelope`);
    if ('fault' in checked) this.faults.push(`${event.type}: ${checked.fault}`);
    this.events.push(event);
  }
}
