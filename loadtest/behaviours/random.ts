/** Random numbers of one bot: the worlds' xorshift, begun far apart for neighbouring seeds. */
import { type Random, xorshift } from '../../worlds/plaza/random.ts';

export type { Random };

export function randomOf(seed: number, index: number): Random {
  let mixed = Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d);
  return xorshift((mixed ^ (mixed >>> 13)) >>> 0 || 1);
}

export const between = (random: Random, from: number, to: number) => from + (to - from) * random();

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.min(from.length - 1, Math.floor(random() * from.length))] as T;
}
