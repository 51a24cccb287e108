import { expect, test, vi } from 'vitest';
import type { Telemetry } from '../api/types.ts';
import { LiveWorld, TRAIL_MS } from './live-world.ts';

function telemetry(tick: number, names: string[], y = 0, bodies: Telemetry['bodies'] = []): Telemetry {
  const players = names.map((name) => ({
    seat: `seat of ${name}`,
    name,
    x: 0,
    y,
    z: 0,
    yaw: 0,
    grounded: true,
  }));
  return { instance: 'plaza', tick, players, bodies };
}

test('React is told when somebody comes or goes, and only then', () => {
  const world = new LiveWorld(30);
  const heard = vi.fn();
  world.subscribe(heard);
  world.push(telemetry(0, ['Ada']), 0);
  expect(heard).toHaveBeenCalledTimes(1);
  for (let i = 1; i < 20; i++) world.push(telemetry(i * 3, ['Ada']), i * 100);
  expect(heard).toHaveBeenCalledTimes(1);
  world.push(telemetry(60, ['Ada', 'Bob']), 2000);
  expect(heard).toHaveBeenCalledTimes(2);
  world.push(telemetry(63, ['Bob']), 2100);
  expect(heard).toHaveBeenCalledTimes(3);
  expect(world.roster.map(({ name }) => name)).toEqual(['Bob']);
});

test('names are listed as people count: bot-2 before bot-10', () => {
  const world = new LiveWorld(30);
  world.push(telemetry(0, ['bot-10', 'bot-2', 'bot-1']), 0);
  expect(world.roster.map(({ name }) => name)).toEqual(['bot-1', 'bot-2', 'bot-10']);
});

test('a way is remembered for its time and no longer', () => {
  const world = new LiveWorld(30);
  for (let i = 0; i < 300; i++) world.push(telemetry(i * 3, ['Ada'], i * 0.01), i * 100);
  const trail = world.roster[0]?.trail ?? [];
  const [first, last] = [trail.at(0), trail.at(-1)];
  expect(last?.y).toBeCloseTo(2.99);
  expect((last?.at ?? 0) - (first?.at ?? 0)).toBeLessThanOrEqual(TRAIL_MS);
  expect(trail.length).toBeGreaterThan(90);
});

test('a restarted instance forgets players and bodies of its former life', () => {
  const world = new LiveWorld(30);
  const body = { entity: 7, x: 1, y: 0, z: 0, qx: 0, qy: 0, qz: 0, qw: 1 };
  for (let i = 0; i < 100; i++) world.push(telemetry(i * 3, ['Ada'], 0, [body]), i * 100);
  world.push(telemetry(0, ['Bob']), 30_000);
  expect(world.bodies.size).toBe(0);
  expect(world.roster.map(({ name }) => name)).toEqual(['Bob']);
});
