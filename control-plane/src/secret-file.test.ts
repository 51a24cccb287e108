import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretBytes, secretToken } from './secret-file.ts';

const folder = () => join(mkdtempSync(join(tmpdir(), 'ow-secret-')), 'secrets');

test('a secret is made once, for this user alone, and leaves no draft', () => {
  const directory = folder();
  const path = join(directory, 'master.key');
  const secret = secretBytes(path);
  expect(secret).toHaveLength(32);
  expect(secretBytes(path)).toEqual(secret);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(readdirSync(directory)).toEqual(['master.key']);
});

test('a token is text that a header can carry', () => {
  expect(secretToken(join(folder(), 'fleet.token'))).toMatch(/^[\w-]{43}$/);
});

test('a torn key is named, not used', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'ow-secret-')), 'master.key');
  writeFileSync(path, 'short');
  expect(() => secretBytes(path)).toThrow(/master\.key holds 5 bytes/);
});
