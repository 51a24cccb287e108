// Offering a seat and waiting for the instance's word: only it knows whether the seat is really there.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Instance, lineOf } from '../instances/instance.ts';
import { outgoing } from '../instances/messages.ts';
import type { InstanceRegistry, SeatAnswer } from '../instances/registry.ts';
import type { Guest } from './guest.ts';

export interface Offer {
  readonly seat: bigint;
  readonly answer: SeatAnswer | 'timeout';
}

export interface OfferRules {
  /** How long an instance may think (unit: milliseconds). */
  readonly answerMs: number;
  /** How long it keeps the seat for a player who does not come (unit: milliseconds). */
  readonly keepMs: number;
}

export async function offer(
  registry: InstanceRegistry,
  instance: Instance,
  guest: Guest,
  rules: OfferRules,
): Promise<Offer> {
  const seat = randomSeatId();
  const line = lineOf(instance);
  if (line === undefined) return { seat, answer: 'lost' };
  const answered = registry.takeSeat(instance, { id: seat, ...guest, state: 'offered' });
  line.send(
    outgoing({
      case: 'offerSeat',
      value: { seat: { id: seat, user: guest.user, name: guest.name }, expiresMs: rules.keepMs },
    }),
  );
  const waiting = new AbortController();
  const late = sleep(rules.answerMs, 'timeout' as const, { signal: waiting.signal }).catch(
    () => 'timeout' as const,
  );
  const answer = await Promise.race([answered, late]);
  waiting.abort();
  if (answer === 'timeout') {
    registry.releaseSeat(instance, seat);
    line.send(outgoing({ case: 'revokeSeat', value: { id: seat } }));
  }
  return { seat, answer };
}

/** Also netcode's client id, for which zero means nobody. */
function randomSeatId(): bigint {
  for (;;) {
    const id = randomBytes(8).readBigUInt64LE();
    if (id !== 0n) return id;
  }
}
