// Which of the running instances a newcomer goes to: fill before opening. A pure function; opening another one is
// `open.ts`.
import type { Instance } from '../instances/instance.ts';

/** The fullest instance of the world that still has room, leaving aside those that have just refused. */
export function choose(
  instances: readonly Instance[],
  worldId: string,
  refused: ReadonlySet<string>,
): Instance | undefined {
  return instances
    .filter((instance) => takesPlayers(instance, worldId) && !refused.has(instance.name))
    .sort((a, b) => b.seats.size - a.seats.size || a.name.localeCompare(b.name))[0];
}

function takesPlayers({ gameServer, link, assignment, draining, seats }: Instance, worldId: string): boolean {
  return (
    gameServer?.state === 'Allocated' &&
    link.state === 'listening' &&
    assignment?.world.id === worldId &&
    !draining &&
    seats.size < assignment.capacity
  );
}
