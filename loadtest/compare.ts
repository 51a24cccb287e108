// Compares what bots saw with what was true, offline: places near and far, ages, rates, and the things that moved.
import { Bodies, type BodyFigures } from './compare/bodies.ts';
import { OwnBodies } from './compare/own-bodies.ts';
import { PlayerFigures } from './compare/players.ts';
import type { Quantiles } from './compare/samples.ts';
import { readTruth } from './compare/truth.ts';
import { readViews } from './compare/views.ts';

/** Pairs of a viewer and another player at such a distance. Units: hertz, metres, milliseconds. */
export type RingReport = {
  updateHz: Quantiles;
  positionErrorM: Quantiles;
  headErrorM: Quantiles;
  handErrorM: Quantiles;
  ageMs: Quantiles;
  /** Share of the pairs that were shown by a guess. */
  extrapolated: number;
  /** Pairs whose viewer did not see the other at all. */
  unseen: number;
};

export type Comparison = {
  samples: number;
  near: RingReport;
  middle: RingReport;
  far: RingReport;
  bodies: {
    positionErrorM: Quantiles;
    /** Each body that moved after the comparison's beginning. */
    moved: BodyFigures[];
  };
  /** Bots that did not keep their bodies, in sentences. */
  lostBodies: string[];
  /** How long the instance's ticks took. */
  tickMs: Quantiles;
  /** What makes the figures doubtful, in sentences. */
  doubts: string[];
};

/** `fromUnixUs` to `toUnixUs`: the time that counts (unit: microseconds since 1970). */
export function compare(
  truthPath: string,
  viewsPath: string,
  { fromUnixUs = 0, toUnixUs = Number.POSITIVE_INFINITY } = {},
): Comparison {
  const truth = readTruth(truthPath);
  const players = new PlayerFigures(truth);
  const bodies = new Bodies(truth, Math.max(truth.times.tickAt(fromUnixUs), truth.times.first));
  const own = new OwnBodies(truth);
  let samples = 0;
  const cutOff = readViews(viewsPath, (sample) => {
    if (sample.unixUs < fromUnixUs || sample.unixUs > toUnixUs) return;
    samples += 1;
    players.add(sample);
    bodies.add(sample);
    own.add(sample);
  });
  const moved = bodies.figures();
  const tickMs = truth.times.durationsMs(fromUnixUs, toUnixUs).quantiles();
  const doubts = [
    ...(samples === 0 ? ['no view was written'] : []),
    ...(tickMs.count === 0 ? ['the truth has no tick of the time that counts'] : []),
    ...(truth.cutOff > 0 ? [`the truth's last tick is cut off (${truth.cutOff} bytes)`] : []),
    ...(cutOff > 0 ? [`the last view is cut off (${cutOff} bytes)`] : []),
    ...(players.unknown > 0
      ? [`${players.unknown} views are of players or times that the truth does not know`]
      : []),
    ...(bodies.unknown > 0
      ? [`${bodies.unknown} views are of bodies or times that the truth does not know`]
      : []),
  ];
  const { near, middle, far } = players.rings;
  return {
    samples,
    near: ringReport(near),
    middle: ringReport(middle),
    far: ringReport(far),
    bodies: { positionErrorM: bodies.positionM.quantiles(), moved },
    lostBodies: own.lost(),
    tickMs,
    doubts,
  };
}

function ringReport(figures: PlayerFigures['rings']['near']): RingReport {
  const { updateHz, positionM, headM, handM, ageMs, extrapolated, unseen } = figures;
  return {
    updateHz: updateHz.quantiles(),
    positionErrorM: positionM.quantiles(),
    headErrorM: headM.quantiles(),
    handErrorM: handM.quantiles(),
    ageMs: ageMs.quantiles(),
    extrapolated: positionM.count === 0 ? 0 : extrapolated / positionM.count,
    unseen,
  };
}

/** What no figure may excuse: a thing moved, and who looked at it did not see it, or sees it elsewhere now (unit: metres). */
export function unseenMoves({ bodies }: Comparison, restErrorM = 0.01): string[] {
  return bodies.moved.flatMap(({ entity, watched, saw, restErrorM: { max } }) => [
    ...(saw < watched
      ? [`body ${entity} moved, and ${watched - saw} of ${watched} bots never saw it move`]
      : []),
    ...(max > restErrorM ? [`body ${entity} rests ${max.toFixed(3)} m from where a bot sees it`] : []),
  ]);
}
