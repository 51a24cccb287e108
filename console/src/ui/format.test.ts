import { expect, test } from 'vitest';
import { age, mebibytes, metres, ms, percent } from './format.ts';

test('what is not known yet is a dash, never a zero', () => {
  expect([ms(null), ms(undefined), percent(null), mebibytes(null), age(null, 0)]).toEqual(Array(5).fill('–'));
});

test('figures have their units and as many digits as they are worth', () => {
  expect([ms(0.4236), ms(12.34)]).toEqual(['0.42 ms', '12.3 ms']);
  expect([percent(0.0043), percent(0.43)]).toEqual(['0.4 %', '43 %']);
  expect(mebibytes(134_217_728)).toBe('128 MiB');
  expect([metres(-0.001), metres(1.755)]).toEqual(['0.00 m', '1.75 m']);
});

test('ages grow their unit', () => {
  const born = new Date(0).toISOString();
  expect([5, 65, 3_700, 200_000].map((seconds) => age(born, seconds * 1000))).toEqual([
    '5 s',
    '1 min',
    '1 h 1 min',
    '2 d 7 h',
  ]);
});
