// §2: a payload's header, and the messages in it.
import { BitReader } from './bits.ts';

export interface Message {
  id: number;
  bytes: Uint8Array;
}

export interface Payload {
  sequence: number;
  ack: number;
  ackBits: number;
  /** All of them, those with unknown ids too. */
  messages: Message[];
}

export function readPayload(bytes: Uint8Array): Payload {
  const input = new BitReader(bytes);
  const header = {
    sequence: input.read(16, 'sequence'),
    ack: input.read(16, 'ack'),
    ackBits: input.read(32, 'ack bits'),
  };
  const messages: Message[] = [];
  while (input.left > 0) messages.push(readMessage(input));
  return { ...header, messages };
}

/** A message as it is framed in a payload, and in the stream of the reliable channel. */
export function readMessage(input: BitReader): Message {
  const id = input.read(8, "a message's id");
  const length = input.read(16, "a message's length");
  return { id, bytes: input.bytes(length, `message ${id}`) };
}

/** The sequences that a payload acknowledges, newest first. `ack` is 65535 while nothing was received, with no bits set. */
export function acknowledged({ ack, ackBits }: Pick<Payload, 'ack' | 'ackBits'>): number[] {
  const older = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((ackBits >>> bit) & 1) === 1);
  return [ack, ...older.map((bit) => (ack - 1 - bit) & 0xffff)];
}
