import { expect, test } from 'vitest';
import type { Frame } from './envelope.ts';
import { Outbox } from './outbox.ts';

const RULES = { unsentHighBytes: 100, unsentMaxBytes: 300, slots: 3 };

/** A socket whose other end reads when it is told to. */
function slowSocket() {
  const sent: string[] = [];
  const unread: { size: number; done: () => void }[] = [];
  return {
    sent,
    get bufferedAmount() {
      return unread.reduce((sum, { size }) => sum + size, 0);
    },
    send(bytes: Buffer, _options: object, done: () => void) {
      sent.push(String(bytes).trim());
      unread.push({ size: bytes.length, done });
    },
    read() {
      unread.shift()?.done();
    },
  };
}

function start() {
  const socket = slowSocket();
  let overflows = 0;
  const outbox = new Outbox(socket, RULES, () => {
    overflows += 1;
  });
  return { socket, outbox, overflows: () => overflows };
}

/** 60 bytes. */
const frame = (text: string, slot?: string): Frame => ({
  type: 'gateway:pong:v1:stream',
  slot,
  bytes: Buffer.from(text.padEnd(60)),
});

test('a client that reads is sent everything at once, in order', () => {
  const { socket, outbox } = start();
  for (const text of ['a', 'b', 'c', 'd', 'e']) {
    outbox.send(frame(text, text === 'c' ? 'c' : undefined));
    socket.read();
  }
  expect(socket.sent).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('for a slow client the newest of a slot takes the place of the older one, and what must arrive goes before', () => {
  const { socket, outbox } = start();
  for (const text of ['a', 'b']) outbox.send(frame(text));
  outbox.send(frame('x1', 'x'));
  outbox.send(frame('y1', 'y'));
  outbox.send(frame('x2', 'x'));
  outbox.send(frame('c'));
  expect(socket.sent).toEqual(['a', 'b', 'c']);
  for (let i = 0; i < 5; i += 1) socket.read();
  expect(socket.sent).toEqual(['a', 'b', 'c', 'y1', 'x2']);
  expect(outbox.coalesced).toBe(1);
});

test('what must arrive overflows at the bound, once, and nothing is sent after it', () => {
  const { socket, outbox, overflows } = start();
  for (let i = 0; i < 10; i += 1) outbox.send(frame(`m${i}`));
  expect(socket.bufferedAmount).toBeLessThanOrEqual(RULES.unsentMaxBytes);
  expect(socket.sent).toHaveLength(5);
  expect(overflows()).toBe(1);
});

test('slots are bounded too', () => {
  const { outbox, overflows } = start();
  for (const text of ['a', 'b']) outbox.send(frame(text));
  for (let i = 0; i < 3; i += 1) outbox.send(frame('x', `slot ${i}`));
  expect(overflows()).toBe(0);
  outbox.send(frame('x', 'slot 3'));
  expect(overflows()).toBe(1);
});

test('one frame that is bigger than the bound goes out alone', () => {
  const { socket, outbox, overflows } = start();
  const big = { ...frame('a'), bytes: Buffer.alloc(301) };
  outbox.send(big);
  expect([socket.sent.length, overflows()]).toEqual([1, 0]);
  outbox.send(big);
  expect([socket.sent.length, overflows()]).toEqual([1, 1]);
});
