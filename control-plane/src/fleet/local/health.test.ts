import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HealthMonitor } from './health.ts';

const SPEC = { disabled: false, initialDelayMs: 10_000, periodMs: 5_000, failureThreshold: 3 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function monitor(spec = SPEC) {
  const ends: string[] = [];
  const health = new HealthMonitor(spec, (reason) => ends.push(reason), Date.now);
  health.start();
  return { health, ends };
}

test('a process that never pings ends after the delay and three periods', () => {
  const { ends } = monitor();
  vi.advanceTimersByTime(24_999);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ends).toEqual(['no health ping for 25.0 s']);
  vi.advanceTimersByTime(60_000);
  expect(ends).toHaveLength(1);
});

test('a ping forgives the failures so far', () => {
  const { health, ends } = monitor();
  vi.advanceTimersByTime(24_999);
  health.ping();
  vi.advanceTimersByTime(15_000);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(5_001);
  expect(ends).toHaveLength(1);
});

test('who pings in time lives', () => {
  const { health, ends } = monitor();
  for (let second = 0; second < 600; second += 1) {
    health.ping();
    vi.advanceTimersByTime(1_000);
  }
  expect(ends).toEqual([]);
});

test('disabled means no deadline', () => {
  const { ends } = monitor({ ...SPEC, disabled: true });
  vi.advanceTimersByTime(600_000);
  expect(ends).toEqual([]);
});
