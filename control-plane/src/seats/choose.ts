// Which of the running instances a newcomer goes to: fill before opening. A pure function; opening another one is
// `open.ts`.
import type { InstanceEntry } from '../instances/directory.ts';

/** The fullest instance of the world that still has room, leaving aside those that have just refused. */
export function choose(
  instances: readonly InstanceEntry[],
  worldId: string,
  refused: ReadonlySet<string>,
): InstanceEntry | undefined {
  return instances
    .filter((instance) => takesPlayers(instance, worldId) && !refused.has(instance.name))
    .sort((a, b) => b.taken - a.taken || a.name.localeCompare(b.name))[0];
}

function takesPlayers(
  { state, listening, world, draining, taken, capacity }: InstanceEntry,
  worldId: string,
): boolean {
  return state === 'Allocated' && listening && world?.id === worldId && !draining && taken < capacity;
}
