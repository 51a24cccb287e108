// §6: the small messages, by their ids of §2.
import { BitReader, Malformed } from './bits.ts';
import { BODY_PART_WIDTH, PLACE_WIDTHS, placeAt, readRotation, rotationAt } from './pose.ts';
import type { Body } from './snapshot.ts';

const CAUSES = [1, 2, 3];

/** What each message says; unknown bytes at its end are ignored. */
export const MESSAGES = {
  welcome: { id: 3, read: readWelcome },
  'roster entry': { id: 4, read: readRosterEntry },
  goodbye: { id: 5, read: readGoodbye },
  'resume token': { id: 6, read: readResumeToken },
  'roster exit': { id: 8, read: (input: BitReader) => ({ entity: entity(input) }) },
  spawn: { id: 9, read: readSpawn },
  despawn: { id: 10, read: (input: BitReader) => ({ entity: entity(input) }) },
} as const;

export type MessageName = keyof typeof MESSAGES;

export const readSmall = (name: MessageName, bytes: Uint8Array): object =>
  MESSAGES[name].read(new BitReader(bytes));

function entity(input: BitReader): number {
  const id = input.read(32, 'entity');
  if (id === 0) throw new Malformed('entity 0 is nobody');
  return id;
}

function readWelcome(input: BitReader) {
  return {
    tick: input.read(32, 'tick'),
    entity: input.read(32, 'own entity'), // 0: a spectator
    worldHash: input.big(64, 'world hash'),
    tickRateHz: input.read(8, 'ticks a second'),
  };
}

function readRosterEntry(input: BitReader) {
  return { entity: entity(input), seat: input.big(64, 'seat'), name: input.text(64, 'name') };
}

function readGoodbye(input: BitReader) {
  const cause = input.read(8, 'cause');
  if (!CAUSES.includes(cause)) throw new Malformed(`a goodbye has no cause ${cause}`);
  return { cause, reason: input.text(200, 'reason') };
}

function readResumeToken(input: BitReader) {
  return {
    expires: input.big(64, 'expires'),
    timeoutSeconds: input.read(16, 'timeout'),
    nonce: input.bytes(24, 'nonce'),
    clientToServer: input.bytes(32, 'client-to-server key'),
    serverToClient: input.bytes(32, 'server-to-client key'),
    sealed: input.bytes(1024, 'sealed half'),
  };
}

function readSpawn(input: BitReader): { of: number; tick: number; body: Body } {
  const id = entity(input);
  const [of, tick] = [input.read(16, 'of'), input.read(32, 'tick')];
  const place = PLACE_WIDTHS.map((width) => input.read(width, 'place'));
  const rotation = rotationAt(readRotation(input, BODY_PART_WIDTH), BODY_PART_WIDTH);
  const asleep = input.flag('asleep');
  return { of, tick, body: { entity: id, position: placeAt(place), rotation, asleep } };
}
