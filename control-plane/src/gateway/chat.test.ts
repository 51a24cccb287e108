import { expect, test } from 'vitest';
import { clean } from './chat.ts';

test.each([
  ['  hello \n\t world  ', 'hello world'],
  ['e\u0301', 'é'],
  ['a\u202eb\u2066c\u200bd\ufeff\u0000\u0007', 'abcd'],
  ['\ud800broken\udfff', 'broken'],
  [`z${'\u0336'.repeat(40)}`, `z${'\u0336'.repeat(4)}`],
  ['👩‍👩‍👧', '👩‍👩‍👧'],
  ['می‌خواهم', 'می‌خواهم'],
])('%j is shown as %j', (asked, shown) => {
  expect(clean(asked, 500)).toBe(shown);
});

test.each(['', '   ', '\u200b\u200d', '\u0301\u0301', '\u2028', '\ud800'])('%j shows nothing', (asked) => {
  expect(() => clean(asked, 500)).toThrow('nothing in it can be shown');
});

test('the length is that of what is shown', () => {
  expect(clean(`${' '.repeat(100)}${'x'.repeat(500)}`, 500)).toHaveLength(500);
  expect(() => clean('x'.repeat(501), 500)).toThrow('more than 500');
});
