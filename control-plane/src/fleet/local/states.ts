// The life of a GameServer as Agones draws it, as a pure function (state, event) → state.
//
// PortAllocation → Creating → Starting → Scheduled → RequestReady → Ready ⇄ Reserved, Ready ⇄ Allocated, and from
// anywhere Unhealthy, Error or Shutdown. Nothing leaves Shutdown; Unhealthy and Error leave only for Shutdown: an SDK that
// says Ready too late is not believed, as in Agones' sidecar.
import type { StateName } from '../game-server.ts';

export type State =
  | { readonly name: 'PortAllocation' | 'Creating' | 'Starting' | 'Scheduled' | 'RequestReady' | 'Ready' }
  | { readonly name: 'Reserved'; readonly untilMs: number | undefined }
  | { readonly name: 'Allocated' }
  | { readonly name: 'Unhealthy' | 'Error' | 'Shutdown'; readonly reason: string };

export type StateEvent =
  | { readonly type: 'portAllocated' | 'sdkListening' | 'spawned' | 'ready' | 'readyConfirmed' | 'allocate' }
  | { readonly type: 'reserve'; readonly untilMs: number | undefined }
  | { readonly type: 'unhealthy'; readonly reason: string }
  | { readonly type: 'fail'; readonly reason: string }
  | { readonly type: 'shutdown'; readonly reason: string };

/** The next state, or undefined when this event means nothing in this state. */
export function transition(state: State, event: StateEvent): State | undefined {
  if (state.name === 'Shutdown') return undefined;
  if (event.type === 'shutdown') return { name: 'Shutdown', reason: event.reason };
  if (state.name === 'Unhealthy' || state.name === 'Error') return undefined;
  switch (event.type) {
    case 'unhealthy':
      return { name: 'Unhealthy', reason: event.reason };
    case 'fail':
      return { name: 'Error', reason: event.reason };
    case 'portAllocated':
      return state.name === 'PortAllocation' ? { name: 'Creating' } : undefined;
    case 'sdkListening':
      return state.name === 'Creating' ? { name: 'Starting' } : undefined;
    case 'spawned':
      return state.name === 'Starting' ? { name: 'Scheduled' } : undefined;
    case 'ready':
      return isRunning(state.name) ? { name: 'RequestReady' } : undefined;
    case 'readyConfirmed':
      return state.name === 'RequestReady' ? { name: 'Ready' } : undefined;
    case 'allocate':
      return isRunning(state.name) ? { name: 'Allocated' } : undefined;
    case 'reserve':
      return isRunning(state.name) ? { name: 'Reserved', untilMs: event.untilMs } : undefined;
    default:
      return event satisfies never;
  }
}

/** Its process runs and its SDK is heard. */
function isRunning(name: StateName): boolean {
  return ['Scheduled', 'RequestReady', 'Ready', 'Reserved', 'Allocated'].includes(name);
}

/** It is over: the process is stopped, and the fleet counts it no more. */
export function isOver(state: State): state is Extract<State, { reason: string }> {
  return state.name === 'Unhealthy' || state.name === 'Error' || state.name === 'Shutdown';
}
