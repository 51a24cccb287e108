import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Recent } from './recent.ts';

test('those who ask at the same time share one question, until its answer is old', async () => {
  const recent = new Recent<string, number>(50);
  let asked = 0;
  const ask = async () => {
    asked += 1;
    await sleep(5);
    return asked;
  };
  expect(await Promise.all([recent.get('a', ask), recent.get('a', ask)])).toEqual([1, 1]);
  expect(await recent.get('a', ask)).toBe(1);
  expect(await recent.get('b', ask)).toBe(2);
  await sleep(60);
  expect(await recent.get('a', ask)).toBe(3);
  recent.clear();
  expect(await recent.get('a', ask)).toBe(4);
});

test('a question that failed is asked again', async () => {
  const recent = new Recent<string, number>(60_000);
  await expect(recent.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await recent.get('a', async () => 1)).toBe(1);
});

test('no more answers are kept than were asked for', async () => {
  const recent = new Recent<number, number>(60_000, 2);
  for (const key of [1, 2, 3]) await recent.get(key, async () => key);
  expect(await recent.get(1, async () => 10)).toBe(10);
  expect(await recent.get(3, async () => 30)).toBe(3);
});
