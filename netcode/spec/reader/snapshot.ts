// §5: snapshots, one after the other, against the keyframes that those before left here.
import { BitReader, Malformed } from './bits.ts';
import {
  BODY_PART_WIDTH,
  PLACE_WIDTHS,
  POINT_PART_WIDTH,
  POINT_WIDTH,
  type Point,
  placeAt,
  type Rotation,
  rotationAt,
} from './pose.ts';

export interface Player {
  entity: number;
  position: number[];
  yaw: number;
  grounded: boolean;
  points: Point[] | null;
}

export interface Body {
  entity: number;
  position: number[];
  rotation: number[];
  asleep: boolean;
}

export interface Snapshot {
  header: { tick: number; inputTick: number; inputMarginMs: number; missedInputs: number };
  own: object | null;
  players: Player[];
  bodies: Body[];
  /** Entries whose keyframe is not here. */
  skipped: number;
}

const KEPT = 16;
const GRID = 4;
const ENTITY_WIDTHS = [8, 12, 16, 32];

/** Widths of a field's difference by class, from the table of the standard. */
const CLASSES = {
  playerPlace: [
    [9, 11, 13],
    [0, 9, 11],
    [9, 11, 13],
  ],
  yaw: [0, 7, 10],
  headPlace: [2, 4, 7],
  handPlace: [3, 6, 9],
  bodyPlace: [
    [8, 10, 12],
    [0, 8, 10],
    [8, 10, 12],
  ],
  headRotation: [2, 3, 6],
  handRotation: [3, 5, 8],
  bodyRotation: [0, 6, 9],
};

interface Root {
  entity: number;
  place: number[];
  yaw: number;
  grounded: boolean;
}
type PlayerFrame = Root & { points: Point[] | null };
type BodyFrame = { entity: number; place: number[]; rotation: Rotation; asleep: boolean };

/** A baseline that is not here still says how wide what follows is. */
const NOBODY: PlayerFrame & BodyFrame = {
  entity: 0,
  place: [0, 0, 0],
  yaw: 0,
  grounded: false,
  points: null,
  rotation: { largest: 0, parts: [0, 0, 0] },
  asleep: false,
};
const NO_POINTS: Point[] = [0, 1, 2].map(() => ({ place: [0, 0, 0], largest: 0, parts: [0, 0, 0] }));

export class SnapshotReader {
  readonly #players = new Keyframes<PlayerFrame>();
  readonly #bodies = new Keyframes<BodyFrame>();

  read(bytes: Uint8Array): Snapshot {
    const input = new BitReader(bytes);
    const header = {
      tick: input.read(32, 'tick'),
      inputTick: input.read(32, 'input tick'),
      inputMarginMs: input.signed(16, 'margin'),
      missedInputs: input.read(8, 'missed inputs'),
    };
    const own = input.flag('whether there is a body') ? readOwn(input) : null;
    const snapshot: Snapshot = { header, own, players: [], bodies: [], skipped: 0 };
    // Where fewer than two bits are left, that is the end too.
    while (input.left >= 2) {
      const kind = input.read(2, 'kind');
      if (kind === 0) break;
      if (kind === 3) this.#body(input, snapshot);
      else this.#player(input, snapshot, kind === 2);
    }
    input.end('the snapshot');
    return snapshot;
  }

  #player(input: BitReader, snapshot: Snapshot, hasPoints: boolean): void {
    const { tick } = snapshot.header;
    const index = readIndex(input);
    const root = this.#players.baseline(index, tick, input.read(3, 'baseline of the root'));
    const points = hasPoints
      ? this.#players.baseline(index, tick, input.read(3, 'baseline of the points'))
      : undefined;
    const player = {
      ...readRoot(input, root === 'missing' ? NOBODY : root),
      points: hasPoints
        ? readPoints(input, points && ((points !== 'missing' && points.points) || NO_POINTS))
        : null,
    };
    // A keyframe without points is no baseline for points.
    if (root === 'missing' || points === 'missing' || (points && !points.points)) {
      snapshot.skipped += 1;
      return;
    }
    this.#players.keep(index, tick, player);
    const { place, yaw, ...rest } = player;
    snapshot.players.push({ ...rest, position: placeAt(place), yaw: yaw * 16 });
  }

  #body(input: BitReader, snapshot: Snapshot): void {
    const { tick } = snapshot.header;
    const index = readIndex(input);
    const base = this.#bodies.baseline(index, tick, input.read(3, 'baseline of the body'));
    const body = readBody(input, base === 'missing' ? NOBODY : base);
    if (base === 'missing') {
      snapshot.skipped += 1;
      return;
    }
    this.#bodies.keep(index, tick, body);
    const { place, rotation, ...rest } = body;
    snapshot.bodies.push({
      ...rest,
      position: placeAt(place),
      rotation: rotationAt(rotation, BODY_PART_WIDTH),
    });
  }
}

/** What was read of grid ticks, by index. */
class Keyframes<T> {
  readonly #frames = new Map<number, Map<number, T>>();

  keep(index: number, tick: number, frame: T): void {
    if (tick % GRID !== 0) return;
    const frames = this.#frames.get(index) ?? new Map<number, T>();
    this.#frames.set(index, frames.set(tick, frame));
    const oldest = [...frames.keys()].sort((a, b) => (a - b) | 0); // ticks wrap
    for (const gone of oldest.slice(0, -KEPT)) frames.delete(gone);
  }

  /** The `back`-th grid tick before this one. */
  baseline(index: number, tick: number, back: number): T | 'missing' | undefined {
    if (back === 0) return undefined;
    const newest = Math.floor(((tick - 1) >>> 0) / GRID) * GRID;
    return this.#frames.get(index)?.get((newest - GRID * (back - 1)) >>> 0) ?? 'missing';
  }
}

function readIndex(input: BitReader): number {
  return input.read(input.flag('width of the index') ? 12 : 7, 'index');
}

function readEntity(input: BitReader): number {
  const width = ENTITY_WIDTHS[input.read(2, 'width of the entity')] as number;
  const entity = input.read(width, 'entity');
  if (entity === 0) throw new Malformed('entity 0 is nobody');
  return entity;
}

function readOwn(input: BitReader): object {
  const vector = (field: string) => [0, 1, 2].map(() => input.float(field));
  const own = { entity: readEntity(input), position: vector('position'), velocity: vector('velocity') };
  const support = input.read(2, 'support');
  if (support > 2) throw new Malformed(`support is ${support}`);
  const blockers = Array.from({ length: input.read(2, 'count of blockers') }, () => ({
    normal: vector('normal'),
    offset: input.float('offset'),
    drift: input.float('drift'),
    ticksLeft: input.read(3, 'ticks left'),
  }));
  return { ...own, support, blockers };
}

/** A number as it is, or as the difference to a baseline. */
function readField(input: BitReader, field: string, width: number, classes: number[], base?: number): number {
  if (base === undefined) return input.read(width, field);
  const difference = classes[input.read(2, `class of ${field}`)];
  if (difference === undefined) return input.read(width, field);
  const steps = input.read(difference, field);
  return (base + steps - Math.floor(2 ** difference / 2)) & (2 ** width - 1);
}

function readPlace(
  input: BitReader,
  widths: readonly number[],
  classes: number[][],
  base?: number[],
): number[] {
  return widths.map((width, axis) =>
    readField(input, 'place', width, classes[axis] as number[], base?.[axis]),
  );
}

/** One class for all three parts; the widest one tells the largest part too. */
function readRotation(input: BitReader, width: number, classes: number[], base?: Rotation): Rotation {
  const difference = base && classes[input.read(2, 'class of a rotation')];
  if (!base || difference === undefined) {
    const largest = input.read(2, 'the largest part');
    return { largest, parts: [0, 1, 2].map(() => input.read(width, 'a part')) };
  }
  const parts = base.parts.map((part) => {
    const steps = input.read(difference, 'a part');
    return (part + steps - Math.floor(2 ** difference / 2)) & (2 ** width - 1);
  });
  return { largest: base.largest, parts };
}

function readRoot(input: BitReader, base?: Root): Root {
  if (base && input.flag('whether the root is as it was'))
    return { entity: base.entity, place: base.place, yaw: base.yaw, grounded: base.grounded };
  return {
    entity: base ? base.entity : readEntity(input),
    place: readPlace(input, PLACE_WIDTHS, CLASSES.playerPlace, base?.place),
    yaw: readField(input, 'yaw', 12, CLASSES.yaw, base?.yaw),
    grounded: input.flag('grounded'),
  };
}

function readPoints(input: BitReader, base?: Point[]): Point[] | null {
  if (!input.flag('whether there are points')) return null;
  return [0, 1, 2].map((k) => {
    const classes = k === 0 ? CLASSES.headPlace : CLASSES.handPlace;
    const widths = [POINT_WIDTH, POINT_WIDTH, POINT_WIDTH];
    const place = readPlace(input, widths, [classes, classes, classes], base?.[k]?.place);
    const turned = k === 0 ? CLASSES.headRotation : CLASSES.handRotation;
    return { place, ...readRotation(input, POINT_PART_WIDTH, turned, base?.[k]) };
  });
}

function readBody(input: BitReader, base?: BodyFrame): BodyFrame {
  if (base && input.flag('whether the body is as it was')) return base;
  return {
    entity: base ? base.entity : readEntity(input),
    place: readPlace(input, PLACE_WIDTHS, CLASSES.bodyPlace, base?.place),
    rotation: readRotation(input, BODY_PART_WIDTH, CLASSES.bodyRotation, base?.rotation),
    asleep: input.flag('asleep'),
  };
}
