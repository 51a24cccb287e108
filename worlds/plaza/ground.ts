/**
 * The three grounds: tiled floor, rolling ground (a height field of 64 × 64 samples) and a dome of 5,000 triangles whose
 * flanks reach about 65°. What is drawn is what is collided with, except for the floor, which is one box to physics.
 */
import { noise } from './random.ts';
import { floor, join, type Rgb, type Surface, terrain } from './surface.ts';
import type { Vec3 } from './vector.ts';

const SAND: Rgb = [0.6, 0.51, 0.37];
const GRASS: Rgb = [0.2, 0.36, 0.15];
const ROCK: Rgb = [0.36, 0.34, 0.33];
const SNOW: Rgb = [0.72, 0.74, 0.76];

/** 60 m of two-metre tiles, so that scale and movement are read without a texture. */
export function tiles(y: number): Surface {
  const tiles: Surface[] = [];
  for (let i = -15; i < 15; i++) {
    for (let j = -15; j < 15; j++) {
      const dark = (i + j) % 2 === 0;
      const grain = 0.05 * noise(i * 0.37 + 40, j * 0.37 + 40);
      const tint = (dark ? 0.36 : 0.42) + grain;
      tiles.push(floor(i * 2, j * 2, 2, 2, y, [tint, tint * 0.97, tint * 0.92]));
    }
  }
  return join(...tiles);
}

export function rollingGround(): Surface {
  return terrain(
    63,
    63,
    (column, row) => {
      const [u, v] = [column / 63, row / 63];
      const height = rim(u, v) * (2.2 * noise(u * 6, v * 6) + 0.5 * noise(u * 21, v * 21));
      return [4 + 20 * u, 0.02 + height, 4 + 20 * v];
    },
    (position, normal) => blend(GRASS, normal[1] < 0.75 ? ROCK : SAND, position[1] / 2.6),
  );
}

export function dome(): Surface {
  return terrain(
    50,
    50,
    (column, row) => {
      const [u, v] = [column / 50, row / 50];
      const height = rim(u, v) * (3 * noise(u * 5 + 9, v * 5) + 0.7 * noise(u * 17, v * 17 + 3));
      return [-21 + 14 * u, -0.05 + height, 7 + 14 * v];
    },
    (position, normal) => blend(normal[1] < 0.8 ? ROCK : GRASS, SNOW, position[1] / 3.6),
  );
}

/** 0 on the border of the unit square, 1 well inside. */
function rim(u: number, v: number): number {
  return Math.min(1, u * (1 - u) * v * (1 - v) * 16);
}

function blend(a: Rgb, b: Rgb, k: number): Rgb {
  const t = Math.min(1, Math.max(0, k));
  return [0, 1, 2].map((i) => (a[i] as number) * (1 - t) + (b[i] as number) * t) as Vec3;
}
