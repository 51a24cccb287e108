import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

test('a crash at the start doubles the wait up to 30 s; a long life forgives all', () => {
  const backoff = new Backoff();
  expect(backoff.delayMs(0)).toBe(0);
  const waits = Array.from({ length: 9 }, () => {
    backoff.ended(100, 0);
    return backoff.delayMs(0);
  });
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoff.delayMs(29_000)).toBe(1000);
  backoff.ended(10_000, 50_000);
  expect(backoff.delayMs(50_000)).toBe(0);
});
