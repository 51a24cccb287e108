// The comparison against small made-up truths: what is right is zero, what is wrong shows by as much as it is wrong.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  BEGAN_US,
  type Path,
  TICK_US,
  type TruthSpec,
  type ViewSpec,
  writeTruth,
  writeViews,
} from './compare/synthetic.ts';
import { compare, unseenMoves } from './compare.ts';

const folder = mkdtempSync(join(tmpdir(), 'otherworld-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

const every = (period: number, to: number) =>
  Array.from({ length: Math.floor(to / period) }, (_, k) => (k + 1) * period);
const walk: Path = (tick) => [tick / 30, 0, 2];
const stand: Path = () => [0, 0, 0];
const away: Path = (tick) => [0, 0, 20 + tick / 300];
const off =
  (path: Path, metres: number): Path =>
  (tick) => {
    const [x, y, z] = path(tick);
    return [x, y, z + metres];
  };

const TRUTH: TruthSpec = { ticks: 601, players: { 1: stand, 2: walk, 3: away } };
const VIEW: ViewSpec = {
  at: every(30, 590),
  bot: 0,
  own: 1,
  delay: 4.5,
  updates: 25,
  players: { 2: walk, 3: away },
};

function comparison(truth: TruthSpec, views: readonly ViewSpec[], cut = 0, window = {}) {
  const [truthPath, viewsPath] = [join(folder, 'truth'), join(folder, 'views')];
  writeTruth(truthPath, truth);
  writeViews(viewsPath, views, cut);
  return compare(truthPath, viewsPath, window);
}

describe('players', () => {
  test('a true view has no error, at the rate and the age at which it was shown', () => {
    const { near, far, samples, doubts } = comparison(TRUTH, [VIEW]);
    expect(doubts).toEqual([]);
    expect(samples).toBe(19);
    for (const ring of [near, far]) {
      expect(ring.positionErrorM.max).toBeLessThan(1e-5);
      expect(ring.headErrorM.max).toBeLessThan(1e-5);
      expect(ring.handErrorM.max).toBeLessThan(1e-5);
      expect(ring.updateHz.p50).toBeCloseTo(25, 3);
      expect(ring.ageMs.p50).toBeCloseTo(150, 1);
      expect([ring.extrapolated, ring.unseen]).toEqual([0, 0]);
    }
    // The walker is near for the first seconds only, the other one is far all the time.
    expect(near.positionErrorM.count).toBeLessThan(6);
    expect(far.positionErrorM.count).toBeGreaterThan(19);
  });

  test('a view that is off shows by how much, and for whom', () => {
    const { near, far } = comparison(TRUTH, [{ ...VIEW, players: { 2: off(walk, 0.25), 3: away } }]);
    expect(near.positionErrorM.p95).toBeCloseTo(0.25, 4);
    expect(near.handErrorM.p95).toBeCloseTo(0.25, 4);
    expect(far.positionErrorM.p50).toBeLessThan(1e-5);
  });

  test('a view that is late by a tick more than it says is wrong by the way of a tick', () => {
    const late: Path = (tick) => walk(tick - 1);
    const { near } = comparison(TRUTH, [{ ...VIEW, players: { 2: late, 3: away } }]);
    expect(near.positionErrorM.p50).toBeCloseTo(1 / 30, 4);
  });

  test('who is not shown, and what is guessed, is counted', () => {
    const { far, near } = comparison(TRUTH, [{ ...VIEW, players: { 2: walk }, extrapolated: true }]);
    expect(far.unseen).toBeGreaterThan(10);
    expect(near.extrapolated).toBe(1);
  });

  test('only the time that counts is compared', () => {
    const window = { fromUnixUs: BEGAN_US + 300 * TICK_US, toUnixUs: BEGAN_US + 450 * TICK_US };
    expect(comparison(TRUTH, [VIEW], 0, window).samples).toBe(6);
  });

  test('files that end in the middle, and players of whom the truth knows nothing, raise doubts', () => {
    expect(comparison({ ...TRUTH, cut: 5 }, [VIEW]).doubts).toEqual([
      expect.stringContaining('last tick is cut off'),
    ]);
    expect(comparison(TRUTH, [VIEW], 5).doubts).toEqual([expect.stringContaining('last view is cut off')]);
    const stranger = { ...VIEW, players: { ...VIEW.players, 9: walk } };
    expect(comparison(TRUTH, [stranger]).doubts).toEqual([
      expect.stringContaining('19 views are of players'),
    ]);
    expect(comparison(TRUTH, []).doubts).toEqual(['no view was written']);
  });

  test('tick times are those of the recording', () => {
    const { tickMs } = comparison(TRUTH, [VIEW]);
    expect(tickMs.count).toBe(601);
    expect(tickMs.p50).toBeCloseTo(1.3, 5);
    expect(tickMs.max).toBeCloseTo(1.6, 5);
  });
});

describe('bodies', () => {
  /** Falls at the world's beginning, lies, is pushed at tick 300 and rests 3 m further from tick 390 on. */
  const ball: Path = (tick) => [Math.min(Math.max(tick - 300, 0), 90) / 30, Math.max(1 - tick / 30, 0.2), 0];
  const crate: Path = () => [5, 0, 0];
  const truth: TruthSpec = { ...TRUTH, bodies: { 100: ball, 101: crate } };
  const settled = { fromUnixUs: BEGAN_US + 120 * TICK_US };
  const views = (bodies: Readonly<Record<number, Path>>): ViewSpec[] =>
    [0, 1].map((bot) => ({ ...VIEW, bot, own: bot + 1, at: every(1, 600), bodies }));

  test('a push is seen after the delay of the view, and the rest is where it is', () => {
    const result = comparison(truth, views({ 100: ball, 101: crate }), 0, settled);
    expect(result.doubts).toEqual([]);
    expect(result.bodies.moved).toHaveLength(1);
    const [moved] = result.bodies.moved;
    expect(moved).toMatchObject({ entity: 100, watched: 2, saw: 2, rested: true });
    // 4.5 ticks, and up to one until the next sample.
    expect(moved?.delayMs.max).toBeGreaterThan(150);
    expect(moved?.delayMs.max).toBeLessThan(185);
    expect(moved?.restErrorM.bots).toBe(2);
    expect(moved?.restErrorM.max).toBeLessThan(1e-5);
    expect(result.bodies.positionErrorM.max).toBeLessThan(1e-5);
    expect(unseenMoves(result)).toEqual([]);
  });

  test('frozen bodies are noticed', () => {
    const frozen: Path = () => ball(200);
    const result = comparison(truth, views({ 100: frozen, 101: crate }), 0, settled);
    expect(unseenMoves(result)).toEqual([
      'body 100 moved, and 2 of 2 bots never saw it move',
      'body 100 rests 3.000 m from where a bot sees it',
    ]);
  });

  test('a rest two centimetres off is noticed', () => {
    const result = comparison(truth, views({ 100: off(ball, 0.02), 101: crate }), 0, settled);
    expect(result.bodies.moved[0]?.restErrorM.p50).toBeCloseTo(0.02, 4);
    expect(unseenMoves(result)).not.toEqual([]);
  });

  test('who came after the push, or was shown the body no longer, is no witness', () => {
    const [first, second] = views({ 100: ball }) as [ViewSpec, ViewSpec];
    const late = { ...first, at: every(1, 600).filter((tick) => tick > 330) };
    const gone = { ...second, at: every(1, 290) };
    const result = comparison(truth, [late, gone], 0, settled);
    expect(result.bodies.moved[0]).toMatchObject({ watched: 0, saw: 0 });
    expect(unseenMoves(result)).toEqual([]);
  });
});
