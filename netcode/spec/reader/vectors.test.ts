// The golden vectors, read by code that was written from STANDARD.md and from nothing else: another client could be. Tests
// bear the names of its sections.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { BitReader, Malformed } from './bits.ts';
import { Stream } from './channel.ts';
import { readInput } from './input.ts';
import { MESSAGES, type MessageName, readSmall } from './messages.ts';
import { acknowledged, type Message, readPayload } from './payload.ts';
import { fnv1a } from './protocol.ts';
import { SnapshotReader } from './snapshot.ts';
import { readUserData } from './user-data.ts';

const VECTORS = path.join(import.meta.dirname, '../vectors');
// biome-ignore lint/suspicious/noExplicitAny: the files' own form is what is compared
type Json = any;
const vectors = (name: string): Json => JSON.parse(readFileSync(path.join(VECTORS, `${name}.json`), 'utf8'));
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What was read, as the files say it: bytes in hex, 64 bits as a decimal string. */
const shown = (value: unknown): Json =>
  JSON.parse(
    JSON.stringify(value, (_, held) => {
      if (held instanceof Uint8Array) return hex(held);
      return typeof held === 'bigint' ? held.toString() : held;
    }),
  );

/** A case without its description and its bytes: the fields. */
const fields = ({ hex: _, what: __, message: ___, ...rest }: Json): Json => rest;

/** Names as Rust writes them. */
const snake = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(snake);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, held]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    snake(held),
  ]);
  return Object.fromEntries(entries);
};

/** Rotations are compared to six places, which is what the files have. */
const close = ({ rotation, ...body }: Json): Json => ({
  ...body,
  rotation: rotation.map((part: number) => expect.closeTo(part, 5)),
});

/** One bit of a case's bytes is changed. */
const changed = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

test('each file of vectors is read here or by the control plane, which seals what it holds', () => {
  const files = readdirSync(VECTORS).sort();
  const here = ['events', 'input', 'link', 'messages', 'protocol', 'snapshot', 'step', 'user-data'];
  expect(files).toEqual([...here, 'connect-token'].map((name) => `${name}.json`).sort());
});

test('the protocol hash is FNV-1a 64 of the description', () => {
  const { description, protocol_hash, protocol_hash_hex } = vectors('protocol');
  expect(fnv1a('')).toBe(0xcbf2_9ce4_8422_2325n);
  expect(fnv1a(description).toString()).toBe(protocol_hash);
  expect(fnv1a(description).toString(16).padStart(16, '0')).toBe(protocol_hash_hex);
  expect(description).toContain(`\nstep ${vectors('step').step_version}\n`);
  for (const [name, { id }] of Object.entries(MESSAGES)) expect(description).toMatch(`\n${id} ${name} `);
});

describe('§1 user data', () => {
  test.each<Json>(vectors('user-data').cases)('$name', (golden) => {
    const { resumed, ...read } = readUserData(unhex(golden.hex));
    expect(shown(read)).toEqual(fields(golden));
    expect(resumed).toBe(golden.resumed ?? false);
  });
});

describe('§2 payload', () => {
  test.each<Json>(vectors('link').cases)('$what', (golden) => {
    const payload = readPayload(unhex(golden.hex));
    const messages = payload.messages.map(({ id, bytes }) => ({ id, hex: hex(bytes) }));
    expect(snake({ ...payload, messages })).toEqual(fields(golden));
  });

  test('an acknowledgement names the newest and those of the 32 before it that came', () => {
    const [, answer] = vectors('link').cases;
    expect(acknowledged(readPayload(unhex(answer.hex)))).toEqual([2, 0]);
    expect(acknowledged({ ack: 1, ackBits: 0b1010 })).toEqual([1, 65535, 65533]);
  });

  test('a length past the end makes the payload malformed', () => {
    const [, answer] = vectors('link').cases;
    expect(() => readPayload(unhex(answer.hex).subarray(0, -1))).toThrow(Malformed);
  });
});

describe('§2 the reliable channel', () => {
  const { start, messages, cases } = vectors('events');
  const segments: Message[] = cases.map(({ hex }: Json) => readPayload(unhex(hex)).messages[0]);

  test.each<Json>(cases)('$what', ({ hex: payload, segment }) => {
    const [message] = readPayload(unhex(payload)).messages;
    const input = new BitReader(message?.bytes ?? new Uint8Array());
    expect(message?.id).toBe(7);
    expect({ offset: input.read(32, 'offset'), hex: hex(input.bytes(input.left / 8, 'segment')) }).toEqual(
      segment,
    );
  });

  test.each([
    ['in order', segments],
    ['out of order and twice', [...segments.toReversed(), ...segments]],
  ])('the messages of the stream, its segments %s', (_, row) => {
    const stream = new Stream(start);
    const heard = row.flatMap(({ bytes }) => stream.receive(bytes));
    expect(heard.map(({ id, bytes }) => ({ id, hex: hex(bytes) }))).toEqual(messages);
  });
});

describe('§4 input', () => {
  test.each<Json>(vectors('input').cases)('$what', (golden) => {
    expect(readInput(unhex(golden.hex))).toEqual(fields(golden));
  });
});

describe('§5 snapshot', () => {
  const { cases } = vectors('snapshot');
  const compared = ({ bodies, ...snapshot }: Json): Json => ({ ...snapshot, bodies: bodies.map(close) });

  test('the row, by a client that keeps its keyframes', () => {
    const reader = new SnapshotReader();
    for (const { hex, what, snapshot } of cases) {
      const { skipped, ...read } = reader.read(unhex(hex));
      expect(snake(read), what).toEqual(compared(snapshot));
      expect(skipped, what).toBe(0);
    }
  });

  test('who has no keyframes reads what is complete and skips the rest', () => {
    for (const { hex, snapshot } of cases) {
      const { skipped, players, bodies, header } = new SnapshotReader().read(unhex(hex));
      expect(snake(header)).toEqual(snapshot.header);
      expect(skipped + players.length + bodies.length).toBe(snapshot.players.length + snapshot.bodies.length);
    }
    expect(new SnapshotReader().read(unhex(cases[3].hex)).skipped).toBe(3);
  });
});

describe('§6 small messages', () => {
  const { cases } = vectors('messages');

  test.each<Json>(cases)('$message', (golden) => {
    const read = shown(readSmall(golden.message as MessageName, unhex(golden.hex)));
    const named = Object.keys(fields(golden)).some((key) => key.includes('_')) ? snake(read) : read;
    const expected = fields(golden);
    if (expected.body) expected.body = close(expected.body);
    expect(named).toEqual(expected);
  });

  test('every one of them has a case', () => {
    const names = cases.map(({ message }: Json) => message);
    expect(new Set(names)).toEqual(new Set(Object.keys(MESSAGES)));
  });
});

test('no bit of a golden message can be changed unseen', () => {
  const readers: [string, (bytes: Uint8Array, golden: Json) => unknown][] = [
    ['user-data', (bytes) => readUserData(bytes)],
    ['link', (bytes) => readPayload(bytes)],
    ['messages', (bytes, { message }) => readSmall(message, bytes)],
  ];
  for (const [name, read] of readers) {
    for (const golden of vectors(name).cases) {
      const bytes = unhex(golden.hex);
      const said = (held: Uint8Array) => {
        try {
          return JSON.stringify(shown(read(held, golden)));
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
          return 'malformed';
        }
      };
      const whole = said(bytes);
      const bits = bytes.length * 8 - (golden.message === 'spawn' ? 1 : 0);
      for (let bit = 0; bit < Math.min(bits, 1200); bit += 1)
        expect(said(changed(bytes, bit)), `${name}, bit ${bit}`).not.toBe(whole);
    }
  }
});
