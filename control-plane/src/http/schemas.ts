// The small schemas that the public API's shapes are made of. Whatever a client sends has bounds, and none of it can
// hold what PostgreSQL refuses in text: NUL and halves of surrogate pairs.
import { z } from 'zod';

/** Lines and paragraphs, `least` to `most` characters (code points, as databases count them). */
export function text(least: number, most: number) {
  return characters('[^\\u0000\\ud800-\\udfff]', least, most, 'without NUL');
}

/** One line without control characters, such as a name; space around it is cut off. */
export function line(least: number, most: number) {
  return z
    .string()
    .trim()
    .pipe(
      characters(
        '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]',
        least,
        most,
        'without control characters',
      ),
    );
}

function characters(one: string, least: number, most: number, without: string) {
  const pattern = new RegExp(`^${one}{${least},${most}}$`, 'u');
  return z.string().regex(pattern, `needs ${least} to ${most} characters, ${without}`);
}

export const uuid = z.uuid().toLowerCase();

/** 64 bits, which a JSON number cannot carry. */
export const decimal = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/, { error: 'must be a decimal number', abort: true })
  .refine((digits) => BigInt(digits) < 1n << 64n, 'must fit 64 bits');

/** A moment: ISO 8601 in UTC. */
export const isoTime = z.iso.datetime();

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');

/** The name of an instance, as Kubernetes names it. */
export const instanceName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'is not the name of an instance');

export const LIST_MOST = 100;

/** How a list is asked for; put more beside it with `z.strictObject({ ...paging, … })`. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(LIST_MOST).default(20).describe('How many at most.'),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,512}$/, 'is not a cursor that this list gave')
    .optional()
    .describe('`next` of the page before; without it the list begins.'),
};

/** `next` of a list: the cursor of what follows, null at the end. */
export const next = z.string().nullable().describe('Cursor of the next page; null at the end.');

/** A cursor is opaque to clients: whatever the list needs to go on, as JSON in base64url. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Undefined when the cursor is none of ours. */
export function fromCursor<T>(cursor: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return undefined;
  }
}
