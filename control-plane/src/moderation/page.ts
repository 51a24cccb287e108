// Pages of lists that are read by time, the newest first. A place in one is a time and, for those of the same moment, an id.
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { fromCursor, isoTime, toCursor, uuid } from '../http/schemas.ts';

export interface Place {
  readonly at: Date;
  readonly id: string;
}

const shape = z.tuple([isoTime, uuid]);

export function placeOf(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const place = fromCursor(cursor, shape);
  if (place === undefined)
    throw new ApiError('OW_ERR_BAD_REQUEST', 'query.cursor: is none that this list gave');
  return { at: new Date(place[0]), id: place[1] };
}

/** Of one row more than fits, which says whether there is another page. */
export function pageOf<T extends { id: string }>(
  found: readonly T[],
  limit: number,
  timeOf: (row: T) => Date,
): { rows: T[]; next: string | null } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const isMore = found.length > limit && last !== undefined;
  return { rows, next: isMore ? toCursor([timeOf(last).toISOString(), last.id]) : null };
}
