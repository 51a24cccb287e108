// §2, the reliable channel: segments in any order become a stream, and the stream messages.
import { BitReader, Malformed } from './bits.ts';
import { type Message, readMessage } from './payload.ts';

const LONGEST_MESSAGE = 8 * 1024;
const WINDOW = 16 * 1024;
const FRAME = 3;

export class Stream {
  /** Where the next byte to be given out lies in the stream. */
  #start: number;
  /** The bytes from there on, as far as they have come. */
  readonly #bytes = new Map<number, number>();

  constructor(start = 0) {
    this.#start = start;
  }

  /** Takes in the bytes of a message with id 7 and returns the messages that are whole now, in the order of the stream. */
  receive(segment: Uint8Array): Message[] {
    const input = new BitReader(segment);
    const offset = input.read(32, 'offset');
    const ahead = (offset - this.#start) | 0; // offsets wrap
    const bytes = input.bytes(input.left / 8, 'segment');
    if (ahead + bytes.length > FRAME + LONGEST_MESSAGE + WINDOW)
      throw new Malformed(`a segment at offset ${offset} lies beyond the window`);
    bytes.forEach((byte, k) => {
      if (ahead + k >= 0 && !this.#bytes.has(ahead + k)) this.#bytes.set(ahead + k, byte);
    });
    return [...this.#whole()];
  }

  *#whole(): Generator<Message> {
    for (;;) {
      const frame = this.#take(FRAME);
      if (!frame) return;
      const length = new BitReader(frame.subarray(1)).read(16, "a message's length");
      if (length > LONGEST_MESSAGE) throw new Malformed(`a message of ${length} bytes is too long`);
      const message = this.#take(FRAME + length);
      if (!message) return;
      this.#forget(message.length);
      yield readMessage(new BitReader(message));
    }
  }

  /** The next bytes, when all of them are there. */
  #take(count: number): Uint8Array | undefined {
    const bytes = Array.from({ length: count }, (_, k) => this.#bytes.get(k));
    return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as number[]);
  }

  #forget(count: number): void {
    const rest = [...this.#bytes].filter(([at]) => at >= count);
    this.#bytes.clear();
    for (const [at, byte] of rest) this.#bytes.set(at - count, byte);
    this.#start = (this.#start + count) >>> 0;
  }
}
