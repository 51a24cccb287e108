// Worlds of one process, put together: what routes and other features are handed, and what must be closed.
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus.ts';
import type { InstanceEntry } from '../instances/directory.ts';
import type { Assignment } from '../instances/instance.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { Db } from '../persistence/connect.ts';
import { Members } from './members.ts';
import { WORLD_REMOVED, WorldReaper, type WorldRemoved } from './reap.ts';
import { worldRef } from './reference.ts';
import type { SceneCatalog } from './scenes.ts';
import { seed } from './seed.ts';
import type { World } from './world.ts';
import { Worlds } from './worlds.ts';

export interface WorldsDeps {
  readonly db: Db;
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly directory: { all(): Promise<readonly InstanceEntry[]> };
  readonly scenes: SceneCatalog;
  readonly publicUrl: string;
  readonly log: FastifyBaseLogger;
}

export interface WorldsFeature {
  readonly worlds: Worlds;
  readonly members: Members;
  readonly scenes: SceneCatalog;
  readonly publicUrl: string;
  /** Seats taken, by world; undefined while Redis is away. */
  inside(): Promise<ReadonlyMap<string, number> | undefined>;
  /** What an instance of this world is given to run. */
  assignmentOf(world: World): Assignment;
  /** Ends the instances of a world that was removed, whoever holds their lines. */
  endInstancesOf(world: string): Promise<void>;
  close(): Promise<void>;
}

export async function startWorlds(deps: WorldsDeps): Promise<WorldsFeature> {
  const { db, bus, registry, directory, scenes, publicUrl, log } = deps;
  await seed(db, scenes);
  const reaper = new WorldReaper({ db, bus, registry, log });
  return {
    worlds: new Worlds(db, scenes),
    members: new Members(db),
    scenes,
    publicUrl,
    inside: () => directory.all().then(takenByWorld, () => undefined),
    assignmentOf({ id, scene, capacity, tickRateHz }) {
      return { world: worldRef({ id, sha256: scene }, publicUrl), capacity, tickRateHz };
    },
    async endInstancesOf(world) {
      const said: WorldRemoved = { world };
      // Redis is away: each process finds it by itself.
      await bus
        .publish(WORLD_REMOVED, said)
        .catch((error) => log.warn({ err: error }, 'the end of a world is not announced'));
    },
    close: () => reaper.close(),
  };
}

function takenByWorld(entries: readonly InstanceEntry[]): Map<string, number> {
  const taken = new Map<string, number>();
  for (const { world, taken: seats } of entries) {
    if (world !== undefined) taken.set(world.id, (taken.get(world.id) ?? 0) + seats);
  }
  return taken;
}
