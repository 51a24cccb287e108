// The executor's lines, summed up while they come. Bytes, rates and delays count from `start` to `end`; what must never happen
// counts always.
import { Samples } from '../compare/samples.ts';

/** Of IPv4 and UDP, on every datagram (unit: bytes). */
export const HEADER_BYTES = 28;

/** A `bot` line, as far as it is read here. */
export type BotLine = {
  type: 'bot';
  t: number;
  bot: number;
  state: string;
  rtt_ms?: number;
  view_delay_ms?: number;
  datagrams_down: number;
  datagrams_up: number;
  bytes_down: number;
  bytes_up: number;
  corrections: number;
  correction_max_mm: number;
  contact_corrections: number;
  contact_correction_max_mm: number;
  missed_corrections: number;
  missed_correction_max_mm: number;
  relocations: number;
  missed_inputs: number;
  skipped_ticks: number;
  unreadable: number;
};

type OtherLine =
  | { type: 'connected'; bot: number }
  | { type: 'returned'; bot: number }
  | { type: 'ended'; bot: number; cause: string; message: string }
  | Summary;

/** The last line; its traffic is that of all bots from the first request to the last goodbye. */
export type Summary = {
  type: 'summary';
  disconnects: number;
  returned: number;
  playing: number;
  datagrams_down: number;
  datagrams_up: number;
  bytes_down: number;
  bytes_up: number;
};

export type Line = BotLine | OtherLine;
export type Correction = { count: number; maxMm: number };
type Way = { datagrams: number; bytes: number };

/** What one bot sent and received in the time that counts. */
type Traffic = { lastT: number; seconds: number; down: Way; up: Way };

const nothing = (): Way => ({ datagrams: 0, bytes: 0 });
const add = (way: Way, datagrams: number, bytes: number) => {
  way.datagrams += datagrams;
  way.bytes += bytes;
};
const kbps = ({ datagrams, bytes }: Way, seconds: number) =>
  ((bytes + datagrams * HEADER_BYTES) * 8) / 1000 / seconds;

export class BotLines {
  readonly connected = new Set<number>();
  readonly playing = new Set<number>();
  readonly endings: string[] = [];
  returned = 0;
  readonly corrections = {
    static: { count: 0, maxMm: 0 },
    dynamic: { count: 0, maxMm: 0 },
    missed: { count: 0, maxMm: 0 },
  };
  missedInputs = 0;
  relocations = 0;
  skippedTicks = 0;
  unreadable = 0;
  readonly rttMs = new Samples();
  readonly viewDelayMs = new Samples();
  summary: Summary | undefined;
  readonly #traffic = new Map<number, Traffic>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;
  #newestT = 0;

  /** What counts begins with the next reports. */
  start(): void {
    this.#from = this.#newestT;
  }

  end(): void {
    this.#to = this.#newestT;
  }

  take(line: Line): void {
    switch (line.type) {
      case 'bot':
        this.#takeReport(line);
        return;
      case 'connected':
        this.connected.add(line.bot);
        return;
      case 'returned':
        this.returned += 1;
        return;
      case 'ended':
        this.playing.delete(line.bot);
        this.endings.push(`bot ${line.bot + 1}: ${line.message}`);
        return;
      case 'summary':
        this.summary = line;
        return;
    }
  }

  #takeReport(line: BotLine): void {
    this.#newestT = Math.max(this.#newestT, line.t);
    if (line.state === 'playing') this.playing.add(line.bot);
    else this.playing.delete(line.bot);
    const correct = (kind: Correction, count: number, maxMm: number) => {
      kind.count += count;
      kind.maxMm = Math.max(kind.maxMm, maxMm);
    };
    const { corrections } = this;
    correct(corrections.static, line.corrections, line.correction_max_mm);
    correct(corrections.dynamic, line.contact_corrections, line.contact_correction_max_mm);
    correct(corrections.missed, line.missed_corrections, line.missed_correction_max_mm);
    this.missedInputs += line.missed_inputs;
    this.relocations += line.relocations;
    this.skippedTicks += line.skipped_ticks;
    this.unreadable += line.unreadable;
    this.#measure(line);
  }

  #measure(line: BotLine): void {
    const before = this.#traffic.get(line.bot);
    const traffic = before ?? { lastT: line.t, seconds: 0, down: nothing(), up: nothing() };
    this.#traffic.set(line.bot, traffic);
    const since = traffic.lastT;
    traffic.lastT = line.t;
    // A report counts when all of its time does.
    if (!before || since < this.#from || line.t > this.#to) return;
    traffic.seconds += line.t - since;
    add(traffic.down, line.datagrams_down, line.bytes_down);
    add(traffic.up, line.datagrams_up, line.bytes_up);
    if (line.rtt_ms !== undefined) this.rttMs.push(line.rtt_ms);
    if (line.view_delay_ms !== undefined) this.viewDelayMs.push(line.view_delay_ms);
  }

  /** The mean of each bot on the wire, headers of IPv4 and UDP included (unit: kbit/s). */
  kbps(way: 'down' | 'up'): Samples {
    const samples = new Samples();
    for (const traffic of this.#traffic.values())
      if (traffic.seconds > 0) samples.push(kbps(traffic[way], traffic.seconds));
    return samples;
  }
}
