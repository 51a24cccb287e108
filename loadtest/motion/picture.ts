/** The corpus as one picture: for each clip the ways of head and hands from the front, below them how fast the hands are. */
import type { Pose } from './body.ts';
import { speeds } from './figures.ts';
import type { Corpus } from './table.ts';

const WIDTH = 960;
const CELL = { width: 240, height: 230 };
const BINS = { width_mps: 0.25, count: 20 };
const COLORS = ['#667085', '#c2410c', '#1d4ed8'];

export function picture(corpus: Corpus): string {
  const rows = Math.ceil(corpus.length / 4);
  const height = rows * CELL.height + 240;
  const cells = corpus.map(({ name, frames }, i) => {
    const [x, y] = [(i % 4) * CELL.width, Math.floor(i / 4) * CELL.height];
    return `<g transform="translate(${x} ${y})">${paths(name, frames)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>The motion corpus: ways of head and hands, and how fast the hands are</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...cells,
    `<g transform="translate(0 ${rows * CELL.height})">${histogram(corpus)}</g>`,
    '</svg>\n',
  ].join('\n');
}

/** A metre is a hundred units; the player is seen from behind, so that right is right. */
function paths(name: string, frames: readonly [Pose, Pose, Pose][]): string {
  const point = ([x, y]: readonly number[]) =>
    `${(120 + 100 * (x as number)).toFixed(1)},${(225 - 100 * (y as number)).toFixed(1)}`;
  const lines = COLORS.map((color, k) => {
    const way = frames.map((frame) => point((frame[k] as Pose).position)).join(' ');
    return `<polyline points="${way}" fill="none" stroke="${color}" stroke-width="0.8" stroke-opacity="0.7"/>`;
  });
  return `<text x="12" y="20" fill="#101828">${name}</text><path d="M20 225h200" stroke="#d0d5dd"/>${lines.join('')}`;
}

function histogram(corpus: Corpus): string {
  const all = corpus.flatMap(({ frames }) =>
    [1, 2].flatMap((k) => speeds(frames.map((frame) => frame[k] as Pose))),
  );
  const bins = new Array<number>(BINS.count).fill(0);
  for (const speed of all) {
    const bin = Math.min(BINS.count - 1, Math.floor(speed / BINS.width_mps));
    bins[bin] = (bins[bin] as number) + 1;
  }
  const bars = bins.map((count, i) => {
    const [share, x] = [count / all.length, 60 + 43 * i];
    // The square root lets the rare be seen beside the common.
    const height = 150 * Math.sqrt(share);
    return [
      `<rect x="${x}" y="${190 - height}" width="41" height="${height}" fill="#1d4ed8"/>`,
      `<text x="${x + 20}" y="${184 - height}" text-anchor="middle" fill="#475467" font-size="10">${percent(share)}</text>`,
      `<text x="${x}" y="205" text-anchor="middle" fill="#475467" font-size="10">${i * BINS.width_mps}</text>`,
    ].join('');
  });
  return `<text x="12" y="20" fill="#101828">how fast the hands are: share of time by speed in m/s (the last bar: and faster)</text>${bars.join('')}`;
}

const percent = (share: number) => `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
