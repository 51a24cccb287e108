// Whether everybody saw the things move that moved, how soon, and where they came to rest.
import { distance } from './players.ts';
import { Samples } from './samples.ts';
import type { Track, Truth } from './truth.ts';
import type { Sample } from './views.ts';

/** Less is no movement (unit: metres). */
export const MOVED_M = 0.01;
/** As little as this is the solver's trembling, not a way to somewhere (unit: metres). */
const STILL_M = 0.001;
/** Views of a body at rest count from so long after its last movement (unit: ticks). */
const REST_TICKS = 60;
/** Who was shown a body for so long after it moved should have seen it move (unit: microseconds). */
const PATIENCE_US = 2e6;

export type BodyFigures = {
  entity: number;
  /** When the truth had moved it (unit: microseconds since 1970). */
  movedUnixUs: number;
  /** Bots that were shown it before it moved, where it was, and also after. */
  watched: number;
  /** Those of them that saw it move. */
  saw: number;
  /** From the truth's movement to the first view with it (unit: milliseconds). */
  delayMs: { p50: number; max: number };
  /** Whether it lay still at the end; and how far from the truth the bots' last views of it were (unit: metres). */
  rested: boolean;
  restErrorM: { bots: number; p50: number; max: number };
};

/** What one bot saw of a body; `sawUnixUs` is 0 as long as it has not seen it move. */
type Watch = { fromStart: boolean; sawUnixUs: number; last: Float64Array; lastUnixUs: number };

/** A body that moved in the truth. */
type Mover = {
  start: Float64Array;
  end: Float64Array;
  movedUnixUs: number;
  restedUnixUs: number | undefined;
  watches: Map<number, Watch>;
};

export class Bodies {
  /** Of all bodies in all views, against the truth at the view's time (unit: metres). */
  readonly positionM = new Samples();
  /** Of those in views of which the truth knows nothing. */
  unknown = 0;
  readonly #movers = new Map<number, Mover>();
  readonly #truth: Truth;
  readonly #place = new Float64Array(3);

  /** What moved before `fromTick` moved before anybody looked: the settling of a world, for instance. */
  constructor(truth: Truth, fromTick: number) {
    this.#truth = truth;
    for (const [entity, track] of truth.bodies) {
      const mover = moverOf(track, fromTick, truth);
      if (mover) this.#movers.set(entity, mover);
    }
  }

  add(sample: Sample): void {
    const { bodies } = sample;
    for (let row = 0; row < bodies.count; row += 1) {
      const entity = bodies.entities[row] ?? 0;
      const at = row * bodies.width;
      if (this.#truth.bodies.get(entity)?.at(bodies.ticks[row] ?? Number.NaN, this.#place))
        this.positionM.push(distance(bodies.places, at, this.#place, 0));
      else this.unknown += 1;
      const mover = this.#movers.get(entity);
      if (mover) watch(mover, sample, at);
    }
  }

  figures(): BodyFigures[] {
    return [...this.#movers].map(([entity, mover]) => figuresOf(entity, mover));
  }
}

function moverOf(track: Track, fromTick: number, { times }: Truth): Mover | undefined {
  const start = new Float64Array(3);
  const end = new Float64Array(3);
  if (!track.at(Math.max(fromTick, track.firstTick), start) || !track.at(times.last, end)) return undefined;
  let moved: number | undefined;
  let still = track.firstTick;
  let before = 0;
  for (let row = 0; row < track.count; row += 1) {
    const tick = track.tick(row);
    if (track.distance(row, end) > STILL_M) still = tick + 1;
    if (moved !== undefined || tick < fromTick) continue;
    const way = track.distance(row, start);
    // Views are interpolated, so the moment between two ticks counts.
    if (way > MOVED_M) moved = tick - 1 + (MOVED_M - before) / (way - before);
    before = way;
  }
  if (moved === undefined) return undefined;
  const rested = still + REST_TICKS;
  return {
    start,
    end,
    movedUnixUs: times.at(moved),
    restedUnixUs: rested < times.last ? times.at(rested) : undefined,
    watches: new Map(),
  };
}

function watch({ watches, start }: Mover, { unixUs, bot, bodies }: Sample, at: number): void {
  const hasMoved = distance(bodies.places, at, start, 0) > MOVED_M;
  let known = watches.get(bot);
  if (!known) {
    known = { fromStart: !hasMoved, sawUnixUs: 0, last: new Float64Array(3), lastUnixUs: 0 };
    watches.set(bot, known);
  }
  if (hasMoved && known.sawUnixUs === 0) known.sawUnixUs = unixUs;
  known.last.set(bodies.places.subarray(at, at + 3));
  known.lastUnixUs = unixUs;
}

function figuresOf(entity: number, { end, movedUnixUs, restedUnixUs, watches }: Mover): BodyFigures {
  const [delays, errors] = [new Samples(), new Samples()];
  let watched = 0;
  for (const { fromStart, sawUnixUs, last, lastUnixUs } of watches.values()) {
    if (restedUnixUs !== undefined && lastUnixUs > restedUnixUs) errors.push(distance(last, 0, end, 0));
    if (!fromStart || (sawUnixUs === 0 && lastUnixUs < movedUnixUs + PATIENCE_US)) continue;
    watched += 1;
    if (sawUnixUs > 0) delays.push((sawUnixUs - movedUnixUs) / 1000);
  }
  return {
    entity,
    movedUnixUs,
    watched,
    saw: delays.count,
    delayMs: { p50: delays.quantile(0.5), max: delays.quantile(1) },
    rested: restedUnixUs !== undefined,
    restErrorM: { bots: errors.count, p50: errors.quantile(0.5), max: errors.quantile(1) },
  };
}
