// What the match is made on: the instances of a world as the directory knows them, and of those inside only what the
// wishes of those who wait, or of those who are in, ask for.
import type { Redis } from 'ioredis';
import type { Directory, InstanceEntry } from '../instances/directory.ts';
import { avoidances, forgetAvoidances } from './apart.ts';
import type { MatchInstance, MatchTicket } from './match.ts';

export interface Picture {
  readonly instances: readonly MatchInstance[];
  /** Protocols that a newly opened instance could speak. */
  readonly spareHashes: readonly string[];
}

export async function picture(
  world: string,
  tickets: readonly MatchTicket[],
  { directory, redis }: { directory: Directory; redis: Redis },
): Promise<Picture> {
  const [all, avoided] = await Promise.all([directory.all(), avoidances(redis, world)]);
  const here = all.filter((entry) => isOf(entry, world));
  const spareHashes = all.filter(isSpare).map(({ protocolHash }) => String(protocolHash));
  const hasWishes = tickets.some((ticket) => ticket.with.length > 0 || ticket.avoid.length > 0);
  if (avoided.size === 0 && !hasWishes) {
    return { instances: here.map((entry) => matchInstance(entry, [], [])), spareHashes };
  }
  const inside = await directory.inside();
  const everybody = new Set(here.flatMap(({ name }) => inside.get(name) ?? []));
  await forgetAvoidances(
    redis,
    world,
    [...avoided.keys()].filter((account) => !everybody.has(account)),
  );
  return {
    instances: here.map((entry) => {
      const people = inside.get(entry.name) ?? [];
      return matchInstance(
        entry,
        people,
        people.flatMap((account) => avoided.get(account) ?? []),
      );
    }),
    spareHashes,
  };
}

/**
 * Runs this world, or is loading it, and takes newcomers. Whether the fleet calls it Allocated is not asked: this process may
 * not have heard of that yet, and would open a second one.
 */
function isOf({ world, reachable, draining }: InstanceEntry, id: string): boolean {
  return world?.id === id && reachable && !draining;
}

function isSpare({ state, reachable, world }: InstanceEntry): boolean {
  return state === 'Ready' && reachable && world === undefined;
}

function matchInstance(
  { name, capacity, taken, protocolHash, listening }: InstanceEntry,
  inside: readonly string[],
  avoided: readonly string[],
): MatchInstance {
  return {
    name,
    capacity,
    taken,
    protocolHash: String(protocolHash),
    // Instances do not say yet where they are: they count as near to everybody.
    region: undefined,
    open: listening,
    inside,
    avoided,
  };
}
