// The reader of `proto/events.json`, the table of every event: names and data are types here without a step that
// generates them, and what a peer sends is checked by the table's own JSON Schemas.
//
// TypeScript forgets the values of imported JSON and keeps its keys, so a type is told by the bounds that the table
// sets everywhere: what has a length is a string, what has a minimum a number, what has neither a boolean, and what
// may be null says so in a list of types. `events.test.ts` holds the table to that.
import { z } from 'zod';
import table from '../../../proto/events.json' with { type: 'json' };

type Table = typeof table.events;

export type EventName = keyof Table;
/** What a client may send, and what it may be sent. */
export type RequestName = Extract<EventName, `${string}:requested`>;
export type StreamName = Exclude<EventName, RequestName>;

type Text = { enum: unknown } | { maxLength: number } | { pattern: string } | { format: string };
type Value<S> = S extends { properties: infer P }
  ? { readonly [K in keyof P]: OrNull<P[K]> }
  : S extends { items: infer I }
    ? readonly OrNull<I>[]
    : S extends Text
      ? string
      : S extends { minimum: number }
        ? number
        : boolean;
type OrNull<S> = S extends { type: readonly string[] } ? Value<S> | null : Value<S>;

/** What an event carries. */
export type Data<N extends EventName> = OrNull<Table[N]['data']>;

/** none: before hello. account: signed in. seat: connected to an instance. steward: admins, and a world's owner. */
export type Permission = 'none' | 'account' | 'seat' | 'steward';

export interface EventRow {
  /** On the wire; 16 bits, never used again for another event. */
  readonly id: number;
  /** Seen from the gateway. */
  readonly direction: 'in' | 'out';
  readonly about: string;
  readonly to: string;
  readonly permission: Permission;
  /** Incoming: whose token bucket it takes from. */
  readonly rate?: string;
  /** Incoming: what answers it, unless `gateway:error` does. */
  readonly answer?: readonly string[];
  /**
   * Outgoing: where it waits for a client that is slow to read. The next one of the same place takes its place, as
   * the newest says all. Without one it must arrive, in order. `{x}` is the field x of the data or the envelope.
   */
  readonly slot?: string;
  readonly since: string;
  /** Something in the system makes it or handles it today. */
  readonly implemented: boolean;
  readonly data: z.core.JSONSchema.JSONSchema;
}

export const EVENTS = table.events as unknown as Readonly<Record<EventName, EventRow>>;
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];

const SCHEMAS = new Map<string, z.ZodType>(
  EVENT_NAMES.map((name) => [name, z.fromJSONSchema(EVENTS[name].data)]),
);

export function isEvent(name: string): name is EventName {
  return SCHEMAS.has(name);
}

export function isRequest(name: string): name is RequestName {
  return isEvent(name) && EVENTS[name].direction === 'in';
}

/** The data, if it has the shape that the table gives; else what is wrong with it. */
export function check<N extends EventName>(name: N, data: unknown): { data: Data<N> } | { fault: string } {
  const result = (SCHEMAS.get(name) as z.ZodType).safeParse(data);
  return result.success ? { data: result.data as Data<N> } : { fault: sentence(result.error) };
}

/** Of many faults the first; a peer that sends nonsense is not owed a list. */
function sentence({ issues: [first] }: z.ZodError): string {
  const path = ['data', ...(first?.path ?? [])].join('.');
  return `${path}: ${first?.message ?? 'bad'}`;
}
