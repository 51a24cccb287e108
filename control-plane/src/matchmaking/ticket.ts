// A ticket: somebody's wish to enter a world, from the moment they ask until they have a seat or it ends. What a client
// sends, what its owner sees and what the processes tell each other.
import { z } from 'zod';
import { ApiError, type ErrorCode } from '../errors.ts';
import { MAX_PARTY } from './rules.ts';

const uuid = z.uuid().toLowerCase();
const friends = z.array(uuid).max(64);

export const ticketAsk = z.strictObject({
  world: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-z0-9-]+$/i, 'is neither an id nor a slug')
    .describe('Id or slug of the world.'),
  party: z
    .strictObject({
      id: uuid.describe('Agreed on by its members, and known to nobody else.'),
      size: z.int().min(1).max(MAX_PARTY),
    })
    .optional()
    .describe('Those who name the same party enter together, once all have asked.'),
  wishes: z
    .strictObject({
      with: friends.optional().describe('Accounts to be with, where there is room.'),
      avoid: friends.optional().describe('Accounts never to be with.'),
      regions: z
        .record(z.string().regex(/^[a-z0-9-]{1,32}$/), z.number().min(0).max(60_000))
        .refine((regions) => Object.keys(regions).length <= 32, 'at most 32 regions')
        .optional()
        .describe('Round-trip times to regions, in milliseconds.'),
    })
    .optional(),
  protocolHash: z
    .string()
    .regex(/^[0-9]{1,20}$/)
    .optional()
    .describe('The protocol that the client speaks; without it any instance will do.'),
});

export type TicketAsk = z.infer<typeof ticketAsk>;

export const TICKET_STATES = ['waiting', 'opening', 'seated', 'ended'] as const;
export type TicketState = (typeof TICKET_STATES)[number];

export interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** What `ow:ticket` carries at each change: all but the way in, which is its owner's alone. */
export interface TicketNews {
  readonly id: string;
  readonly account: string;
  /** Id of the world. */
  readonly world: string;
  readonly state: TicketState;
  /** In the queue of its world, from 1; null once it is decided. */
  readonly position: number | null;
  /** Null while too little is known to say. */
  readonly estimateSeconds: number | null;
  readonly reason: Reason | null;
  /** Where it is seated, and under which name. */
  readonly place?: { readonly instance: string; readonly seat: string; readonly name: string };
}

export function isDecided({ state }: Pick<TicketNews, 'state'>): boolean {
  return state === 'seated' || state === 'ended';
}

export function reasonOf(code: ErrorCode, detail?: string): Reason {
  const { message, hint } = new ApiError(code, detail).body();
  return { code, message, hint };
}
