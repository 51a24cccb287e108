// Counters and lists of a GameServer (Agones' CountsAndLists) as pure functions: old value and request in, new
// value or a refusal out. The causes are those that `proto/agones/beta.proto` promises; the sidecar of Agones 1.56
// carries them in the text and answers the code UNKNOWN, so server code may look at either.
import type { Counter, List } from '../game-server.ts';

export type RefusalCause = 'notFound' | 'outOfRange' | 'alreadyExists' | 'invalidArgument';

export class Refusal extends Error {
  readonly reason: RefusalCause;

  constructor(reason: RefusalCause, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Agones' bound on a list's capacity. */
const LIST_MAX_CAPACITY = 1000;

export interface CounterUpdate {
  readonly diff: number;
  readonly count: number | undefined;
  readonly capacity: number | undefined;
}

export function updateCounter(counter: Counter, update: CounterUpdate): Counter {
  const { diff, count, capacity } = update;
  if (diff === 0 && count === undefined && capacity === undefined) {
    throw new Refusal('invalidArgument', 'invalid argument. Malformed CounterUpdateRequest');
  }
  const grown = capacity ?? counter.capacity;
  if (grown < 0) {
    throw new Refusal(
      'outOfRange',
      `out of range. Capacity must be greater than or equal to 0. Found: ${grown}`,
    );
  }
  const asked = (count ?? counter.count) + diff;
  if ((count !== undefined || diff !== 0) && (asked < 0 || asked > grown)) {
    throw new Refusal(
      'outOfRange',
      `out of range. Count must be within range [0,Capacity]. Found Count: ${asked}, Capacity: ${grown}`,
    );
  }
  return { count: Math.min(asked, grown), capacity: grown };
}

export interface ListUpdate {
  /** Names of the fields to take over: "capacity", "values". None: nothing changes, as in Agones. */
  readonly fields: readonly string[];
  readonly capacity: number;
  readonly values: readonly string[];
}

export function updateList(list: List, update: ListUpdate): List {
  const unknown = update.fields.filter((field) => !['name', 'capacity', 'values'].includes(field));
  if (unknown.length > 0) {
    throw new Refusal(
      'invalidArgument',
      `invalid argument. Field Mask Path(s): ${unknown} are invalid for List`,
    );
  }
  if (update.capacity < 0 || update.capacity > LIST_MAX_CAPACITY) {
    throw new Refusal(
      'outOfRange',
      `out of range. Capacity must be within range [0,${LIST_MAX_CAPACITY}]. Found Capacity: ${update.capacity}`,
    );
  }
  const capacity = update.fields.includes('capacity') ? update.capacity : list.capacity;
  const values = update.fields.includes('values') ? [...new Set(update.values)] : list.values;
  return { capacity, values: values.slice(0, capacity) };
}

export function addListValue(list: List, value: string): List {
  if (list.values.includes(value)) {
    throw new Refusal('alreadyExists', `already exists. Value: ${value} already in List`);
  }
  if (list.values.length >= list.capacity) {
    throw new Refusal(
      'outOfRange',
      `out of range. No available capacity. Current Capacity: ${list.capacity}, List Size: ${list.values.length}`,
    );
  }
  return { ...list, values: [...list.values, value] };
}

export function removeListValue(list: List, value: string): List {
  if (!list.values.includes(value)) {
    throw new Refusal('notFound', `not found. Value: ${value} not found in List`);
  }
  return { ...list, values: list.values.filter((other) => other !== value) };
}
