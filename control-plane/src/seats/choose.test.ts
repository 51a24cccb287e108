import { expect, test } from 'vitest';
import type { InstanceEntry } from '../instances/directory.ts';
import { choose } from './choose.ts';

const nobody: ReadonlySet<string> = new Set();

function running(name: string, taken: number, change: Partial<InstanceEntry> = {}): InstanceEntry {
  return {
    name,
    uid: name,
    state: 'Allocated',
    reachable: true,
    listening: true,
    draining: false,
    world: { id: 'plaza', sha256: 'ab', url: 'http://x/' },
    capacity: 3,
    taken,
    protocolHash: 1n,
    endpoints: [],
    address: undefined,
    tickRateHz: 30,
    ...change,
  };
}

test('the fullest with room is filled first', () => {
  const instances = [running('a', 0), running('b', 2), running('c', 3), running('d', 1)];
  expect(choose(instances, 'plaza', nobody)?.name).toBe('b');
  expect(choose(instances, 'plaza', new Set(['b']))?.name).toBe('d');
});

test.each<[string, Partial<InstanceEntry>]>([
  ['draining', { draining: true }],
  ['not listening', { listening: false }],
  ['without a world', { world: undefined }],
  ['not allocated', { state: 'Ready' }],
  ['shut down', { state: 'Shutdown' }],
])('one that is %s takes nobody', (_, change) => {
  expect(choose([running('a', 1, change)], 'plaza', nobody)).toBeUndefined();
});

test('another world is not meant', () => {
  expect(choose([running('a', 1)], 'elsewhere', nobody)).toBeUndefined();
});
