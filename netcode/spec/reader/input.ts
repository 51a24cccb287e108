// §4: a player's inputs of the last ticks, and how head and hands are held at the newest one.
import { BitReader } from './bits.ts';
import { type Point, readPoints } from './pose.ts';

export interface Frame {
  tick: number;
  right: number;
  forward: number;
  yaw: number;
  buttons: number;
}

export interface Input {
  /** Oldest first. */
  frames: Frame[];
  points: Point[] | null;
}

export function readInput(bytes: Uint8Array): Input {
  const input = new BitReader(bytes);
  const newest = input.read(32, 'tick');
  const count = input.read(3, 'count of inputs') + 1;
  const wishes = [readWish(input)];
  while (wishes.length < count) {
    const same = input.flag('whether an input is as the one after it');
    wishes.push(same ? (wishes.at(-1) as Wish) : readWish(input));
  }
  const frames = wishes.map((wish, age) => ({ tick: (newest - age) >>> 0, ...wish }));
  const points = readPoints(input);
  return { frames: frames.reverse(), points };
}

type Wish = Omit<Frame, 'tick'>;

function readWish(input: BitReader): Wish {
  return {
    right: input.signed(8, 'right'),
    forward: input.signed(8, 'forward'),
    yaw: input.read(16, 'yaw'),
    buttons: input.read(8, 'buttons'),
  };
}
