import { expect, test } from 'vitest';
import type { GameServerView } from '../fleet/game-server.ts';
import { type Instance, type Seat, unknownInstance } from '../instances/instance.ts';
import { Line } from '../instances/line.ts';
import { choose } from './choose.ts';

const WORLD = { id: 'plaza', sha256: 'ab', url: 'http://x/' };
const nobody: ReadonlySet<string> = new Set();

function running(name: string, seats: number, change: Partial<Instance> = {}): Instance {
  const line = new Line(name, 1_000, () => {});
  line.end(1, 'only its presence counts here');
  const seat = (id: number): [bigint, Seat] => [
    BigInt(id),
    { id: BigInt(id), user: '', name: '', state: 'held' },
  ];
  return {
    ...unknownInstance(name),
    gameServer: { name, state: 'Allocated' } as GameServerView,
    link: { state: 'listening', line },
    registration: {
      uid: name,
      build: '',
      protocolHash: 1n,
      endpoints: [],
    },
    assignment: { world: WORLD, capacity: 3, tickRateHz: 30 },
    seats: new Map(Array.from({ length: seats }, (_, id) => seat(id))),
    ...change,
  };
}

test('the fullest with room is filled first', () => {
  const instances = [running('a', 0), running('b', 2), running('c', 3), running('d', 1)];
  expect(choose(instances, 'plaza', nobody)?.name).toBe('b');
  expect(choose(instances, 'plaza', new Set(['b']))?.name).toBe('d');
});

test.each<[string, Partial<Instance>]>([
  ['draining', { draining: true }],
  ['lost', { link: { state: 'lost', sinceMs: 0, reason: '' } }],
  ['never heard of', { link: { state: 'never' }, registration: undefined }],
  ['without a world', { assignment: undefined }],
  ['not allocated', { gameServer: { state: 'Ready' } as GameServerView }],
  ['shut down', { gameServer: { state: 'Shutdown' } as GameServerView }],
  ['gone from the fleet', { gameServer: undefined }],
])('one that is %s takes nobody', (_, change) => {
  expect(choose([running('a', 1, change)], 'plaza', nobody)).toBeUndefined();
});

test('another world is not meant', () => {
  expect(choose([running('a', 1)], 'elsewhere', nobody)).toBeUndefined();
});
