// Secrets that live in the data folder: made on the first start, readable by this user alone.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** 32 random bytes, raw. */
export function secretBytes(path: string): Buffer {
  const secret = readOrMake(path, () => randomBytes(32));
  if (secret.length !== 32)
    throw new Error(`${path} holds ${secret.length} bytes instead of 32; remove it to have a new one made.`);
  return secret;
}

/** 32 random bytes as text, for an Authorization header. */
export function secretToken(path: string): string {
  return readOrMake(path, () => Buffer.from(randomBytes(32).toString('base64url')))
    .toString()
    .trim();
}

/** A secret that people type, made as the caller says. */
export function secretText(path: string, make: () => string): string {
  return readOrMake(path, () => Buffer.from(make()))
    .toString()
    .trim();
}

function readOrMake(path: string, make: () => Buffer): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Two processes may come here at once: whoever links first is right, and nobody reads a half-written file.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, make(), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path);
}
