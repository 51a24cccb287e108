import { expect, test } from 'vitest';
import { instanceView } from '../../../control-plane/src/http/views.ts';
import type { Instance, Problem } from '../api/types.ts';
import { figuresOf, INITIAL, reduceFleet, shownInstance } from './fleet-state.ts';

const PROBLEM: Problem = { code: 'UNREACHABLE', message: 'Nothing answers.' };

function instance(name: string, overrides: Partial<Instance> = {}): Instance {
  return {
    ...instanceView({ name, gameServer: undefined, record: undefined, open: false, taken: 0, seats: [] }),
    state: 'Ready',
    world: { id: 'plaza', sha256: '00', url: '' },
    capacity: 100,
    startedAt: '2026-01-01T00:00:00Z',
    ...overrides,
  };
}

test('a list makes the page live, oldest instance first', () => {
  const young = instance('young', { startedAt: '2026-01-02T00:00:00Z' });
  const unborn = instance('unborn', { startedAt: null });
  const state = reduceFleet(INITIAL, { type: 'instances', instances: [unborn, young, instance('old')] }, 0);
  expect(state.connection).toEqual({ state: 'live' });
  expect(state.instances?.map(({ name }) => name)).toEqual(['old', 'young', 'unborn']);
});

test('a broken stream keeps what was known and remembers since when it is broken', () => {
  const live = reduceFleet(INITIAL, { type: 'instances', instances: [instance('a')] }, 0);
  const lost = reduceFleet(live, { type: 'lost', problem: PROBLEM, retryInMs: 500 }, 1000);
  const again = reduceFleet(lost, { type: 'lost', problem: PROBLEM, retryInMs: 1000 }, 2000);
  expect(again.instances).toHaveLength(1);
  expect(again.connection).toEqual({ state: 'reconnecting', problem: PROBLEM, since: 1000, retryAt: 3000 });
});

test('a page that never connected knows of no instances, which is not the same as none', () => {
  const state = reduceFleet(INITIAL, { type: 'lost', problem: PROBLEM, retryInMs: 500 }, 0);
  expect(state.instances).toBeNull();
  expect(reduceFleet(state, { type: 'instances', instances: [] }, 0).instances).toEqual([]);
});

test('the map shows the chosen instance while it lives, else the fullest that has a world', () => {
  const [a, b] = [instance('a'), instance('b', { players: 3 })];
  const starting = instance('c', { world: null, players: 9 });
  expect(shownInstance([a, b, starting], 'a')).toBe(a);
  expect(shownInstance([b, starting], 'a')).toBe(b);
  expect(shownInstance([starting], null)).toBe(starting);
  expect(shownInstance([], 'a')).toBeNull();
});

test('figures count seats only where somebody can sit, and take the slowest tick', () => {
  const times = { ticks: 30, dropped: 0, p50Ms: 1, p999Ms: 9, maxMs: 9 };
  const figures = figuresOf([
    instance('a', { state: 'Allocated', players: 4, tickTimes: { ...times, late: 1, p99Ms: 3 } }),
    instance('b', { tickTimes: { ...times, late: 2, p99Ms: 7 } }),
    instance('c', { state: 'Scheduled' }),
  ]);
  expect(figures).toEqual({ instances: 3, serving: 2, players: 4, capacity: 200, worstP99Ms: 7, late: 3 });
});
