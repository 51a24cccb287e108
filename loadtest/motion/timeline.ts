/** One part of a body over time: paths one after the other, and at rest between them. */
import { minimumJerk, type Path } from './minimum-jerk.ts';

export class Timeline {
  readonly #rest: number[];
  readonly #strokes: { from: number; to: number; path: Path }[] = [];

  constructor(rest: number[]) {
    this.#rest = rest;
  }

  /** When the last path ends (unit: seconds). */
  get end(): number {
    return this.#strokes.at(-1)?.to ?? 0;
  }

  /** Where it will rest after all that is planned. */
  get place(): number[] {
    return this.at(Number.MAX_VALUE);
  }

  get rest(): number[] {
    return this.#rest;
  }

  /** Goes on through these points, each so long after the one before (unit: seconds); returns when it arrives. */
  go(start: number, points: readonly number[][], durations: readonly number[]): number {
    const from = Math.max(start, this.end);
    const times = [from];
    for (const duration of durations) times.push((times.at(-1) as number) + duration);
    const path = minimumJerk([this.place, ...points], times);
    this.#strokes.push({ from, to: times.at(-1) as number, path });
    return this.end;
  }

  at(t: number): number[] {
    const stroke = this.#strokes.findLast(({ from }) => from <= t) ?? null;
    return stroke ? stroke.path(t) : this.#rest;
  }
}
