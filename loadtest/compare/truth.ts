// What was true: the file that an instance writes with OTHERWORLD_RECORD. README.md describes it.
import { ByteFile } from './byte-file.ts';
import { Samples } from './samples.ts';

export const TRUTH_MAGIC = 'OWTRUTH2';

const TICK_BYTES = 4 + 8 + 4 + 2 + 2;
const PLAYER_BYTES = 4 + 12 + 2 + 2 + 36;
const BODY_BYTES = 4 + 12;
const TRACKED = 2;

/** Rows of a player: feet, head, left hand, right hand (x, y, z each, units: metres), and whether the last three are known. */
export const PLAYER_WIDTH = 13;
const BODY_WIDTH = 3;

/** One entity's places by tick. Between two rows it stays where it was until the tick before the later one. */
export class Track {
  readonly width: number;
  #ticks = new Uint32Array(64);
  #rows: Float32Array;
  #count = 0;

  constructor(width: number) {
    this.width = width;
    this.#rows = new Float32Array(64 * width);
  }

  get count(): number {
    return this.#count;
  }

  get firstTick(): number {
    return this.#ticks[0] ?? Number.NaN;
  }

  get lastTick(): number {
    return this.#ticks[this.#count - 1] ?? Number.NaN;
  }

  tick(row: number): number {
    return this.#ticks[row] ?? Number.NaN;
  }

  value(row: number, column: number): number {
    return this.#rows[row * this.width + column] ?? Number.NaN;
  }

  /** Of the first three numbers of a row from a place. */
  distance(row: number, [x = 0, y = 0, z = 0]: Float64Array): number {
    return Math.hypot(this.value(row, 0) - x, this.value(row, 1) - y, this.value(row, 2) - z);
  }

  /** Begins a row and returns where its numbers are to be written. */
  add(tick: number): Float32Array {
    if (this.#count === this.#ticks.length) this.#grow();
    this.#ticks[this.#count] = tick;
    this.#count += 1;
    return this.#rows.subarray((this.#count - 1) * this.width, this.#count * this.width);
  }

  #grow(): void {
    const ticks = new Uint32Array(this.#ticks.length * 2);
    const rows = new Float32Array(this.#rows.length * 2);
    ticks.set(this.#ticks);
    rows.set(this.#rows);
    [this.#ticks, this.#rows] = [ticks, rows];
  }

  /** Puts the row at a time (unit: ticks, with fractions) into `out`; false when nothing is known of it. */
  at(tick: number, out: Float64Array): boolean {
    const row = this.#rowAt(tick);
    if (row < 0) return false;
    const next = Math.min(row + 1, this.#count - 1);
    const share = Math.max(0, tick - (this.tick(next) - 1));
    for (let column = 0; column < this.width; column += 1) {
      const from = this.value(row, column);
      out[column] = next === row ? from : from + (this.value(next, column) - from) * Math.min(share, 1);
    }
    return true;
  }

  /** The last row that is not after this time; -1: none. */
  #rowAt(tick: number): number {
    let [low, high] = [0, this.#count];
    // A player has a row for every tick, so the first guess is nearly always right.
    const guess = Math.floor(tick) - this.firstTick;
    if (guess >= 0 && guess < this.#count && this.#ticks[guess] === Math.floor(tick)) return guess;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.tick(middle) <= tick) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

export class Truth {
  readonly players = new Map<number, Track>();
  readonly bodies = new Map<number, Track>();
  /** When the snapshots of each tick were made (unit: microseconds since 1970). */
  readonly times = new TickTimes();
  /** Bytes of a last tick that was cut off. */
  cutOff = 0;
}

/** When each tick was and how long it took, without gaps. */
export class TickTimes {
  #first = Number.NaN;
  #times = new Float64Array(1024);
  #durationsMs = new Float32Array(1024);
  #count = 0;

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#first + this.#count - 1;
  }

  get count(): number {
    return this.#count;
  }

  add(tick: number, unixUs: number, durationMs: number): void {
    if (this.#count === 0) this.#first = tick;
    if (tick !== this.#first + this.#count) throw new Error(`the truth lacks ticks before ${tick}`);
    if (this.#count === this.#times.length) {
      const times = new Float64Array(this.#times.length * 2);
      const durationsMs = new Float32Array(times.length);
      times.set(this.#times);
      durationsMs.set(this.#durationsMs);
      [this.#times, this.#durationsMs] = [times, durationsMs];
    }
    this.#times[this.#count] = unixUs;
    this.#durationsMs[this.#count] = durationMs;
    this.#count += 1;
  }

  /** When a time in ticks was (unit: microseconds since 1970); before the first and after the last tick by the mean period. */
  at(tick: number): number {
    const offset = Math.min(Math.max(Math.floor(tick - this.#first), 0), Math.max(this.#count - 2, 0));
    const [from = Number.NaN, to = Number.NaN] = [this.#times[offset], this.#times[offset + 1]];
    const share = tick - this.#first - offset;
    return from + (share <= 1 && share >= 0 ? to - from : this.#meanPeriod()) * share;
  }

  /** The time in ticks at a moment, by the mean period: good to a few milliseconds (unit of `unixUs`: microseconds since 1970). */
  tickAt(unixUs: number): number {
    return this.#first + (unixUs - (this.#times[0] ?? 0)) / this.#meanPeriod();
  }

  /** How long the ticks took that were between two moments (units: milliseconds; microseconds since 1970). */
  durationsMs(fromUnixUs: number, toUnixUs: number): Samples {
    const samples = new Samples();
    for (let index = 0; index < this.#count; index += 1) {
      const [at = 0, durationMs = Number.NaN] = [this.#times[index], this.#durationsMs[index]];
      if (at >= fromUnixUs && at <= toUnixUs && durationMs >= 0) samples.push(durationMs);
    }
    return samples;
  }

  #meanPeriod(): number {
    return ((this.#times[this.#count - 1] ?? 0) - (this.#times[0] ?? 0)) / (this.#count - 1);
  }
}

/** Reads the whole file. */
export function readTruth(path: string): Truth {
  const file = new ByteFile(path, TRUTH_MAGIC);
  const truth = new Truth();
  while (file.has(TICK_BYTES)) {
    const [tick, unixUs, durationMs] = [file.u32(), file.u64(), file.u32() / 1000];
    const [players, bodies] = [file.u16(), file.u16()];
    if (!file.has(players * PLAYER_BYTES + bodies * BODY_BYTES)) break;
    truth.times.add(tick, unixUs, durationMs);
    for (let index = 0; index < players; index += 1)
      readPlayer(file, trackOf(truth.players, file, PLAYER_WIDTH), tick);
    for (let index = 0; index < bodies; index += 1) {
      const row = trackOf(truth.bodies, file, BODY_WIDTH).add(tick);
      for (let column = 0; column < BODY_WIDTH; column += 1) row[column] = file.f32();
    }
  }
  truth.cutOff = file.rest;
  file.close();
  if (truth.times.count < 2) throw new Error(`${path} has no two ticks`);
  return truth;
}

function readPlayer(file: ByteFile, track: Track, tick: number): void {
  const row = track.add(tick);
  for (let column = 0; column < 3; column += 1) row[column] = file.f32();
  file.u16(); // the yaw, which the head's place already shows
  row[PLAYER_WIDTH - 1] = file.u16() & TRACKED ? 1 : 0;
  for (let column = 3; column < 12; column += 1) row[column] = file.f32();
}

function trackOf(tracks: Map<number, Track>, file: ByteFile, width: number): Track {
  const entity = file.u32();
  let track = tracks.get(entity);
  if (!track) {
    track = new Track(width);
    tracks.set(entity, track);
  }
  return track;
}
