/** The vocabulary: what hands, head and trunk do together. Each takes a start (unit: seconds) and returns its end. */
import type { Performer, Side } from './performer.ts';

const TALK = [0.2, 1.13, -0.38, 0.2, 0.1];
const RAISED = [0.36, 1.62, -0.22, 0.1, 1.0];

/** Beats of somebody who explains: strokes down and outwards in front of the chest, with one hand or both. */
export function beats(p: Performer, start: number, sides: 'both' | Side): number {
  const home = p.near(TALK, 0.06);
  const strokes = Array.from({ length: 2 + Math.floor(4 * p.random()) }, () => {
    const out = p.between(0.04, 0.2);
    const down = p.between(-0.14, 0.08);
    return [shift(home, [0.4 * out, 0.09, 0.02]), shift(home, [out, down, -p.between(0, 0.14)])];
  }).flat();
  p.look(start, p.between(-0.3, 0.3), p.between(-0.12, 0.05));
  const tempo = p.between(1.05, 1.4);
  const end =
    sides === 'both'
      ? p.reachBoth(start, [home, ...strokes], tempo)
      : p.reach(sides, start, [home, ...strokes], tempo);
  nod(p, start + 0.4);
  return end;
}

/** A wave above the shoulder at somebody, from the forearm. */
export function wave(p: Performer, start: number, side: Side): number {
  const yaw = p.between(-0.7, 0.7);
  p.look(start, yaw, p.between(-0.05, 0.1));
  const swings = 2 * (3 + Math.floor(3 * p.random()));
  const width = p.between(0.12, 0.22);
  const raised = p.near(RAISED, 0.05);
  const via = Array.from({ length: swings }, (_, i) => {
    const wide = (i % 2 ? -1 : 1) * width * p.between(0.75, 1.2);
    return shift(raised, [wide, -0.12 * Math.abs(wide), p.between(-0.02, 0.02), 1.6 * wide]);
  });
  p.lean(start, [[0, 0.01, -0.01, 0.25 * yaw, -0.02, 0]], [0.6]);
  return p.reach(side, start, [raised, ...via], p.between(1.15, 1.5));
}

/** A stretched arm towards something, looked at first; then once more, for those who did not see. */
export function point(p: Performer, start: number, side: Side): number {
  const out = side === 'right' ? -1 : 1;
  const yaw = out * p.between(-0.3, 1.1);
  const pitch = p.between(-0.25, 0.35);
  p.look(start, yaw, pitch);
  const aim = (length: number): number[] => {
    const flat = length * Math.cos(pitch);
    const x = 0.19 + flat * Math.sin(yaw) * out;
    return [x, 1.42 + length * Math.sin(pitch), -flat * Math.cos(yaw), 0.9, 0];
  };
  p.lean(start, [[0.02 * -out, 0, -0.02, 0.3 * yaw, -0.05, 0]], [0.55]);
  const there = p.reach(side, start, [p.near([0.27, 1.2, -0.3], 0.04), aim(0.66)], p.between(0.95, 1.25));
  if (p.random() < 0.3) return there;
  const again = there + p.between(0.2, 0.7);
  return p.reach(side, again, [aim(0.48), aim(0.67)], p.between(1.2, 1.5));
}

/** Takes something from below, weighs it, and throws it overarm with trunk and other hand. */
export function throwBall(p: Performer, start: number, side: Side): number {
  const other = side === 'right' ? 'left' : 'right';
  const twist = side === 'right' ? -1 : 1;
  p.look(start, 0.15 * twist, -0.6);
  p.lean(
    start,
    [
      [0, -0.16, -0.04, 0.15 * twist, -0.45, 0],
      [0, 0, 0.02, 0.6 * twist, 0.08, 0],
    ],
    [0.55, 0.75],
  );
  const low = p.reach(side, start, [p.near([0.25, 0.78, -0.42, 1.2], 0.03)], 1.0);
  const weighed = p.reach(
    side,
    low + 0.1,
    [p.near([0.24, 1.15, -0.3, 1.4], 0.03), p.near([0.42, 1.5, 0.2, 0.3, 0.5], 0.04)],
    0.9,
  );
  p.reach(other, low + 0.2, [p.near([0.2, 1.3, -0.5], 0.04)], 0.9);
  const target = p.between(-0.25, 0.25);
  p.look(low + 0.35, target, p.between(0, 0.2));
  const go = Math.max(weighed + p.between(0.05, 0.3), p.trunk.end);
  p.lean(
    go,
    [
      [0, -0.03, -0.14, -0.5 * twist + 0.3 * target, -0.3, 0],
      [0, 0, 0, 0, -0.03, 0],
    ],
    [0.32, 0.9],
  );
  p.reach(other, go, [p.near([0.28, 0.95, -0.1], 0.04)], 1.1);
  const swing = [
    [0.36, 1.72, -0.05, 0.1, 0.8],
    [0.22, 1.62, -0.5, 0, -0.2],
    [-0.08, 1.0, -0.46, 0.6, -0.4],
  ];
  const durations = [0.21, 0.15, 0.32].map((s) => s * p.between(0.92, 1.15));
  return p[side].go(
    go + 0.06,
    swing.map((place) => p.near(place, 0.03)),
    durations,
  );
}

const FIGURES = [
  [0.45, 1.25, -0.3],
  [0.2, 1.75, -0.2],
  [0.1, 1.15, -0.35],
  [0.5, 1.5, -0.05],
  [0.3, 1.0, -0.3],
  [0.05, 1.5, -0.4],
];

/** Bars of four beats: a place for both hands on each beat, a way through the half ones, the weight on either foot. */
export function dance(p: Performer, start: number, bars: number, beat: number): number {
  const from = Math.max(start, p.left.end, p.right.end, p.trunk.end);
  const counts = 4 * bars;
  const mirrored = p.random() < 0.5;
  for (const side of ['left', 'right'] as const) {
    const shifted = side === 'left' && !mirrored ? 2 : 0;
    const places = Array.from({ length: counts }, (_, i) => {
      const figure = FIGURES[(i + shifted + 2 * Math.floor(i / 4)) % FIGURES.length] as number[];
      return p.near(figure, 0.07);
    });
    p[side].go(
      from,
      places,
      places.map(() => beat * p.between(0.94, 1.06)),
    );
  }
  const steps = Array.from({ length: counts }, (_, i) => {
    const foot = i % 2 ? -1 : 1;
    const down = [0.05 * foot, -p.between(0.04, 0.08), 0, 0.12 * foot, -0.08, 0.05 * foot];
    return [down, [0.07 * foot, -0.005, 0, 0.2 * foot * p.random(), -0.02, 0.03 * foot]];
  }).flat();
  p.lean(
    from,
    steps,
    steps.map(() => (beat / 2) * p.between(0.96, 1.04)),
  );
  for (let i = 0; i < counts - 1; i += 2) {
    p.look(from + i * beat + p.between(0, 0.1), p.between(-0.5, 0.5), p.between(-0.25, 0.15));
    nod(p, p.gaze.end);
  }
  return Math.max(p.left.end, p.right.end);
}

/** Both fists up, several times. */
export function cheer(p: Performer, start: number): number {
  p.look(start, p.between(-0.4, 0.4), p.between(0, 0.3));
  const up = [0.3, 1.93, -0.12, 0.3, 0.4];
  const pumps = Array.from({ length: 2 + Math.floor(3 * p.random()) }, () => [
    shift(up, [0.02, -p.between(0.25, 0.42), -0.12]),
    shift(up, [p.between(-0.05, 0.1), p.between(-0.03, 0.04), 0]),
  ]).flat();
  const end = p.reachBoth(start, [up, ...pumps], p.between(1.35, 1.7), 0.03);
  p.lean(
    start,
    [
      [0, -0.07, 0, 0, -0.15, 0],
      [0, 0.03, 0, 0, 0.06, 0],
      [0, 0, 0, 0, -0.03, 0],
    ],
    [0.2, 0.22, 0.4],
  );
  return end;
}

/** Claps: the hands meet in front of the chest and part again. */
export function clap(p: Performer, start: number): number {
  const meet = [0.035, 1.22, -0.38, 1.3, 0.6];
  p.look(start, p.between(-0.5, 0.5), p.between(-0.1, 0.15));
  const claps = Array.from({ length: 5 + Math.floor(5 * p.random()) }, () => [
    meet,
    shift(meet, [p.between(0.12, 0.22), p.between(-0.03, 0.03), p.between(0, 0.05)]),
  ]).flat();
  return p.reachBoth(start, claps, p.between(1.5, 1.9), 0.008);
}

/** Looks somewhere far to the side; the trunk follows the head when it is far. Perhaps a hand shades the eyes. */
export function glance(p: Performer, start: number): number {
  const yaw = (p.random() < 0.5 ? -1 : 1) * p.between(0.3, 1.25);
  const turned = p.look(start, yaw, p.between(-0.3, 0.35));
  if (Math.abs(yaw) > 0.7) p.lean(start + 0.05, [[0.01, 0, 0, 0.45 * yaw, -0.03, 0]], [0.7]);
  if (p.random() < 0.15) {
    const side = yaw > 0 ? 'left' : 'right';
    const brow = p.reach(side, turned, [p.near([0.12, 1.68, -0.2, 1.5, 0.2], 0.02)], 0.9);
    return p.relax(side, brow + p.between(0.8, 1.6));
  }
  return turned;
}

/** The weight goes to the other foot, and a hand finds a new place to hang. */
export function shiftWeight(p: Performer, start: number): number {
  const foot = p.random() < 0.5 ? -1 : 1;
  p.lean(
    start,
    [[0.05 * foot, -0.012, p.between(-0.02, 0.02), 0.06 * foot, -0.04, 0.03 * foot]],
    [p.between(0.8, 1.4)],
  );
  return p.relax(foot > 0 ? 'right' : 'left', start + 0.2, 0.6);
}

/** A hand to the chin or the ear, and back. */
export function touchFace(p: Performer, start: number): number {
  const side = p.random() < 0.5 ? 'left' : 'right';
  const there = p.reach(side, start, [p.near([0.1, 1.46, -0.2, 1.2, 0.5], 0.02)], 0.85);
  return p.relax(side, there + p.between(0.7, 1.8));
}

function nod(p: Performer, start: number): void {
  const [yaw, pitch, roll] = p.gaze.place as [number, number, number];
  const low = [yaw + p.between(-0.05, 0.05), pitch - p.between(0.06, 0.16), roll];
  p.gaze.go(
    Math.max(start, p.gaze.end),
    [low, [yaw, pitch + p.between(-0.03, 0.03), roll]],
    [p.between(0.16, 0.25), p.between(0.2, 0.35)],
  );
}

/** A place moved by so much. */
function shift(place: number[], by: number[]): number[] {
  return place.map((value, k) => value + (by[k] ?? 0));
}
