// Small truths and views for tests: what moves where is a function of the time in ticks, and the files are what it makes.
import { closeSync, openSync, writeSync } from 'node:fs';
import { TRUTH_MAGIC } from './truth.ts';
import { EXTRAPOLATED, HAS_POINTS, VIEWS_MAGIC } from './views.ts';

export type Place = readonly [x: number, y: number, z: number];
export type Path = (tick: number) => Place;

/** Beginning of the recording (unit: microseconds since 1970) and the period of a tick (unit: microseconds). */
export const BEGAN_US = 1_700_000_000_000_000;
export const TICK_US = 100_000 / 3;

const unixUs = (tick: number) => BEGAN_US + tick * TICK_US;
/** Head and hands of somebody, which go where the feet go. */
const pointsOf = ([x, y, z]: Place): Place[] => [
  [x, y + 1.6, z],
  [x - 0.3, y + 1, z],
  [x + 0.3, y + 1, z],
];

class Bytes {
  #parts: Buffer[] = [];
  text = (value: string) => this.#parts.push(Buffer.from(value, 'latin1'));
  #number(length: number, write: (buffer: Buffer) => void) {
    const buffer = Buffer.alloc(length);
    write(buffer);
    this.#parts.push(buffer);
  }
  u16 = (value: number) => this.#number(2, (buffer) => buffer.writeUInt16LE(value));
  u32 = (value: number) => this.#number(4, (buffer) => buffer.writeUInt32LE(value));
  u64 = (value: number) => this.#number(8, (buffer) => buffer.writeBigUInt64LE(BigInt(Math.round(value))));
  f64 = (value: number) => this.#number(8, (buffer) => buffer.writeDoubleLE(value));
  place = (place: Place) => {
    for (const part of place) this.#number(4, (buffer) => buffer.writeFloatLE(part));
  };

  write(path: string, cut = 0) {
    const all = Buffer.concat(this.#parts);
    const file = openSync(path, 'w');
    writeSync(file, all.subarray(0, all.length - cut));
    closeSync(file);
  }
}

export type TruthSpec = {
  ticks: number;
  players: Readonly<Record<number, Path>>;
  bodies?: Readonly<Record<number, Path>>;
  /** Bytes that are missing at the end. */
  cut?: number;
};

export function writeTruth(path: string, { ticks, players, bodies = {}, cut = 0 }: TruthSpec): void {
  const out = new Bytes();
  out.text(TRUTH_MAGIC);
  const told = new Map<string, string>();
  for (let tick = 0; tick < ticks; tick += 1) {
    // As the instance does: a body when it has moved, and all now and then.
    const due = Object.entries(bodies).filter(([entity, at]) => {
      const place = String(at(tick));
      const isDue = told.get(entity) !== place || tick % 300 === 0;
      told.set(entity, place);
      return isDue;
    });
    out.u32(tick);
    out.u64(unixUs(tick));
    out.u32(1000 + tick);
    out.u16(Object.keys(players).length);
    out.u16(due.length);
    for (const [entity, at] of Object.entries(players)) {
      out.u32(Number(entity));
      out.place(at(tick));
      out.u16(0);
      out.u16(1 | 2);
      pointsOf(at(tick)).forEach(out.place);
    }
    for (const [entity, at] of due) {
      out.u32(Number(entity));
      out.place(at(tick));
    }
  }
  out.write(path, cut);
}

export type ViewSpec = {
  /** Times of the samples (unit: ticks). */
  at: readonly number[];
  bot: number;
  own: number;
  /** How long ago everything is shown (unit: ticks). */
  delay: number;
  /** Updates in each sample. */
  updates: number;
  players: Readonly<Record<number, Path>>;
  bodies?: Readonly<Record<number, Path>>;
  extrapolated?: boolean;
};

export function writeViews(path: string, views: readonly ViewSpec[], cut = 0): void {
  const out = new Bytes();
  out.text(VIEWS_MAGIC);
  const samples = views.flatMap((view) => view.at.map((tick) => ({ view, tick })));
  for (const { view, tick } of samples.toSorted((a, b) => a.tick - b.tick)) sample(out, view, tick);
  out.write(path, cut);
}

function sample(out: Bytes, view: ViewSpec, tick: number): void {
  const { bot, own, delay, updates, players, bodies = {}, extrapolated = false } = view;
  const flags = extrapolated ? EXTRAPOLATED : 0;
  const then = tick - delay;
  out.u64(unixUs(tick));
  out.u32(bot);
  out.u32(own);
  out.place([0, 0, 0]);
  out.u16(Object.keys(players).length);
  out.u16(Object.keys(bodies).length);
  for (const [entity, at] of Object.entries(players)) {
    out.u32(Number(entity));
    out.f64(then);
    out.place(at(then));
    pointsOf(at(then)).forEach(out.place);
    out.u16(updates);
    out.u16(flags | HAS_POINTS);
  }
  for (const [entity, at] of Object.entries(bodies)) {
    out.u32(Number(entity));
    out.f64(then);
    out.place(at(then));
    out.u16(updates);
    out.u16(flags);
  }
}
