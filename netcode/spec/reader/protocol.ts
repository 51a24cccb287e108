// The protocol hash: FNV-1a 64 over the UTF-8 of the description.

export function fnv1a(text: string): bigint {
  return new TextEncoder()
    .encode(text)
    .reduce(
      (hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n),
      0xcbf2_9ce4_8422_2325n,
    );
}
