import { expect, test } from 'vitest';
import { ServerClock } from './clock.ts';

/** Feeds `count` ticks, three a telemetry, each `delay(i)` ms late; returns the clock and the last arrival. */
function feed(
  clock: ServerClock,
  count: number,
  delay: (i: number) => number,
  firstTick = 0,
  start = 0,
): number {
  let arrived = start;
  for (let i = 0; i < count; i++) {
    arrived = start + i * 100 + delay(i);
    clock.push(firstTick + i * 3, arrived);
  }
  return arrived;
}

test('the time to draw at is behind the newest sample and ahead of the one before it', () => {
  const clock = new ServerClock(30);
  const now = feed(clock, 50, () => 20);
  const newest = 49 * 100;
  expect(clock.drawTime(now)).toBeLessThan(newest);
  expect(clock.drawTime(now)).toBeGreaterThanOrEqual(newest - 250);
});

test('one late arrival moves the picture by less than two milliseconds', () => {
  const clock = new ServerClock(30);
  feed(clock, 50, () => 20);
  const before = clock.drawTime(5000);
  clock.push(150, 5000 + 100);
  expect(Math.abs(clock.drawTime(5000) - before)).toBeLessThan(2);
});

test('a line that becomes slower for good is followed', () => {
  const clock = new ServerClock(30);
  feed(clock, 50, () => 20);
  const before = clock.drawTime(100_000);
  feed(clock, 400, () => 170, 150, 5000);
  expect(before - clock.drawTime(100_000)).toBeCloseTo(150, 0);
});

test('an instance that begins again at tick 0 starts a new life', () => {
  const clock = new ServerClock(30);
  feed(clock, 100, () => 20);
  expect(clock.push(0, 20_000).restarted).toBe(true);
  expect(clock.push(3, 20_100).restarted).toBe(false);
  expect(clock.drawTime(20_100)).toBeLessThan(200);
});
