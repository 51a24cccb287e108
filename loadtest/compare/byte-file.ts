// A file of hundreds of megabytes, read from its beginning to its end in little-endian numbers, through one buffer.
import { closeSync, openSync, readSync } from 'node:fs';

const BUFFER_BYTES = 1 << 22;

export class ByteFile {
  readonly #file: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #at = 0;
  #end = 0;

  constructor(path: string, magic: string) {
    this.#file = openSync(path, 'r');
    const found = this.has(magic.length) ? this.#text(magic.length) : '';
    if (found !== magic) throw new Error(`${path} does not begin with ${magic}`);
  }

  /** Whether so many bytes are left; those can then be read. False at the end, also in the middle of a record that was cut off. */
  has(bytes: number): boolean {
    if (bytes > BUFFER_BYTES) throw new Error(`a record of ${bytes} bytes cannot be`);
    while (this.#end - this.#at < bytes) {
      this.#buffer.copyWithin(0, this.#at, this.#end);
      this.#end -= this.#at;
      this.#at = 0;
      const read = readSync(this.#file, this.#buffer, this.#end, BUFFER_BYTES - this.#end, null);
      if (read === 0) return false;
      this.#end += read;
    }
    return true;
  }

  /** Bytes that are left when `has` says no: a record that was cut off. */
  get rest(): number {
    return this.#end - this.#at;
  }

  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** Exact to 2^53. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  f32(): number {
    this.#at += 4;
    return this.#view.getFloat32(this.#at - 4, true);
  }

  f64(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  close(): void {
    closeSync(this.#file);
  }

  #text(length: number): string {
    this.#at += length;
    return Buffer.from(this.#buffer.subarray(this.#at - length, this.#at)).toString('latin1');
  }
}
