// The envelope that every event travels in, both ways: reading a client's frame without ever trusting it, and writing
// ours once for all sockets that it goes to.
import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors.ts';
import { check, type Data, EVENTS, isRequest, type RequestName, type StreamName } from './events.ts';

/** What a client has sent, checked against the table. */
export interface Request<N extends RequestName = RequestName> {
  readonly type: N;
  /** The client's own; its answer carries it. */
  readonly id: string;
  readonly data: Data<N>;
}

export type Read = { readonly request: Request } | { readonly fault: ApiError; readonly id?: string };

const KEYS = new Set(['type', 'id', 'time', 'data']);
const ID = /^[\x21-\x7e]{1,64}$/;

export function readFrame(text: string): Read {
  const envelope = parse(text);
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    return bad('the frame is not a JSON object');
  }
  const { type, id = randomUUID(), data = {} } = envelope as Record<string, unknown>;
  if (typeof id !== 'string' || !ID.test(id)) return bad('id: 1 to 64 visible ASCII characters');
  const extra = Object.keys(envelope).find((key) => !KEYS.has(key));
  if (extra !== undefined)
    return bad(`${JSON.stringify(extra.slice(0, 64))} is not a field that a client sends`, id);
  if (typeof type !== 'string' || !isRequest(type))
    return { fault: new ApiError('OW_ERR_UNKNOWN_EVENT'), id };
  const checked = check(type, data);
  if ('fault' in checked) return bad(checked.fault, id);
  return { request: { type, id, data: checked.data } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const bad = (detail: string, id?: string): Read => ({
  fault: new ApiError('OW_ERR_BAD_REQUEST', detail),
  ...(id !== undefined && { id }),
});

/** An event as it is sent. One frame may go to many sockets. */
export interface Frame {
  readonly type: StreamName;
  /** Where it waits for a slow reader; undefined: it must arrive. */
  readonly slot: string | undefined;
  readonly bytes: Buffer;
}

export interface Origin {
  /** Default: a fresh one. */
  readonly id?: string;
  /** Default: now. */
  readonly time?: Date;
  readonly world?: string | undefined;
  readonly instance?: string | undefined;
  /** The account that caused it. */
  readonly from?: string;
}

export function frame<N extends StreamName>(type: N, data: Data<N>, origin: Origin = {}): Frame {
  const { id = randomUUID(), time = new Date(), ...rest } = origin;
  const envelope = { type, id, time: time.toISOString(), ...rest, data };
  const slot = EVENTS[type].slot?.replaceAll(/\{(\w+)\}/g, (_, field: string) =>
    String((data as Record<string, unknown>)[field] ?? (rest as Record<string, unknown>)[field]),
  );
  return { type, slot, bytes: Buffer.from(JSON.stringify(envelope)) };
}

export function errorFrame(error: ApiError, id?: string): Frame {
  const { code, message, hint, status } = error.body();
  return frame('gateway:error:v1:stream', { code, message, hint, status }, id === undefined ? {} : { id });
}
