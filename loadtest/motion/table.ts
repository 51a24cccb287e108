/** The corpus's figures as the table in the README. */
import type { Pose } from './body.ts';
import { figures, type Spread } from './figures.ts';

export type Corpus = readonly { name: string; frames: readonly [Pose, Pose, Pose][] }[];

const HEAD = [
  '| clip | head m/s | head °/s | head m/s² | hands m/s | hands m/s² | hands at rest |',
  '|---|---|---|---|---|---|---|',
];

/** p50 / p95 / max in each cell. */
export function table(corpus: Corpus): string {
  const rows = corpus.map(({ name, frames }) => row(name, [frames]));
  return [
    ...HEAD,
    ...rows,
    row(
      '**all**',
      corpus.map(({ frames }) => frames),
    ),
  ].join('\n');
}

function row(name: string, clips: (readonly [Pose, Pose, Pose][])[]): string {
  const of = figures(clips);
  const cells = [
    spread(of.headSpeed, 2),
    spread(of.headTurn, 0),
    spread(of.headAcceleration, 0),
    spread(of.handSpeed, 2),
    spread(of.handAcceleration, 0),
    `${(100 * of.handRest).toFixed(0)} %`,
  ];
  return `| ${name} | ${cells.join(' | ')} |`;
}

const spread = ({ p50, p95, max }: Spread, digits: number) =>
  [p50, p95, max].map((value) => value.toFixed(digits)).join(' / ');
