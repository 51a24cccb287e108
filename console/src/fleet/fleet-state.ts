/**
 * What the page knows of the fleet and of its own connection, as one state and the events that change it.
 *
 * Instances that were heard of stay on the page while the stream is broken: they are shown as old, not as gone.
 */
import type { StreamEvent } from '../api/stream.ts';
import type { Instance, InstanceState, Problem } from '../api/types.ts';

export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'reconnecting'; problem: Problem; since: number; retryAt: number };

export interface FleetState {
  connection: Connection;
  /** Null until the first list has come. */
  instances: readonly Instance[] | null;
}

export type FleetEvent = Exclude<StreamEvent, { type: 'telemetry' }>;

export const INITIAL: FleetState = { connection: { state: 'connecting' }, instances: null };

export function reduceFleet(state: FleetState, event: FleetEvent, now: number): FleetState {
  switch (event.type) {
    case 'instances':
      return { connection: { state: 'live' }, instances: event.instances.toSorted(byAge) };
    case 'lost': {
      const { problem, retryInMs } = event;
      const since = state.connection.state === 'reconnecting' ? state.connection.since : now;
      return { ...state, connection: { state: 'reconnecting', problem, since, retryAt: now + retryInMs } };
    }
  }
}

function byAge(a: Instance, b: Instance): number {
  return bornAt(a) - bornAt(b) || a.name.localeCompare(b.name);
}

/** What has no birthday yet is younger than all. */
function bornAt({ startedAt }: Instance): number {
  return startedAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(startedAt);
}

/** The instance whose map is shown: the chosen one while it lives, else the one with most players. */
export function shownInstance(instances: readonly Instance[], chosen: string | null): Instance | null {
  const running = instances.filter((instance) => instance.world !== null);
  return (
    instances.find((instance) => instance.name === chosen) ??
    running.toSorted((a, b) => b.players - a.players)[0] ??
    instances[0] ??
    null
  );
}

export type Mood = 'starting' | 'ready' | 'busy' | 'reserved' | 'ending' | 'broken';

export function moodOf(state: InstanceState): Mood {
  switch (state) {
    case 'PortAllocation':
    case 'Creating':
    case 'Starting':
    case 'Scheduled':
    case 'RequestReady':
      return 'starting';
    case 'Ready':
      return 'ready';
    case 'Allocated':
      return 'busy';
    case 'Reserved':
      return 'reserved';
    case 'Shutdown':
      return 'ending';
    case 'Unhealthy':
    case 'Error':
      return 'broken';
  }
}

export interface FleetFigures {
  instances: number;
  serving: number;
  players: number;
  capacity: number;
  worstP99Ms: number | null;
  late: number;
}

export function figuresOf(instances: readonly Instance[]): FleetFigures {
  const serving = instances.filter(({ state }) => state === 'Ready' || state === 'Allocated');
  const times = instances.flatMap(({ tickTimes }) => tickTimes ?? []);
  return {
    instances: instances.length,
    serving: serving.length,
    players: instances.reduce((sum, { players }) => sum + players, 0),
    capacity: serving.reduce((sum, { capacity }) => sum + capacity, 0),
    worstP99Ms: times.length ? Math.max(...times.map(({ p99Ms }) => p99Ms)) : null,
    late: times.reduce((sum, { late }) => sum + late, 0),
  };
}
