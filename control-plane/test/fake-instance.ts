// An instance as the control plane meets it, without Godot: it dials by real gRPC, proves itself with its real
// credential and answers offers as it is told to.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import {
  type AssignWorld,
  type ControlMessage,
  type EventRequest,
  InstanceMessageSchema,
  InstanceService,
  type OfferSeat,
  type Registered,
} from '../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { Mailbox } from '../src/mailbox.ts';
import { until } from './until.ts';

type Content = NonNullable<MessageInitShape<typeof InstanceMessageSchema>['message']>;

export interface FakeOptions {
  readonly controlUrl: string;
  readonly name: string;
  readonly uid: string;
  readonly credential: string;
  readonly protocolHash?: bigint;
  readonly address?: string;
  readonly seats?: readonly { id: bigint; user: string; name: string; connected: boolean }[];
  /** What it says that it runs already. */
  readonly assigned?: AssignWorld;
  /** How it answers an offer; undefined keeps silent. */
  readonly answer?: (
    seat: bigint,
    /** UUID of the account. */
    user: string,
    expiresMs: number,
  ) => 'accept' | string | undefined;
  /** Told of everything that it hears, before it answers. */
  readonly onHeard?: (message: ControlMessage['message']) => void;
  /** What it says to what a player asks for: a cause refuses, undefined keeps silent. */
  readonly event?: (type: string, data: unknown) => 'accept' | string | undefined;
  /** 0: never. */
  readonly heartbeatMs?: number;
}

export const PROTOCOL_HASH = 0xfeed_beef_cafe_f00dn;

export class FakeInstance {
  readonly heard: ControlMessage['message'][] = [];
  readonly #options: FakeOptions;
  readonly #outbox = new Mailbox<Content>(100_000);
  readonly #hangUp = new AbortController();
  #beat: NodeJS.Timeout | undefined;
  /** How the stream ended. */
  readonly ended: Promise<unknown>;

  constructor(options: FakeOptions) {
    this.#options = options;
    const transport = createGrpcTransport({ baseUrl: options.controlUrl });
    const client = createClient(InstanceService, transport);
    this.#register();
    const replies = client.connect(this.#messages(), { signal: this.#hangUp.signal });
    this.ended = this.#listen(replies).catch((error: unknown) => error);
  }

  get name(): string {
    return this.#options.name;
  }

  say(content: Content): void {
    this.#outbox.push(content);
  }

  /** What its heartbeats say from now on. */
  cpuSeconds = 0;

  beat(): void {
    this.say({
      case: 'heartbeat',
      value: {
        tick: 7,
        players: 0,
        tickTimes: { ticks: 30, late: 1, dropped: 0, p50Ms: 1.5, p99Ms: 4, p999Ms: 5, maxMs: 5 },
        tickTimesSinceStart: { ticks: 300, late: 2, dropped: 1, p50Ms: 1.5, p99Ms: 4, p999Ms: 7, maxMs: 9 },
        tickAllocations: 12n,
        refusals: [{ cause: 'token_expired', count: 2n }],
        bytesIn: 10n,
        bytesOut: 20n,
        cpuSeconds: this.cpuSeconds,
        residentBytes: 1000n,
      },
    });
  }

  async registered(): Promise<Registered> {
    const over = this.ended.then((error) => {
      throw error ?? new Error('the stream ended');
    });
    const first = await Promise.race([until(() => this.heard[0]), over]);
    if (first.case !== 'registered') throw new Error(`heard ${first.case} first`);
    return first.value;
  }

  /** The world that it was given. */
  assignment(): Promise<AssignWorld> {
    return until(() => this.of('assignWorld')[0]?.value);
  }

  of<C extends ControlMessage['message']['case']>(name: C) {
    return this.heard.filter(
      (message): message is Extract<typeof message, { case: C }> => message.case === name,
    );
  }

  hangUp(): void {
    clearInterval(this.#beat);
    this.#hangUp.abort();
  }

  stopBeating(): void {
    clearInterval(this.#beat);
  }

  #register(): void {
    const { name, uid, credential, protocolHash = PROTOCOL_HASH, seats = [], assigned } = this.#options;
    const endpoints = [{ pipe: 'udp', address: this.#options.address ?? '127.0.0.1', port: 7420 }];
    this.say({
      case: 'register',
      value: {
        name,
        uid,
        credential,
        build: 'fake',
        protocolHash,
        endpoints,
        seats: [...seats],
        ...(assigned && {
          world: assigned.world,
          capacity: assigned.capacity,
          tickRateHz: assigned.tickRateHz,
        }),
      },
    });
  }

  async *#messages() {
    for await (const message of this.#outbox) yield create(InstanceMessageSchema, { message });
  }

  async #listen(replies: AsyncIterable<ControlMessage>): Promise<void> {
    for await (const { message } of replies) {
      this.heard.push(message);
      this.#options.onHeard?.(message);
      if (message.case === 'registered') this.#beatFromNowOn();
      const wasAssigned = this.#options.assigned !== undefined;
      if (message.case === (wasAssigned ? 'registered' : 'assignWorld')) this.#open();
      if (message.case === 'offerSeat') this.#answer(message.value);
      if (message.case === 'eventRequest') this.#answerEvent(message.value);
    }
  }

  #open(): void {
    this.say({
      case: 'listening',
      value: { worldHash: 5n, staticTriangles: 12, dynamicBodies: 3, loadMs: 8 },
    });
  }

  #beatFromNowOn(): void {
    const every = this.#options.heartbeatMs ?? 100;
    this.beat();
    if (every > 0) this.#beat = setInterval(() => this.beat(), every);
  }

  #answer({ seat, expiresMs }: OfferSeat): void {
    const { id = 0n, user = '' } = seat ?? {};
    const { answer: decide = () => 'accept' } = this.#options;
    const answer = decide(id, user, expiresMs);
    if (answer === undefined) return;
    if (answer === 'accept')
      this.say({ case: 'seatAnswer', value: { id, answer: { case: 'accepted', value: {} } } });
    else
      this.say({ case: 'seatAnswer', value: { id, answer: { case: 'refused', value: { cause: answer } } } });
  }

  #answerEvent({ id, type, data }: EventRequest): void {
    const answer = (this.#options.event ?? (() => 'not_offered'))(type, JSON.parse(data));
    if (answer === undefined) return;
    if (answer === 'accept')
      this.say({ case: 'eventAnswer', value: { id, answer: { case: 'accepted', value: {} } } });
    else
      this.say({ case: 'eventAnswer', value: { id, answer: { case: 'refused', value: { cause: answer } } } });
  }
}
