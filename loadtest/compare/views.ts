// What bots saw: the file that the executor writes. README.md describes it. Samples are read one at a time into the same arrays.
import { ByteFile } from './byte-file.ts';

export const VIEWS_MAGIC = 'OWVIEWS1';

const SAMPLE_BYTES = 8 + 4 + 4 + 12 + 2 + 2;
const PLAYER_BYTES = 4 + 8 + 12 + 36 + 2 + 2;
const BODY_BYTES = 4 + 8 + 12 + 2 + 2;
const MOST = 65_535;
export const HAS_POINTS = 1;
export const EXTRAPOLATED = 2;

/** Some of the others, in columns. */
export class Shown {
  count = 0;
  /** Numbers in a row of `places`: 3 for a body; 12 for a player: feet, head, left hand, right hand. */
  readonly width: number;
  readonly entities = new Uint32Array(MOST);
  /** View time of each (unit: ticks). */
  readonly ticks = new Float64Array(MOST);
  readonly places: Float32Array;
  /** Snapshots that each was in since this bot's last sample. */
  readonly updates = new Uint16Array(MOST);
  readonly flags = new Uint16Array(MOST);

  constructor(width: number) {
    this.width = width;
    this.places = new Float32Array(MOST * width);
  }

  read(file: ByteFile, count: number): void {
    this.count = count;
    for (let row = 0; row < count; row += 1) {
      this.entities[row] = file.u32();
      this.ticks[row] = file.f64();
      for (let column = 0; column < this.width; column += 1)
        this.places[row * this.width + column] = file.f32();
      this.updates[row] = file.u16();
      this.flags[row] = file.u16();
    }
  }
}

/** One bot's whole view at one moment; valid until the next one is read. */
export type Sample = { unixUs: number; bot: number; own: number; players: Shown; bodies: Shown };

/** Every sample in its turn; returns how many bytes of a last one were cut off. */
export function readViews(path: string, visit: (sample: Sample) => void): number {
  const file = new ByteFile(path, VIEWS_MAGIC);
  const sample: Sample = { unixUs: 0, bot: 0, own: 0, players: new Shown(12), bodies: new Shown(3) };
  while (file.has(SAMPLE_BYTES)) {
    sample.unixUs = file.u64();
    sample.bot = file.u32();
    sample.own = file.u32();
    for (let column = 0; column < 3; column += 1) file.f32(); // where it believes to be, ahead of the server
    const [players, bodies] = [file.u16(), file.u16()];
    if (!file.has(players * PLAYER_BYTES + bodies * BODY_BYTES)) break;
    sample.players.read(file, players);
    sample.bodies.read(file, bodies);
    visit(sample);
  }
  const cutOff = file.rest;
  file.close();
  return cutOff;
}
