// An instance at the other end of a real line, without a process and without gRPC between: for tests and benchmarks
// that give out seats by the thousand. What it says goes through the same `hear` as everybody's words.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { InstanceMessageSchema } from '../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { hear } from '../src/instances/hear.ts';
import type { Instance, Seat } from '../src/instances/instance.ts';
import { Line } from '../src/instances/line.ts';
import type { InstanceRegistry } from '../src/instances/registry.ts';
import { TelemetryHub } from '../src/instances/telemetry.ts';
import { SeatRules } from './seat-rules.ts';
import { quiet } from './supervisor-fixture.ts';

type Content = NonNullable<MessageInitShape<typeof InstanceMessageSchema>['message']>;

const WORLD = { id: 'plaza', sha256: '00', url: 'http://127.0.0.1/' };
const ENDPOINT = { pipe: 'udp', address: '127.0.0.1', port: 7420 };
const NOBODY_WATCHES = new TelemetryHub();
const NEVER_MS = 3_600_000;

export class LineInstance {
  readonly name: string;
  readonly rules: SeatRules;
  readonly #registry: InstanceRegistry;
  readonly #line: Line;
  readonly #keepMs: number | undefined;

  constructor(
    registry: InstanceRegistry,
    name: string,
    /** `rulesCapacity`: how many it would really take, where that is to differ from what it says. */
    {
      capacity,
      rulesCapacity = capacity,
      keepMs,
    }: { capacity: number; rulesCapacity?: number; keepMs?: number },
    seats: readonly Seat[] = [],
  ) {
    this.name = name;
    this.#registry = registry;
    this.#keepMs = keepMs;
    this.rules = new SeatRules(rulesCapacity, (seat, cause) =>
      this.#say({ case: 'playerLeft', value: { seat, cause } }),
    );
    const line: Line = new Line(name, NEVER_MS, (_, reason) => registry.unregister(line, reason));
    this.#line = line;
    registry.register(
      name,
      { uid: name, build: 'test', protocolHash: 1n, endpoints: [ENDPOINT] },
      { world: WORLD, capacity, tickRateHz: 30 },
      seats,
      line,
    );
    this.#say({ case: 'listening', value: {} });
    void this.#obey();
  }

  connect(seat: bigint): void {
    if (this.rules.connect(seat)) this.#say({ case: 'playerJoined', value: { seat } });
  }

  hangUp(): void {
    this.#line.end(1, 'the test hangs up');
  }

  async #obey(): Promise<void> {
    try {
      for await (const { message } of this.#line.messages()) {
        if (message.case === 'offerSeat') {
          const { seat, expiresMs } = message.value;
          const id = seat?.id ?? 0n;
          const answer = this.rules.offer(id, seat?.user ?? '', this.#keepMs ?? expiresMs);
          this.#say({
            case: 'seatAnswer',
            value: {
              id,
              answer:
                answer === 'accept'
                  ? { case: 'accepted', value: {} }
                  : { case: 'refused', value: { cause: answer } },
            },
          });
        }
        if (message.case === 'revokeSeat') this.rules.revoke(message.value.id);
        if (message.case === 'kick') this.rules.leave(message.value.seat, 'kicked');
      }
    } catch {
      // the line has ended
    }
  }

  #say(message: Content): void {
    const instance = this.#registry.get(this.name) as Instance;
    const context = { registry: this.#registry, telemetry: NOBODY_WATCHES, log: quiet };
    if (this.#line.isOpen) hear(create(InstanceMessageSchema, { message }), instance, this.#line, context);
  }
}
