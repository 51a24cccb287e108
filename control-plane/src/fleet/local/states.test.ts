// The state machine walked exhaustively: every state by every event.
import { expect, test } from 'vitest';
import { STATE_NAMES } from '../game-server.ts';
import { isOver, type State, type StateEvent, transition } from './states.ts';

const STATES: readonly State[] = STATE_NAMES.map((name) => {
  if (name === 'Reserved') return { name, untilMs: 1 };
  if (name === 'Unhealthy' || name === 'Error' || name === 'Shutdown') return { name, reason: 'r' };
  return { name };
});

const EVENTS: readonly StateEvent[] = [
  { type: 'portAllocated' },
  { type: 'sdkListening' },
  { type: 'spawned' },
  { type: 'ready' },
  { type: 'readyConfirmed' },
  { type: 'allocate' },
  { type: 'reserve', untilMs: 2 },
  { type: 'unhealthy', reason: 'r' },
  { type: 'fail', reason: 'r' },
  { type: 'shutdown', reason: 'r' },
];

const walk = STATES.flatMap((state) =>
  EVENTS.map((event) => ({ state, event, next: transition(state, event) })),
);
const leading = (to: string) => walk.filter(({ next }) => next?.name === to).map(({ state }) => state.name);

test('nothing leaves Shutdown, and everything else can be shut down', () => {
  expect(walk.filter(({ state, next }) => state.name === 'Shutdown' && next !== undefined)).toEqual([]);
  expect(leading('Shutdown')).toEqual(STATE_NAMES.filter((name) => name !== 'Shutdown'));
});

test('what is over leaves for Shutdown alone', () => {
  const after = walk.filter(({ state }) => state.name === 'Unhealthy' || state.name === 'Error');
  expect(new Set(after.flatMap(({ next }) => next?.name ?? []))).toEqual(new Set(['Shutdown']));
});

test('the way up has no short cuts', () => {
  expect(leading('Creating')).toEqual(['PortAllocation']);
  expect(leading('Starting')).toEqual(['Creating']);
  expect(leading('Scheduled')).toEqual(['Starting']);
  expect(leading('Ready')).toEqual(['RequestReady']);
});

test('players come only to a process that runs', () => {
  const running = ['Scheduled', 'RequestReady', 'Ready', 'Reserved', 'Allocated'];
  expect(leading('Allocated')).toEqual(running);
  expect(leading('Reserved')).toEqual(running);
  expect(leading('RequestReady')).toEqual(running);
});

test('whatever is not over can fall ill', () => {
  const alive = STATES.filter((state) => !isOver(state)).map(({ name }) => name);
  expect(leading('Unhealthy')).toEqual(alive);
  expect(leading('Error')).toEqual(alive);
});
