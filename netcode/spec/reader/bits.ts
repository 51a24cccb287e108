// Reads values of any number of bits, the first one in the lowest bits of the first byte; bytes are values of 8 bits, so one
// reader does for the sections of the standard that count bits and for those that count bytes.

/** Bytes that are not what the standard says; the message names the field. */
export class Malformed extends Error {
  override name = 'Malformed';
}

export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bits not read yet. */
  get left(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  /** An unsigned number of at most 32 bits. */
  read(count: number, field: string): number {
    return Number(this.big(count, field));
  }

  /** An unsigned number of at most 64 bits. */
  big(count: number, field: string): bigint {
    if (count > this.left)
      throw new Malformed(`${field} needs ${count} bits at bit ${this.#at}, there are ${this.left}`);
    let value = 0n;
    for (let k = 0; k < count; k += 1, this.#at += 1) {
      const byte = this.#bytes[this.#at >> 3] as number;
      value |= BigInt((byte >> (this.#at & 7)) & 1) << BigInt(k);
    }
    return value;
  }

  flag(field: string): boolean {
    return this.read(1, field) === 1;
  }

  /** A signed number of at most 32 bits, two's complement. */
  signed(count: number, field: string): number {
    return Number(BigInt.asIntN(count, this.big(count, field)));
  }

  float(field: string): number {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, this.read(32, field));
    const value = view.getFloat32(0);
    if (!Number.isFinite(value)) throw new Malformed(`${field} is ${value}`);
    return value;
  }

  bytes(count: number, field: string): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.read(8, field));
  }

  /** A length in a byte, at most `most`, and so many bytes of UTF-8. */
  text(most: number, field: string): string {
    const length = this.read(8, `the length of ${field}`);
    if (length > most) throw new Malformed(`${field} has ${length} bytes, at most ${most} are allowed`);
    const bytes = this.bytes(length, field);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Malformed(`${field} is not UTF-8`);
    }
  }

  /** Everything was read but the last byte's unused bits, which are zero. */
  end(what: string): void {
    if (this.left >= 8) throw new Malformed(`${this.left} bits follow the end of ${what}`);
    if (this.left > 0 && this.read(this.left, 'padding') !== 0)
      throw new Malformed(`the unused bits after ${what} are not zero`);
  }
}
