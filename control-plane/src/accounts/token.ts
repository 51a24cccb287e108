// The secrets that stand for somebody: a session's token, the token in a mailed link. Whoever holds one is believed, so
// the database has only their SHA-256; 256 random bits need no salt and no slow hash.
import { createHash, createHmac, randomBytes } from 'node:crypto';

const BYTES = 32;
const PREFIX = 'ow_';
const SHAPE = /^ow_[A-Za-z0-9_-]{43}$/;

/** The prefix lets scanners of repositories and logs find a token that leaked. */
export const newToken = (): string => PREFIX + randomBytes(BYTES).toString('base64url');

export const newSalt = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(BYTES));

/** The token after this one. Needs both halves: the client has the token, the database has the salt. */
export const successor = (token: string, salt: Uint8Array): string =>
  PREFIX + createHmac('sha256', token).update(salt).digest('base64url');

export const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(createHash('sha256').update(token).digest());

export const isToken = (text: string): boolean => SHAPE.test(text);

/** The token of an Authorization header, when it is one of ours. */
export function bearer(header: string | undefined): string | undefined {
  const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  return token !== undefined && isToken(token) ? token : undefined;
}
