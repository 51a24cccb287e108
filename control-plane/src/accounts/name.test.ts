import { expect, test } from 'vitest';
import { cleanName } from './name.ts';

test.each([
  ['  Ada \n Lovelace ', 'Ada Lovelace'],
  ['', ''],
  ['\u202E\u0000\u200B', ''],
  ['\uD800Ada', 'Ada'],
  ['e\u0301', '\u00E9'],
  ['\u{1F469}\u200D\u{1F680}', '\u{1F469}\u{1F680}'],
])('%j is shown as %j', (asked, shown) => {
  expect(cleanName(asked)).toBe(shown);
});

test('a long name is cut between characters, within 64 bytes', () => {
  expect(cleanName('ü'.repeat(200))).toBe('ü'.repeat(32));
  expect(Buffer.byteLength(cleanName('🦉'.repeat(99)))).toBe(64);
});
