// Seating one match: claim its tickets, reserve, ask the instance, tell the tickets. All or none of a party, and each
// step undone by the one who did it, or by time when that one is dead: claims and reservations are leases.
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Holder, Seats } from '../seats/seats.ts';
import { rememberAvoidances } from './apart.ts';
import type { Match } from './match.ts';
import type { QueuedTicket, TicketQueue } from './queue.ts';

export interface SeatContext {
  readonly queue: TicketQueue;
  readonly seats: Seats;
  readonly redis: Redis;
  readonly log: FastifyBaseLogger;
}

/** `elsewhere`: they are cancelled, or another process seats them. The others wait on in their places. */
export type Outcome = 'seated' | 'elsewhere' | 'full' | 'refused';

export async function seat(
  match: Match,
  world: string,
  { queue, seats, redis, log }: SeatContext,
): Promise<Outcome> {
  const { instance } = match;
  const tickets = match.tickets as readonly QueuedTicket[];
  const ids = tickets.map(({ id }) => id);
  const claim = await queue.claim(ids);
  if (claim === undefined) return 'elsewhere';
  try {
    const holders = tickets.map(holder);
    const reservation = await seats.reserve(instance, holders);
    if (typeof reservation === 'string') {
      await queue.unclaim(claim, ids);
      return 'full';
    }
    // Before anybody can be told: whoever comes next must be kept apart from them.
    await rememberAvoidances(redis, world, tickets);
    const answer = await seats.confirm(instance, reservation, holders);
    if (answer !== 'accepted') {
      log.debug({ instance, answer }, 'refused at the door');
      await queue.unclaim(claim, ids, instance);
      return 'refused';
    }
    const taken = reservation.seats.map((id, at) => ({ id: ids[at] as string, seat: id }));
    const told = await queue.seat(claim, instance, taken);
    const unwanted = taken.filter((_, at) => !told[at]);
    await Promise.all(unwanted.map((one) => seats.release(instance, one.seat)));
    return 'seated';
  } catch (error) {
    // Redis went away in the middle. What is claimed and reserved runs out, and they are seated anew.
    await queue.unclaim(claim, ids).catch(() => {});
    throw error;
  }
}

function holder({ account, name }: QueuedTicket): Holder {
  return { account, name, role: 'player' };
}
