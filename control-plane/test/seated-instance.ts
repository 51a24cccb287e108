// An instance without Godot on real gRPC, with an instance's own rules of seats, that dials the next control plane when
// its line breaks and tells who is inside, as the real one does.
import { create } from '@bufbuild/protobuf';
import { type AssignWorld, AssignWorldSchema } from '../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { FakeInstance, type FakeOptions } from './fake-instance.ts';
import { SeatRules } from './seat-rules.ts';

const REDIAL_MS = 100;

export class SeatedInstance {
  readonly #options: Omit<FakeOptions, 'controlUrl'>;
  readonly #controlUrls: readonly string[];
  rules: SeatRules | undefined;
  #assigned: AssignWorld | undefined;
  #line: FakeInstance | undefined;
  #dials = 0;
  #hasHungUp = false;

  /** It dials these in turn. */
  constructor(controlUrls: readonly string[], options: Omit<FakeOptions, 'controlUrl'>) {
    this.#controlUrls = controlUrls;
    this.#options = options;
    this.#dial();
  }

  /** The player of a seat comes in; false when the instance does not hold it. */
  connect(seat: bigint): boolean {
    if (!this.rules?.connect(seat)) return false;
    this.#line?.say({ case: 'playerJoined', value: { seat } });
    return true;
  }

  hangUp(): void {
    this.#hasHungUp = true;
    this.#line?.hangUp();
  }

  #dial(): void {
    const controlUrl = this.#controlUrls[this.#dials % this.#controlUrls.length] as string;
    this.#dials += 1;
    const { rules } = this;
    const seats = [...(rules?.held ?? [])].map(([id, user]) => ({
      id,
      user,
      name: 'Ada',
      connected: rules?.isConnected(id) ?? false,
    }));
    const line = new FakeInstance({
      ...this.#options,
      controlUrl,
      seats,
      ...(this.#assigned && { assigned: this.#assigned }),
      onHeard: (message) => {
        if (message.case === 'assignWorld') this.#assign(message.value);
        if (message.case === 'revokeSeat') this.rules?.revoke(message.value.id);
        if (message.case === 'kick') this.rules?.leave(message.value.seat, 'kicked');
      },
      answer: (id, user, expiresMs) => this.rules?.offer(id, user, expiresMs) ?? 'not_listening',
    });
    this.#line = line;
    void line.ended.then(() => {
      line.hangUp();
      if (!this.#hasHungUp) setTimeout(() => this.#dial(), REDIAL_MS);
    });
  }

  #assign(assigned: AssignWorld): void {
    this.#assigned = create(AssignWorldSchema, assigned);
    this.rules ??= new SeatRules(assigned.capacity, (seat, cause) =>
      this.#line?.say({ case: 'playerLeft', value: { seat, cause } }),
    );
  }
}
