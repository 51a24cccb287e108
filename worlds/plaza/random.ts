/** Seeded numbers of the plaza: xorshift32 for scattering things, a lattice hash for rolling ground. */
export type Random = () => number;

/** Uniform in [0, 1] with 16 bits. */
export function xorshift(seed: number): Random {
  let s = seed >>> 0;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s & 0xffff) / 65535;
  };
}

function lattice(i: number, j: number): number {
  let h = Math.imul(i, 0x9e3779b1) ^ Math.imul(j, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  h = Math.imul(h, 0x297a2d39);
  h ^= h >>> 15;
  return (h & 0xffff) / 65535;
}

/** Smooth noise in [0, 1], one cell per unit. */
export function noise(x: number, z: number): number {
  const [i, j] = [Math.floor(x), Math.floor(z)];
  const [fx, fz] = [x - i, z - j];
  const [u, v] = [fx * fx * (3 - 2 * fx), fz * fz * (3 - 2 * fz)];
  const a = lattice(i, j) + (lattice(i + 1, j) - lattice(i, j)) * u;
  const b = lattice(i, j + 1) + (lattice(i + 1, j + 1) - lattice(i, j + 1)) * u;
  return a + (b - a) * v;
}
