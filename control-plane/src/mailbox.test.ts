import { expect, test } from 'vitest';
import { Mailbox } from './mailbox.ts';

async function drain<T>(mailbox: Mailbox<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of mailbox) items.push(item);
  return items;
}

test('a slow reader gets the newest, in order, and the lost are counted', async () => {
  const mailbox = new Mailbox<number>(3);
  for (const item of [1, 2, 3, 4, 5]) mailbox.push(item);
  mailbox.close();
  expect(await drain(mailbox)).toEqual([3, 4, 5]);
  expect(mailbox.dropped).toBe(2);
});

test('a reader that waits is woken by a push, by the end and by the signal', async () => {
  const stop = new AbortController();
  const mailbox = new Mailbox<number>(3, stop.signal);
  const reading = drain(mailbox);
  await Promise.resolve();
  mailbox.push(1);
  await Promise.resolve();
  stop.abort();
  expect(await reading).toEqual([1]);
  mailbox.push(2);
  expect(mailbox.length).toBe(0);
});
