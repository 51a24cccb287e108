import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('a burst at once, then the rate, and never more than a burst saved up', () => {
  const bucket = new TokenBucket({ rate: 2, burst: 3 }, 0);
  const takes = (nowMs: number, times: number) =>
    Array.from({ length: times }, () => bucket.take(nowMs)).filter(Boolean).length;
  expect(takes(0, 10)).toBe(3);
  expect(takes(499, 1)).toBe(0);
  expect(takes(1_000, 10)).toBe(2);
  expect(takes(1_000_000, 10)).toBe(3);
});
