import { expect, test } from 'vitest';
import { guest } from './guest.ts';

test.each([
  ['  Ada \n Lovelace ', 'Ada Lovelace'],
  ['', 'Guest'],
  ['\u202E\u0000\u200B', 'Guest'],
  ['e\u0301', '\u00E9'],
  ['\u{1F469}\u200D\u{1F680}', '\u{1F469}\u{1F680}'],
])('%j is shown as %j', (asked, shown) => {
  expect(guest(asked).name).toBe(shown);
});

test('a long name is cut between characters, within 64 bytes', () => {
  const { name } = guest('ü'.repeat(200));
  expect(name).toBe('ü'.repeat(32));
  expect(Buffer.byteLength(guest('🦉'.repeat(99)).name)).toBe(64);
});

test('each guest is somebody else', () => {
  expect(guest('A').user).not.toBe(guest('A').user);
});
