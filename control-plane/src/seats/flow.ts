// Joining, in order: a guest → an instance with room → its word on the seat → the tokens. An instance that refuses or
// falls silent costs the guest another round, not the visit.
import { ApiError } from '../errors.ts';
import type { FleetProvider } from '../fleet/provider.ts';
import type { Assignment, Instance, Registration, WorldRef } from '../instances/instance.ts';
import { instanceKey } from '../instances/keys.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import { choose } from './choose.ts';
import { type Guest, guest } from './guest.ts';
import { type OfferRules, offer } from './offer.ts';
import { Opener } from './open.ts';
import { type PipeToken, sealTokens } from './seal.ts';

export interface Joined {
  readonly seat: bigint;
  readonly user: string;
  readonly instance: string;
  readonly world: WorldRef;
  readonly protocolHash: bigint;
  readonly pipes: readonly PipeToken[];
}

export interface SeatContext {
  readonly fleet: FleetProvider;
  readonly registry: InstanceRegistry;
  readonly masterKey: Uint8Array;
  readonly rules: OfferRules;
}

/** Rounds before a guest is told that there is no room. */
const ROUNDS = 4;

export class Seats {
  readonly #context: SeatContext;
  readonly #opener: Opener;

  constructor(context: SeatContext) {
    this.#context = context;
    this.#opener = new Opener(context.fleet, context.registry);
  }

  async join(worldId: string, name: string): Promise<Joined> {
    const { registry, rules } = this.#context;
    const newcomer = guest(name);
    const refused = new Set<string>();
    let hasTimedOut = false;
    for (let round = 0; round < ROUNDS; round += 1) {
      const instance = await this.#find(worldId, refused);
      if (instance === undefined) break;
      const { seat, answer } = await offer(registry, instance, newcomer, rules);
      if (answer === 'accepted') return this.#seal(instance, seat, newcomer);
      hasTimedOut ||= answer === 'timeout';
      refused.add(instance.name);
    }
    throw new ApiError(hasTimedOut ? 'OW_ERR_SEAT_TIMEOUT' : 'OW_ERR_NO_ROOM');
  }

  async #find(worldId: string, refused: ReadonlySet<string>): Promise<Instance | undefined> {
    const { registry } = this.#context;
    const running = choose(registry.all(), worldId, refused);
    if (running !== undefined) return running;
    return (await this.#opener.open()) ? choose(registry.all(), worldId, refused) : undefined;
  }

  #seal(instance: Instance, seat: bigint, newcomer: Guest): Joined {
    const { masterKey, rules } = this.#context;
    const registration = instance.registration as Registration;
    const { world } = instance.assignment as Assignment;
    const key = instanceKey(masterKey, registration.uid);
    return {
      seat,
      user: newcomer.user,
      instance: instance.name,
      world,
      protocolHash: registration.protocolHash,
      pipes: sealTokens(registration, key, seat, newcomer, rules.keepMs),
    };
  }
}
