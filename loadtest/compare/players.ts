// How truly and how often others are seen, near and far: the place of each against the truth at the time for which it was shown.
import { Samples } from './samples.ts';
import { PLAYER_WIDTH, type Truth } from './truth.ts';
import { EXTRAPOLATED, HAS_POINTS, type Sample } from './views.ts';

/** Distances from the viewer's own true place (unit: metres). */
export const NEAR_M = 5;
export const FAR_M = 15;

type Ring = 'near' | 'middle' | 'far';

/** What was measured of pairs of a viewer and somebody at this distance. */
class RingFigures {
  readonly updateHz = new Samples();
  readonly positionM = new Samples();
  readonly headM = new Samples();
  readonly handM = new Samples();
  /** How long ago it was what is shown (unit: milliseconds). */
  readonly ageMs = new Samples();
  extrapolated = 0;
  /** Pairs in which the viewer did not see the other at all. */
  unseen = 0;
}

export class PlayerFigures {
  readonly rings: Record<Ring, RingFigures> = {
    near: new RingFigures(),
    middle: new RingFigures(),
    far: new RingFigures(),
  };
  /** Pairs of which the truth knows nothing: a view from before the recording, or of nobody. */
  unknown = 0;
  readonly #truth: Truth;
  readonly #before = new Map<number, { unixUs: number; own: number; rings: Map<number, Ring> }>();
  readonly #own = new Float64Array(PLAYER_WIDTH);
  readonly #other = new Float64Array(PLAYER_WIDTH);

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  add(sample: Sample): void {
    const before = this.#before.get(sample.bot);
    const since = before?.own === sample.own ? before : undefined;
    const seconds = (sample.unixUs - (since?.unixUs ?? 0)) / 1e6;
    const rings = new Map<number, Ring>();
    for (let row = 0; row < sample.players.count; row += 1) {
      const ring = this.#compare(sample, row);
      if (!ring) continue;
      const entity = sample.players.entities[row] ?? 0;
      rings.set(entity, ring);
      // Who was as far away at the last sample was so, as a rule, in between.
      if (since?.rings.get(entity) === ring)
        this.rings[ring].updateHz.push((sample.players.updates[row] ?? 0) / seconds);
    }
    if (since) this.#countUnseen(sample, rings);
    this.#before.set(sample.bot, { unixUs: sample.unixUs, own: sample.own, rings });
  }

  #compare({ unixUs, own, players }: Sample, row: number): Ring | undefined {
    const tick = players.ticks[row] ?? Number.NaN;
    const other = this.#truth.players.get(players.entities[row] ?? 0);
    const viewer = this.#truth.players.get(own);
    if (!viewer?.at(tick, this.#own) || !other?.at(tick, this.#other)) {
      this.unknown += 1;
      return undefined;
    }
    const ring = ringOf(distance(this.#own, 0, this.#other, 0));
    const figures = this.rings[ring];
    figures.positionM.push(distance(players.places, row * players.width, this.#other, 0));
    figures.ageMs.push((unixUs - this.#truth.times.at(tick)) / 1000);
    const flags = players.flags[row] ?? 0;
    if (flags & EXTRAPOLATED) figures.extrapolated += 1;
    if (flags & HAS_POINTS && this.#other[PLAYER_WIDTH - 1] === 1) {
      const at = row * players.width;
      figures.headM.push(distance(players.places, at + 3, this.#other, 3));
      for (const hand of [6, 9]) figures.handM.push(distance(players.places, at + hand, this.#other, hand));
    }
    return ring;
  }

  /** Those who had been there for a while, and are, and are not in the view. */
  #countUnseen({ unixUs, own }: Sample, seen: ReadonlyMap<number, Ring>): void {
    const { players, times } = this.#truth;
    const viewer = players.get(own);
    const then = times.tickAt(unixUs);
    for (const [entity, track] of players) {
      const there = track.firstTick + LATE_JOIN_TICKS < then && track.lastTick > then;
      if (!there || entity === own || seen.has(entity)) continue;
      if (viewer?.at(then, this.#own) && track.at(then, this.#other))
        this.rings[ringOf(distance(this.#own, 0, this.#other, 0))].unseen += 1;
    }
  }
}

/** Two seconds, after which somebody new should be seen. */
const LATE_JOIN_TICKS = 60;

const ringOf = (metres: number): Ring => (metres <= NEAR_M ? 'near' : metres >= FAR_M ? 'far' : 'middle');

type Numbers = Float32Array | Float64Array;

/** Between the three numbers at `i` and those at `j`. */
export function distance(a: Numbers, i: number, b: Numbers, j: number): number {
  const part = (k: number) => (a[i + k] ?? Number.NaN) - (b[j + k] ?? Number.NaN);
  return Math.hypot(part(0), part(1), part(2));
}
