// Opening another instance: the fleet makes one of its Ready ones Allocated, and it is given the world. Newcomers who
// need one of the same world at the same time share it.
import type { FleetProvider } from '../fleet/provider.ts';
import type { Directory, InstanceEntry } from '../instances/directory.ts';
import type { Assignment } from '../instances/instance.ts';
import type { Lines } from '../instances/lines.ts';
import type { InstanceRegistry } from '../instances/registry.ts';

export interface OpenerDeps {
  readonly fleet: FleetProvider;
  readonly registry: InstanceRegistry;
  readonly directory: Directory;
  readonly lines: Lines;
}

export class Opener {
  readonly #deps: OpenerDeps;
  readonly #opening = new Map<string, Promise<boolean>>();

  constructor(deps: OpenerDeps) {
    this.#deps = deps;
  }

  /** False when the fleet has none to give. */
  open(assignment: Assignment): Promise<boolean> {
    const { id } = assignment.world;
    const opening = this.#opening.get(id) ?? this.#open(assignment).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  async #open({ world, capacity, tickRateHz }: Assignment): Promise<boolean> {
    const { fleet, registry, directory, lines } = this.#deps;
    // A Ready one that has no line to us yet (we have just been restarted) would be Allocated in vain.
    if (!(await directory.all()).some(isWaiting)) return false;
    const gameServer = await fleet.allocate([]);
    if (gameServer === undefined) return false;
    registry.observe(gameServer);
    return (await lines.assign(gameServer.name, world, capacity, tickRateHz)) === 'listening';
  }
}

const isWaiting = ({ state, reachable }: InstanceEntry) => state === 'Ready' && reachable;
